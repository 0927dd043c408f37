/** Widths of characters of a common sans-serif type, in parts of its size. No text is measured here; these err to the wide side. */
export function textWidth(text: string, size = 12): number {
  let width = 0;
  for (const character of text) width += widthOf(character);
  return width * size;
}

function widthOf(character: string): number {
  if (/[\u1100-\uffdc\u{1f000}-\u{3ffff}]/u.test(character)) return 1.05;
  if (/[MW@%mw]/.test(character)) return 0.88;
  if (/[A-Z]/.test(character)) return 0.68;
  return /[ijlft.,:;'|!()[\]\s/-]/.test(character) ? 0.36 : 0.58;
}

/** The text, or as much of it as there is room for, with `…` behind. */
export function fitted(text: string, width: number, size = 12): string {
  if (textWidth(text, size) <= width) return text;
  let [kept, room] = ['', width - textWidth('…', size)];
  for (const character of text) {
    room -= textWidth(character, size);
    if (room < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}

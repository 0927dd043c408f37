/**
 * Text as a terminal shows it: how many cells it takes and how to make it fit. Nothing here knows
 * of colour; colour is put on after the text has its width.
 */

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Markus Kuhn's wcwidth.c, the ranges that take two cells; emoji are asked of Unicode below. */
const wideRanges: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

/** The number of terminal cells that `text` takes: wide characters two, combining ones none. */
export function displayWidth(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** `text` in at most `width` cells; what is cut off is replaced by `…`. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let left = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    left -= graphemeWidth(segment);
    if (left < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** `text` in at most `width` cells, cut in the middle: of commands that begin alike the ends differ. */
export function cutMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  const kept: string[] = [];
  let left = tail;
  for (const { segment } of [...graphemes.segment(text)].reverse()) {
    left -= graphemeWidth(segment);
    if (left < 0) break;
    kept.unshift(segment);
  }
  const end = kept.join('');
  return cut(text, width - displayWidth(end)) + end;
}

/** The spaces that bring `text` to `width` cells. */
export function padding(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/**
 * `text` without anything that moves the cursor, changes colours or turns the reading direction:
 * names and messages come from data, and a terminal obeys what it is sent. Line breaks are kept.
 */
export function printable(text: string): string {
  if (isPlain(text)) return text;
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replace(/[^\P{Cc}\n]/gu, visible)
    .replace(/[\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '\ufffd');
}

/** {@link printable} in one line. */
export function oneLine(text: string): string {
  return printable(text)
    .trim()
    .replace(/\s*\n\s*/g, ' ');
}

/** A control character as its picture, such as ␛. */
function visible(control: string): string {
  const code = control.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function graphemeWidth(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (/^[\p{M}\p{Cf}\p{Cc}]/u.test(grapheme)) return 0;
  if (/^\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return wideRanges.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

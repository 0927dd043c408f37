/** Wraps text at spaces outside `<…>`, so that no line is longer than width where that can be. */
export function wrapWords(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  for (const word of text.match(/(?:<[^>]*>|[^\s<])+/g) ?? []) {
    const line = lines.at(-1);
    if (line === undefined) lines.push(word);
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines.join('\n');
}

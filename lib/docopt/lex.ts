import { refuse, type Source } from './refuse.ts';
import type { Span } from './usage.ts';

/** A bracket, a bar, an ellipsis or a word of a usage line. */
export interface Token extends Span {
  readonly text: string;
}

// `<…>` may hold anything; a word ends before `...`; backslash-newline is white space.
const token = /\s+|\\\n|\.\.\.|[[\]()|]|(?:<[^>\n]*>|(?!\.\.\.|\\\n)[^\s[\]()|<])+|</gy;

/** Splits usage lines into tokens with offsets. Throws UsageError for a `<` without its `>`. */
export function lexUsage(source: Source, { start, end }: Span): Token[] {
  const tokens: Token[] = [];
  token.lastIndex = start;
  while (token.lastIndex < end) {
    const at = token.lastIndex;
    const text = token.exec(source.text)?.[0];
    if (text === undefined || text === '<') {
      refuse(source, "unmatched '<'", { start: at, end: at + 1 });
    }
    if (text.trim() !== '' && text !== '\\\n') {
      tokens.push({ text, start: at, end: at + text.length });
    }
  }
  return tokens;
}

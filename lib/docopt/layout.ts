import type { Diagnosis } from './argv-error.ts';
import type { ArgvOptions } from './argv.ts';
import { quoteWord } from './quote.ts';
import type { Node, Span, Usage, UsageLine } from './usage.ts';
import { breakPattern, breakWords, patternWord } from './wrap.ts';

/**
 * The message of a diagnosis: the sentence, the command as typed with `^` under the culprits, the
 * usage line with `~` under what is missing or in conflict, the hints.
 */
export function layout(
  usage: Usage,
  argv: readonly string[],
  diagnosis: Diagnosis,
  { width = 80, hide = (text) => text }: ArgvOptions,
): string {
  const { line, marks = [], culprits, sentence, hints = [] } = diagnosis;
  const parts = [
    `${usage.name}: ${sentence}`,
    typedCommand(usage, argv.map(quoteWord).map(hide), culprits, width),
  ];
  if (line && marks.length > 0) parts.push(markedUsage(usage, line, marks, width));
  const wrapped = hints.map((hint) => {
    const words = hint.includes('\n') ? [hint] : hint.split(' ');
    const lines = breakWords(words, { width, prefix: 1, indent: 4 });
    return `  ${lines.map((line) => line.join(' ')).join('\n    ')}`;
  });
  if (wrapped.length > 0) parts.push(wrapped.join('\n'));
  return parts.join('\n\n');
}

/** A word with the ranges in it that are marked. */
interface Word {
  readonly text: string;
  readonly marks: readonly Span[];
}

function typedCommand(
  { name }: Usage,
  quoted: readonly string[],
  culprits: readonly number[],
  width: number,
): string {
  const marked = new Set(culprits);
  const words = quoted.map((text, index): Word => {
    return { text, marks: marked.has(index) ? [{ start: 0, end: text.length }] : [] };
  });
  const task = name === 'pipe' ? 'pipe' : `pipe ${name}`;
  const prefix = words.length === 0 || name === 'pipe' ? task : `${task} --`;
  return rows(prefix, words, '^', width);
}

function markedUsage(usage: Usage, line: UsageLine, marks: readonly Span[], width: number): string {
  const prefix = usage.name === 'pipe' ? 'usage: pipe' : `usage: ${usage.name} --`;
  const { items } = line.tree;
  const span = { start: items[0]?.start ?? line.end, end: items.at(-1)?.end ?? line.end };
  const whole = usageWords(usage, span, marks);
  const length = whole.reduce((sum, { text }) => sum + text.length + 1, 2 + prefix.length);
  const words = length <= width ? whole : items.flatMap((item) => cut(usage, item, marks));
  const merged = words.filter(
    ({ text }, index) => text !== ELISION || words[index - 1]?.text !== ELISION,
  );
  return rows(prefix, merged, '~', width);
}

const ELISION = '[...]';

/** An optional element without a mark is of no interest when room is short. */
function cut(usage: Usage, item: Node, marks: readonly Span[]): Word[] {
  const isMarked = marks.some(({ start, end }) => start >= item.start && end <= item.end);
  if (item.type === 'optional' && !isMarked) return [{ text: ELISION, marks: [] }];
  return usageWords(usage, item, marks);
}

/** The words of a piece of the usage text; white space inside `<…>` does not part them. */
function usageWords(usage: Usage, { start, end }: Span, marks: readonly Span[]): Word[] {
  const text = usage.text.slice(start, end);
  return [...text.matchAll(patternWord)].map((found) => {
    const at = start + found.index;
    const inWord = marks.flatMap((mark) => {
      const from = Math.max(mark.start - at, 0);
      const to = Math.min(mark.end - at, found[0].length);
      return from < to ? [{ start: from, end: to }] : [];
    });
    return { text: found[0], marks: inWord };
  });
}

/** Lines of words behind a prefix, each followed by the line of its marks if it has any. */
function rows(prefix: string, words: readonly Word[], mark: '^' | '~', width: number): string {
  const indent = Math.min(prefix.length + 3, MOST_INDENT);
  const split = mark === '~' ? breakPattern : breakWords;
  const columns = { width, prefix: prefix.length + 2, indent };
  let next = 0;
  const lines = split(
    words.map(({ text }) => text),
    columns,
  ).map((row, index) => {
    const line = { text: index === 0 ? `  ${prefix}` : ' '.repeat(indent - 1), under: '' };
    for (const text of row) {
      const at = line.text.length + 1;
      line.text += ` ${text}`;
      for (const { start, end } of words[next]?.marks ?? []) {
        line.under = line.under.padEnd(at + start) + mark.repeat(end - start);
      }
      next += 1;
    }
    return line;
  });
  return shorten(lines).join('\n');
}

const MOST_INDENT = 24;
const MOST_LINES = 6;

/** Many lines without a mark are left out. */
function shorten(lines: readonly { text: string; under: string }[]): string[] {
  const shown = lines.filter(
    ({ under }, index) => lines.length <= MOST_LINES || index === 0 || under !== '',
  );
  const some = shown
    .slice(0, MOST_LINES)
    .flatMap(({ text, under }) => (under ? [text, under] : [text]));
  return shown.length < lines.length || shown.length > MOST_LINES ? [...some, '  ...'] : some;
}

import { refuse, type Source } from './refuse.ts';
import type { Span } from './usage.ts';

/** Where the parts of a usage text stand. */
export interface Sections {
  readonly whole: boolean;
  /** The usage section with its heading; without a heading, the pattern. */
  readonly section: Span;
  /** The usage lines alone. */
  readonly pattern: Span;
  /** What stands below each `options:` heading. */
  readonly options: readonly Span[];
}

// A heading is words and then `usage:`, so that `--memory=<n>  Memory usage: …` is none.
const usageHeading = /^\s*(?:[^\s<>[\]()|=]+[ \t]+)*usage:/i;
const optionsHeading = /^\s*(?![-[(<])[^[<|=]*options:/i;

/** Finds the usage section and the Options sections. Throws UsageError for two usage headings. */
export function findSections(source: Source): Sections {
  const lines = splitLines(source.text);
  const options: Span[] = [];
  let usage: { section: Span; pattern: Span } | undefined;
  let bodyEnd: number | undefined;
  for (let index = 0; index < lines.length;) {
    const line = lines[index];
    if (line === undefined) break;
    const isUsage = !/^\s*-/.test(line.text) && usageHeading.exec(line.text);
    const isOptions = optionsHeading.exec(line.text);
    if (isUsage) {
      if (usage) refuse(source, "more than one 'usage:' heading", trimmed(line));
      const last = sectionEnd(lines, index, 'usage', line.text.length > isUsage[0].length);
      const end = lines[last]?.end ?? line.end;
      usage = {
        section: { start: line.start, end },
        pattern: { start: line.start + isUsage[0].length, end },
      };
      index = last + 1;
    } else if (isOptions) {
      bodyEnd ??= line.start;
      const last = sectionEnd(lines, index, 'options', true);
      options.push({ start: line.start + isOptions[0].length, end: lines[last]?.end ?? line.end });
      index = last + 1;
    } else {
      index += 1;
    }
  }
  const body = { start: 0, end: bodyEnd ?? source.text.length };
  const { section, pattern } = usage ?? { section: body, pattern: body };
  return { whole: usage !== undefined, section, pattern, options };
}

interface Line extends Span {
  readonly text: string;
  readonly indent: number;
  readonly blank: boolean;
}

function splitLines(text: string): Line[] {
  let start = 0;
  return text.split('\n').map((line) => {
    const at = { start, end: start + line.length, text: line };
    start += line.length + 1;
    return { ...at, indent: line.length - line.trimStart().length, blank: line.trim() === '' };
  });
}

function trimmed(line: Line): Span {
  return { start: line.start + line.indent, end: line.end };
}

/**
 * The last line of the section whose heading stands at `from`: it goes on over lines that are
 * indented deeper than the heading. A blank line ends usage lines once there is one; options may
 * be grouped by blank lines, since a described option that is silently not read is a trap.
 */
function sectionEnd(
  lines: readonly Line[],
  from: number,
  kind: 'usage' | 'options',
  begun: boolean,
) {
  const heading = lines[from]?.indent ?? 0;
  let last = from;
  for (let index = from + 1; index < lines.length; index += 1) {
    const line = lines[index];
    if (line === undefined) break;
    if (line.blank) {
      if (kind === 'usage' && begun) break;
      continue;
    }
    if (line.indent <= heading) break;
    if (kind === 'usage' && optionsHeading.test(line.text)) break;
    begun = true;
    last = index;
  }
  return last;
}

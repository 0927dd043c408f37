import type { Usage } from './usage.ts';
import { breakPattern, patternWord } from './wrap.ts';

/** Whether argv is `--help` or `-h` alone, which every task takes; `-h` may be another option. */
export function asksForHelp(usage: Usage, argv: readonly string[]): boolean {
  const [first, ...others] = argv[0] === '--' ? argv.slice(1) : argv;
  if (others.length > 0) return false;
  const short = usage.options.find((option) => option.short === '-h');
  return first === '--help' || (first === '-h' && (!short || short.long === '--help'));
}

/**
 * The text of `--help`: the usage lines as they are typed, wrapped to the width, then description
 * and options as written.
 */
export function describeUsage(usage: Usage, width = 80): string {
  const lines = usage.lines.map((line) => {
    const typed = typedLine(usage, usage.text.slice(line.start, line.end));
    const words = typed.match(patternWord) ?? [];
    const rows = breakPattern(words, { width, prefix: 1, indent: 6 });
    return rows.map((row, index) => (index === 0 ? '  ' : '      ') + row.join(' ')).join('\n');
  });
  const before = usage.whole ? usage.text.slice(0, usage.section.start) : '';
  const after = usage.text.slice(usage.section.end);
  const parts = [dedent(before), `Usage:\n${lines.join('\n')}`, dedent(after)];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** A usage line as it is typed: `pipe <name> -- …`. */
function typedLine(usage: Usage, written: string): string {
  const pattern = written.replace(/\\\n/g, ' ').trim().replace(/\s+/g, ' ');
  if (usage.name === 'pipe') return usage.whole ? pattern : `pipe ${pattern}`.trim();
  const bare = usage.whole ? pattern.slice(usage.name.length).trim() : pattern;
  const rest = bare.replace(/^--(?=\s|$)/, '').trim();
  return rest === '' ? `pipe ${usage.name}` : `pipe ${usage.name} -- ${rest}`;
}

/** Without blank lines around it and without the indentation that all its lines share. */
function dedent(text: string): string {
  const lines = text
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd()
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(Number.isFinite(shared) ? shared : 0).trimEnd()).join('\n');
}

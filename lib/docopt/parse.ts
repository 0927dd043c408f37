import { lexUsage, type Token } from './lex.ts';
import { OptionTable } from './option-table.ts';
import { readOptions } from './options-section.ts';
import { parseLine } from './pattern.ts';
import { refuse, type Source } from './refuse.ts';
import { findSections } from './sections.ts';
import type { Span, Usage, UsageLine } from './usage.ts';

/**
 * Reads a usage text: either what stands after `<name> -- `, with Options sections below, or a
 * whole docopt text with a `Usage:` heading whose lines start with the name.
 * Throws UsageError with line, column and a caret when it is malformed.
 */
export function parseUsage(text: string, name: string): Usage {
  const source: Source = { name, text: text.replace(/\r\n?/g, '\n') };
  const sections = findSections(source);
  const table = new OptionTable(source);
  for (const section of sections.options) {
    for (const option of readOptions(source, section)) table.describe(option);
  }
  const tokens = lexUsage(source, sections.pattern);
  const rows = sections.whole
    ? splitAtName(source, tokens, sections.section)
    : [{ tokens, at: sections.pattern }];
  // A `--` that leads every line is Pipe's separator, not docopt's.
  const separated = rows.every((row) => row.tokens.length === 0 || row.tokens[0]?.text === '--');
  const lines = rows.map((row): UsageLine => {
    const rest = separated ? row.tokens.slice(1) : row.tokens;
    return { ...row.at, tree: parseLine(source, rest, row.at, table) };
  });
  table.finish();
  return {
    name,
    text: source.text,
    whole: sections.whole,
    section: sections.section,
    separated: separated || !sections.whole,
    lines,
    options: table.options,
  };
}

interface Row {
  readonly tokens: readonly Token[];
  readonly at: Span;
}

/** A usage line starts at each repeat of the name, so that it may wrap. */
function splitAtName(source: Source, tokens: readonly Token[], section: Span): Row[] {
  const first = tokens[0];
  if (first?.text !== source.name) {
    refuse(source, `a usage line starts with the name ${source.name}`, first ?? section);
  }
  const rows: { tokens: Token[]; at: Span }[] = [];
  for (const token of tokens) {
    const row = rows.at(-1);
    if (token.text === source.name || row === undefined) {
      rows.push({ tokens: [], at: { start: token.start, end: token.end } });
    } else {
      row.tokens.push(token);
      row.at = { start: row.at.start, end: token.end };
    }
  }
  return rows;
}

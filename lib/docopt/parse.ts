import { keysOf } from './keys.ts';
import { lexUsage, type Token } from './lex.ts';
import { OptionTable } from './option-table.ts';
import { readOptions } from './options-section.ts';
import { parseLine } from './pattern.ts';
import { refuse, type Source } from './refuse.ts';
import { findSections } from './sections.ts';
import {
  argName,
  children,
  isLeaf,
  keyOf,
  type Leaf,
  type Node,
  type Span,
  type Usage,
  type UsageLine,
} from './usage.ts';

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
    lines,
    options: table.options,
    keys: new Map(keysOf(lines).map((key) => [key.name, key])),
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

/**
 * Refuses what docopt reads but a task cannot be typed by: two names that are one in `args`, a
 * repeated stack `-xy...`, an optional argument `--a[=<x>]`; and what can only be a mistake: an
 * option that is described but that no usage line takes, a default that is not among the choices.
 * Throws UsageError with a caret.
 */
export function checkForTask(usage: Usage): void {
  const names = new Map<string, string>();
  for (const line of usage.lines) checkNode(usage, line.tree, names);
  for (const option of usage.options) {
    const { key, choices, default: value } = option;
    if (!names.has(argName(key)) && key !== '--help') {
      refuse(
        usage,
        `${key} is described, but no usage line takes it; write it there, or [options]`,
        option,
      );
    }
    if (choices && value !== undefined && !choices.includes(value)) {
      refuse(usage, `the default '${value}' of ${key} is not one of ${choices.join(', ')}`, option);
    }
  }
}

function checkNode(usage: Usage, node: Node, names: Map<string, string>): void {
  if (node.type === 'repeat' && node.stack) {
    refuse(usage, `a stack of options cannot be repeated; write each with its own '...'`, node);
  }
  if (node.type === 'option' && node.option.optionalArgument) {
    refuse(usage, `${node.option.key} cannot take an argument that may be left away`, node);
  }
  if (isLeaf(node)) checkName(usage, node, names);
  for (const child of children(node)) checkNode(usage, child, names);
}

function checkName(usage: Usage, leaf: Leaf, names: Map<string, string>): void {
  const key = keyOf(leaf);
  const name = argName(key);
  const before = names.get(name) ?? key;
  if (before !== key)
    refuse(usage, `${key} and ${before} are both '${name}' in args; rename one`, leaf);
  if (name in {}) refuse(usage, `${key} cannot be the name of an argument`, leaf);
  names.set(name, key);
}

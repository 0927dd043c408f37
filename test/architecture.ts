import { posix } from 'node:path';

/** A file of the project: its path from the root, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What a unit, a folder or a file that stands for itself, may import besides itself. */
export interface Allowance {
  readonly imports: readonly string[];
  /** Units of which it may import types, and nothing that is there at run time. */
  readonly types?: readonly string[];
}

export interface Rules {
  /** By unit: a path that its files begin with. The longest that fits a file is the file's unit. */
  readonly units: Readonly<Record<string, Allowance>>;
  /** Packages that may be imported at all. */
  readonly packages: readonly string[];
  /** Packages that are slow to load: by name, the one unit that imports them. */
  readonly heavy: Readonly<Record<string, string>>;
  /** Units that may touch the process, the console and the clock. */
  readonly effects: readonly string[];
  readonly maxLines: number;
  /** Files that are longer, and why. */
  readonly long: Readonly<Record<string, string>>;
}

/** One line for each breach, `path:line: what is wrong`. */
export function breaches(files: readonly SourceFile[], rules: Rules): string[] {
  return [
    ...files.flatMap((file) => [
      ...importBreaches(file, rules),
      ...effectBreaches(file, rules),
      ...shapeBreaches(file, rules),
    ]),
    ...loadBreaches(files, rules),
    ...staleBreaches(files, rules),
  ];
}

/** `static` is there as soon as the importing file is; `dynamic` when asked for; `type` never. */
export interface Import {
  readonly specifier: string;
  readonly kind: 'static' | 'dynamic' | 'type';
  readonly line: number;
}

/** Every import of a file in the order of its text, `export … from` among them. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  // Declarations begin a line, as oxfmt writes them.
  const declared =
    /^(?:import|export)(?<type>\s+type\b)?(?:[\w$\s{},*]*?\bfrom)?\s*['"](?<specifier>[^'"]+)['"]/gm;
  const called = /(?<type>\btypeof\s+)?\bimport\(\s*['"](?<specifier>[^'"]+)['"]/g;
  const found = [
    ...[...code.matchAll(declared)].map((match) => ({ match, otherwise: 'static' as const })),
    ...[...code.matchAll(called)].map((match) => ({ match, otherwise: 'dynamic' as const })),
  ].sort((a, b) => a.match.index - b.match.index);
  return found.map(({ match, otherwise }) => ({
    specifier: match.groups?.['specifier'] ?? '',
    kind: match.groups?.['type'] === undefined ? otherwise : 'type',
    line: lineAt(code, match.index),
  }));
}

function importBreaches({ path, text }: SourceFile, rules: Rules): string[] {
  const unit = unitOf(path, rules);
  if (unit === undefined) return [`${path}:1: belongs to no folder of the import table`];
  return importsOf(text).flatMap((each) => {
    const problem = each.specifier.startsWith('.')
      ? unitProblem(unit, unitOf(targetOf(path, each), rules), each, rules)
      : packageProblem(unit, each, rules);
    return problem === undefined ? [] : [`${path}:${each.line}: ${problem}`];
  });
}

function unitProblem(
  from: string,
  to: string | undefined,
  { specifier, kind }: Import,
  { units }: Rules,
): string | undefined {
  if (to === undefined)
    return `imports ${specifier}, which belongs to no folder of the import table`;
  const allowance = units[from];
  if (to === from || allowance?.imports.includes(to)) return undefined;
  if (!allowance?.types?.includes(to)) return `${from} may not import ${to} (${specifier})`;
  return kind === 'type' ? undefined : `${from} may import only types of ${to} (${specifier})`;
}

function packageProblem(unit: string, { specifier }: Import, rules: Rules): string | undefined {
  if (specifier === 'node:process' || specifier === 'node:console') {
    return rules.effects.includes(unit)
      ? undefined
      : `imports ${specifier} outside ${rules.effects.join(', ')}`;
  }
  if (specifier.startsWith('node:')) return undefined;
  const name = packageOf(specifier);
  const home = rules.heavy[name];
  if (home !== undefined && home !== unit) return `imports ${name}, which only ${home} may`;
  return rules.packages.includes(name) ? undefined : `imports ${name}, which is no dependency`;
}

const EFFECT =
  /(?<![\w$.#])(?:globalThis\.)?(?:process|console)\s*(?:\?\.|[.[])|\bDate\.now\b|\bnew Date\(\s*\)/g;

function effectBreaches({ path, text }: SourceFile, rules: Rules): string[] {
  const unit = unitOf(path, rules);
  if (unit === undefined || rules.effects.includes(unit)) return [];
  const code = withoutComments(text, { strings: false });
  return [...code.matchAll(EFFECT)].map(
    ({ 0: found, index }) =>
      `${path}:${lineAt(code, index)}: uses ${found} outside ${rules.effects.join(', ')}`,
  );
}

function shapeBreaches({ path, text }: SourceFile, rules: Rules): string[] {
  const code = withoutComments(text, { strings: false });
  const defaults = code.matchAll(/^export\s+default\b|\bas\s+default\b/gm);
  const problems = [...defaults].map(
    ({ index }) => `${path}:${lineAt(code, index)}: a default export`,
  );
  if (/^index\.[mc]?[tj]s$/.test(posix.basename(path))) problems.push(`${path}:1: an index file`);
  const lines = lineCount(text);
  if (lines > rules.maxLines && !(path in rules.long)) {
    problems.push(
      `${path}:${rules.maxLines + 1}: ${lines} lines; split it, or list it with a reason`,
    );
  }
  return problems;
}

/** A heavy package may be loaded at once within its unit, but the unit only when asked for. */
function loadBreaches(files: readonly SourceFile[], rules: Rules): string[] {
  const statics = new Map(
    files.map(({ path, text }) => [path, importsOf(text).filter(({ kind }) => kind === 'static')]),
  );
  const loads = (path: string, name: string, seen: Set<string>): boolean =>
    !seen.has(path) &&
    (statics.get(path) ?? []).some(
      (each) =>
        packageOf(each.specifier) === name || loads(targetOf(path, each), name, seen.add(path)),
    );
  return Object.entries(rules.heavy).flatMap(([name, home]) =>
    files
      .filter(({ path }) => unitOf(path, rules) !== home)
      .flatMap(({ path }) =>
        (statics.get(path) ?? [])
          .filter((each) => unitOf(targetOf(path, each), rules) === home)
          .filter((each) => loads(targetOf(path, each), name, new Set()))
          .map(({ specifier, line }) => `${path}:${line}: loads ${name} at once by ${specifier}`),
      ),
  );
}

function staleBreaches(files: readonly SourceFile[], { long, maxLines }: Rules): string[] {
  return Object.keys(long)
    .filter((path) => lineCount(files.find((file) => file.path === path)?.text ?? '') <= maxLines)
    .map((path) => `${path}:1: is listed as long and is not`);
}

function unitOf(path: string, { units }: Rules): string | undefined {
  return Object.keys(units)
    .filter((unit) => path === unit || path.startsWith(`${unit}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function targetOf(path: string, { specifier }: Import): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
}

/** `@scope/name` of `@scope/name/file.js`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

const TOKEN = new RegExp(
  [
    String.raw`(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)`,
    String.raw`(?<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")`,
    String.raw`(?<template>\`(?:\\[\s\S]|[^\`\\])*\`)`,
    // A slash that no operand can stand before begins a regular expression.
    String.raw`(?<regex>(?<=(?:^|[(,=:[!&|?{};+>]|\breturn)\s*)\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/)`,
  ].join('|'),
  'gm',
);

/** The text with blanks for its comments and, if told so, for its strings; lines stay lines. */
function withoutComments(text: string, { strings = true } = {}): string {
  return text.replace(TOKEN, (token, ...rest) => {
    const groups: Readonly<Record<string, string | undefined>> = rest.at(-1);
    const kept = groups['comment'] === undefined && (strings || groups['template'] !== undefined);
    return kept ? token : token.replace(/[^\n]/g, ' ');
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

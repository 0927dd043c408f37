import { UsageError } from '../errors.ts';
import { parseArgs, type ArgValue } from './args.ts';
import {
  compileNode,
  resetState,
  searchState,
  type Search,
  type SearchState,
  type Step,
} from './backtrack.ts';
import { compile, type Compiled } from './compile.ts';
import { explain } from './explain.ts';
import { countLeaves } from './keys.ts';
import { supplyOf, type Supply } from './supply.ts';
import { keyOf, type Key, type Leaf, type Node, type Usage, type UsageOption } from './usage.ts';

/**
 * The canonical argv of args: full names, in the order of the usage line, `--opt=value`, defaults
 * filled in. `parseArgs(usage, formatArgs(usage, args))` gives `args` back.
 * Throws UsageError for args that cannot be written: an unknown key, a value of the wrong kind,
 * something missing or in conflict, a word that would be read as an option.
 */
export function formatArgs(
  usage: Usage,
  args: Readonly<Record<string, ArgValue | undefined>>,
): string[] {
  const compiled = compile(usage);
  const supply = supplyOf(compiled, args);
  return writerOf(compiled)(supply) ?? explain(compiled, writeAll(supply));
}

/** Argv of what there is to write for each key, if a usage line takes it all. */
type Writer = (supply: readonly Supply[]) => string[] | undefined;

const writers = new WeakMap<Compiled, Writer>();

function writerOf(compiled: Compiled): Writer {
  const known = writers.get(compiled);
  if (known) return known;
  const writer = compileWriter(compiled);
  writers.set(compiled, writer);
  return writer;
}

interface Written {
  readonly leaf: Leaf;
  readonly value: string | true;
}

/** What is being written. */
interface Output {
  supply: readonly Supply[];
  readonly written: Written[];
}

/** Where words can be read in more ways than this, the args are refused. */
const MOST_ATTEMPTS = 100;

/**
 * A writer walks the lines until one uses up everything there is to write, in a way that reads
 * back. It throws UsageError when that can be written but would be read as something else.
 */
function compileWriter(compiled: Compiled): Writer {
  const { usage, keys, hasWords, hasChoices } = compiled;
  const output: Output = { supply: [], written: [] };
  const tried = new Set<string>();
  let problem = '';
  const lines = usage.lines.map(({ tree }) => {
    const state = searchState(keys.length);
    const isDone: Step = () => {
      if (!usesAll(output, state)) return false;
      // Options cannot be taken for one another; words can, and values may not be allowed.
      if (!hasWords && !hasChoices) return true;
      const argv = assemble(output.written);
      const text = JSON.stringify(argv);
      if (tried.has(text)) return false;
      tried.add(text);
      problem = misread(compiled, argv, output.supply);
      return problem === '' || tried.size === MOST_ATTEMPTS;
    };
    return { state, start: compileNode(writing(keys, tree, output, state), tree, isDone) };
  });
  return (supply) => {
    output.supply = supply;
    output.written.length = 0;
    tried.clear();
    problem = '';
    const found = lines.some(({ state, start }) => {
      resetState(state);
      return start(0);
    });
    if (problem) throw new UsageError(`${usage.name}: ${problem}`);
    return found ? assemble(output.written) : undefined;
  };
}

/** Whether everything is written; a default may be left away, but not half. */
function usesAll({ supply }: Output, { used }: SearchState): boolean {
  return supply.every(
    ({ values, isDefault }, index) =>
      used[index] === values.length || (isDefault && used[index] === 0),
  );
}

/** The search that writes: a leaf can be taken while there is something left to write for it. */
function writing(keys: readonly Key[], tree: Node, output: Output, state: SearchState): Search {
  const { used } = state;
  const { written } = output;
  const counts = countLeaves(tree);
  const indexes = new Map(keys.map(({ key }, index) => [key, index]));
  const indexOf = (leaf: Leaf): number => indexes.get(keyOf(leaf)) ?? -1;
  const times = (leaf: Leaf, least: number, most: number, next: Step): Step => {
    const index = indexOf(leaf);
    return (at) => {
      const values = output.supply[index]?.values ?? [];
      const before = used[index] ?? 0;
      const depth = written.length;
      for (let end = Math.min(values.length, before + most); end >= before + least; end -= 1) {
        written.length = depth;
        for (const value of values.slice(before, end)) written.push({ leaf, value });
        used[index] = end;
        if (next(at + end - before)) return true;
      }
      written.length = depth;
      used[index] = before;
      return false;
    };
  };
  return {
    state,
    leaf: (leaf, next) => times(leaf, 1, 1, next),
    repeatLeaf: (leaf, least, next) => times(leaf, least, Infinity, next),
    mustTake(leaf) {
      // A default may be left away, so it is tried both ways.
      if (leaf.option.default !== undefined) return undefined;
      if (counts.get(leaf.option.key)?.count !== 1) return undefined;
      const index = indexOf(leaf);
      return () => output.supply[index]?.values.length !== 0;
    },
  };
}

/** The words of what was written; options stand before a `--`, behind which they would be words. */
function assemble(written: readonly Written[]): string[] {
  const dashes = written.findIndex(({ leaf }) => leaf.type === 'command' && leaf.name === '--');
  const late = written.filter(({ leaf }, index) => index > dashes && leaf.type === 'option');
  if (dashes < 0 || late.length === 0) return written.flatMap(wordsOf);
  const rest = written.slice(dashes).filter(({ leaf }) => leaf.type !== 'option');
  return [...written.slice(0, dashes), ...late, ...rest].flatMap(wordsOf);
}

function wordsOf({ leaf, value }: Written): string[] {
  if (leaf.type === 'option') return optionWords(leaf.option, value);
  return [leaf.type === 'command' ? leaf.name : String(value)];
}

/** `--opt=value`; a short option has its value glued, or an empty one as a word of its own. */
function optionWords({ key, long }: UsageOption, value: string | true): string[] {
  if (value === true) return [key];
  if (long !== undefined) return [`${long}=${value}`];
  return value === '' ? [key, value] : [`${key}${value}`];
}

/** Everything there is, in the order of the keys: no argv, but what an explanation can point at. */
function writeAll(supply: readonly Supply[]): string[] {
  return supply.flatMap(({ key, values, isDefault }) => {
    if (isDefault) return [];
    const { option } = key;
    if (option) return values.flatMap((value) => optionWords(option, value));
    return values.map((value) => (value === true ? key.key : value));
  });
}

/** How the argv would be read as something else; empty when it reads as what was to be written. */
function misread(compiled: Compiled, argv: readonly string[], supply: readonly Supply[]): string {
  const dashed = supply.find(
    ({ key, values }) => key.kind === 'positional' && values.some(isDashed),
  );
  if (dashed && !argv.includes('--')) {
    const value = String(dashed.values.find(isDashed));
    return (
      `'${dashed.key.name}' cannot be '${value}', which would be read as an option; ` +
      `a usage with [--] before ${dashed.key.key}, and '--': true, allows it`
    );
  }
  const read = supplyOf(compiled, parseArgs(compiled.usage, argv));
  const differs = supply.map(({ values }, at) => !isSame(values, read[at]?.values ?? []));
  const lost = supply.findIndex(({ values }, at) => differs[at] && values.length > 0);
  const index = lost < 0 ? differs.indexOf(true) : lost;
  const wrong = supply[index];
  if (!wrong) return '';
  return (
    `'${wrong.key.name}' cannot be written as argv with these arguments: ` +
    `${JSON.stringify(wrong.values)} would be read as ${JSON.stringify(read[index]?.values)}`
  );
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function isDashed(value: string | true): boolean {
  return value !== true && value.startsWith('-') && value !== '-';
}

import { UsageError } from '../errors.ts';
import { parseArgs, type ArgValue } from './args.ts';
import { compileNode, searchState, type Search, type SearchState, type Step } from './backtrack.ts';
import { compile } from './compile.ts';
import { explain } from './explain.ts';
import { supplyOf, type Supply } from './supply.ts';
import { keyOf, type Key, type Leaf, type Usage, type UsageOption } from './usage.ts';

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
  const supply = supplyOf(compile(usage), args);
  return write(usage, supply) ?? explain(compile(usage), writeAll(supply));
}

interface Written {
  readonly leaf: Leaf;
  readonly value: string | true;
}

/**
 * Walks the lines until one uses up everything there is to write, in a way that reads back.
 * Throws UsageError when it can be written but would be read as something else.
 */
function write(usage: Usage, supply: ReadonlyMap<string, Supply>): string[] | undefined {
  const { keys, hasWords, hasChoices } = compile(usage);
  const written: Written[] = [];
  let argv: string[] | undefined;
  let problem = '';
  const tried = new Set<string>();
  const state = searchState(keys.length);
  const isDone: Step = () => {
    if (!usesAll(keys, supply, state.used)) return false;
    const words = assemble(written);
    const text = JSON.stringify(words);
    if (tried.has(text)) return false;
    tried.add(text);
    argv = words;
    // Options cannot be taken for one another; words can, and values may not be allowed.
    problem = hasWords || hasChoices ? misread(usage, argv, supply) : '';
    return problem === '' || tried.size === MOST_ATTEMPTS;
  };
  const search = writing(keys, supply, written, state);
  usage.lines.some((line) => compileNode(search, line.tree, isDone)(0));
  if (problem) throw new UsageError(`${usage.name}: ${problem}`);
  return argv;
}

/** Where words can be read in more ways than this, the args are refused. */
const MOST_ATTEMPTS = 100;

/** Whether everything is written; a default may be left away, but not half. */
function usesAll(
  keys: readonly Key[],
  supply: ReadonlyMap<string, Supply>,
  used: readonly number[],
): boolean {
  return keys.every(({ key }, index) => {
    const { values, isDefault } = supply.get(key) ?? nothing;
    return used[index] === values.length || (isDefault && used[index] === 0);
  });
}

const nothing = { values: [], isDefault: true };

/** The search that writes: a leaf can be taken while there is something left to write for it. */
function writing(
  keys: readonly Key[],
  supply: ReadonlyMap<string, Supply>,
  written: Written[],
  state: SearchState,
): Search {
  const { used } = state;
  const indexes = new Map(keys.map(({ key }, index) => [key, index]));
  const times = (leaf: Leaf, least: number, most: number, next: Step): Step => {
    const index = indexes.get(keyOf(leaf)) ?? -1;
    const { values } = supply.get(keyOf(leaf)) ?? nothing;
    return (at) => {
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
    mustTake: () => undefined,
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
function writeAll(supply: ReadonlyMap<string, Supply>): string[] {
  return [...supply.values()].flatMap(({ key, values, isDefault }) => {
    if (isDefault) return [];
    const { option } = key;
    if (option) return values.flatMap((value) => optionWords(option, value));
    return values.map((value) => (value === true ? key.key : value));
  });
}

/** How the argv would be read as something else; empty when it reads as what was to be written. */
function misread(
  usage: Usage,
  argv: readonly string[],
  supply: ReadonlyMap<string, Supply>,
): string {
  const dashed = [...supply.values()].find(
    ({ key, values }) => key.kind === 'positional' && values.some(isDashed),
  );
  if (dashed && !argv.includes('--')) {
    const value = String(dashed.values.find(isDashed));
    return (
      `'${dashed.key.name}' cannot be '${value}', which would be read as an option; ` +
      `a usage with [--] before ${dashed.key.key}, and '--': true, allows it`
    );
  }
  const read = supplyOf(compile(usage), parseArgs(usage, argv));
  for (const [name, { key, values }] of [...supply, ...read]) {
    const got = read.get(name)?.values ?? [];
    const wanted = supply.get(name)?.values ?? [];
    if (wanted.length === got.length && wanted.every((value, index) => value === got[index])) {
      continue;
    }
    return (
      `'${key.name}' cannot be written as argv with these arguments: ` +
      `${JSON.stringify(values)} would be read as ${JSON.stringify(got)}`
    );
  }
  return '';
}

function isDashed(value: string | true): boolean {
  return value !== true && value.startsWith('-') && value !== '-';
}

import { optionNames, type Argv, type OptionNames } from './argv.ts';
import {
  compileNode,
  resetState,
  searchState,
  type Search,
  type SearchState,
  type Step,
} from './backtrack.ts';
import { countLeaves, keysOf } from './keys.ts';
import { keyOf, type Key, type Leaf, type Usage, type UsageLine } from './usage.ts';

/** What is made of a usage once, so that each match is cheap. */
export interface Compiled {
  readonly usage: Usage;
  readonly names: OptionNames;
  readonly keys: readonly Key[];
  /** Their docopt keys. */
  readonly keyNames: ReadonlySet<string>;
  /** Those of `keys` whose option has a default. */
  readonly keysWithDefault: readonly Key[];
  readonly hasChoices: boolean;
  readonly hasWords: boolean;
  /** The index in `keys` of each option of the usage; -1 for one that no usage line takes. */
  readonly keyOfSlot: readonly number[];
  /** Whether a usage line has a `--` of its own. */
  readonly declaresDashes: boolean;
  /**
   * Reads argv by the first usage line that matches, and in it by the first reading: for each word
   * the index of its key; undefined when no line matches. The array is valid until the next call.
   */
  match(argv: Argv): readonly number[] | undefined;
}

const cache = new WeakMap<Usage, Compiled>();

/** Compiles a usage; the second call with the same usage returns the first result. */
export function compile(usage: Usage): Compiled {
  const known = cache.get(usage);
  if (known) return known;
  const compiled = compileUsage(usage);
  cache.set(usage, compiled);
  return compiled;
}

/** Argv without a leading `--`, Pipe's separator, unless the usage has a `--` of its own. */
export function withoutSeparator(
  { declaresDashes }: Compiled,
  argv: readonly string[],
): readonly string[] {
  return argv[0] === '--' && !declaresDashes ? argv.slice(1) : argv;
}

function compileUsage(usage: Usage): Compiled {
  const keys = keysOf(usage.lines);
  const indexOf = new Map(keys.map((key, index) => [key.key, index]));
  const keyOfSlot = usage.options.map((option) => indexOf.get(option.key) ?? -1);
  const input: Input = {
    words: [],
    separator: -1,
    counts: keys.map(() => 0),
    total: 0,
    taken: [],
    keyOfSlot,
  };
  const lines = usage.lines.map((line) => compileLine(line, indexOf, input));
  return {
    usage,
    keys,
    keyNames: new Set(indexOf.keys()),
    names: optionNames(usage),
    keysWithDefault: keys.filter(
      (key) => key.kind === 'value' && key.option?.default !== undefined,
    ),
    hasChoices: keys.some((key) => key.choices),
    hasWords: keys.some((key) => !key.option),
    keyOfSlot,
    declaresDashes: indexOf.has('--'),
    match(argv) {
      input.words = argv.words;
      input.separator = argv.separator;
      input.total = argv.occurrences.length;
      input.counts.fill(0);
      for (const { slot } of argv.occurrences) {
        const key = keyOfSlot[slot] ?? -1;
        if (key < 0) return undefined;
        input.counts[key] = (input.counts[key] ?? 0) + 1;
      }
      for (const line of lines) if (line(argv)) return input.taken;
      return undefined;
    },
  };
}

/** What is being matched, and which key took each word. */
interface Input {
  words: readonly string[];
  separator: number;
  /** For each key how often its option was given. */
  readonly counts: number[];
  total: number;
  readonly taken: number[];
  readonly keyOfSlot: readonly number[];
}

type LineMatcher = (argv: Argv) => boolean;

function compileLine(
  line: UsageLine,
  keys: ReadonlyMap<string, number>,
  input: Input,
): LineMatcher {
  const state = searchState(keys.size);
  const counts = countLeaves(line.tree);
  const takes = [...keys.keys()].map((key) => counts.has(key));
  const index = (leaf: Leaf): number => keys.get(keyOf(leaf)) ?? -1;
  const search: Search = {
    state,
    leaf(leaf, next) {
      if (leaf.type === 'option') return takeOption(state, input, index(leaf), next);
      if (leaf.type === 'command') return takeCommand(input, leaf.name, index(leaf), next);
      return takeWord(input, index(leaf), next);
    },
    repeatLeaf(leaf, least, next) {
      if (leaf.type === 'option')
        return takeOptions(state, input, { key: index(leaf), least }, next);
      const name = leaf.type === 'command' ? leaf.name : undefined;
      return takeWords(input, { key: index(leaf), least, name }, next);
    },
    mustTake(leaf) {
      if (counts.get(leaf.option.key)?.count !== 1) return undefined;
      const key = index(leaf);
      return () => input.counts[key] !== 0;
    },
  };
  const start = compileNode(
    search,
    line.tree,
    (at) => at === input.words.length && state.usedTotal === input.total,
  );
  return ({ occurrences }) => {
    for (const { slot } of occurrences) if (!takes[input.keyOfSlot[slot] ?? -1]) return false;
    resetState(state);
    return start(0);
  };
}

function takeOption(state: SearchState, { counts }: Input, key: number, next: Step): Step {
  const { used } = state;
  return (at) => {
    const before = used[key] ?? 0;
    if (before >= (counts[key] ?? 0)) return false;
    used[key] = before + 1;
    state.usedTotal += 1;
    if (next(at)) return true;
    used[key] = before;
    state.usedTotal -= 1;
    return false;
  };
}

/** A positional takes any word but the `--` that ends the options. */
function takeWord(input: Input, key: number, next: Step): Step {
  return (at) => {
    if (at >= input.words.length || at === input.separator) return false;
    input.taken[at] = key;
    return next(at + 1);
  };
}

function takeCommand(input: Input, name: string, key: number, next: Step): Step {
  return (at) => {
    if (input.words[at] !== name) return false;
    input.taken[at] = key;
    return next(at + 1);
  };
}

interface Repeated {
  readonly key: number;
  readonly least: 0 | 1;
  /** The name of a command; undefined for a positional, which takes any word. */
  readonly name?: string | undefined;
}

function takeWords(input: Input, { key, least, name }: Repeated, next: Step): Step {
  const { taken } = input;
  return (at) => {
    let end = at;
    while (end < input.words.length && fits(input, end, name)) taken[end++] = key;
    for (; end >= at + least; end -= 1) {
      if (next(end)) return true;
      // What came after may have taken words over; those before `at` belong to others.
      if (end > at) taken[end - 1] = key;
    }
    return false;
  };
}

function fits({ words, separator }: Input, at: number, name: string | undefined): boolean {
  return name === undefined ? at !== separator : words[at] === name;
}

function takeOptions(
  state: SearchState,
  { counts }: Input,
  { key, least }: Repeated,
  next: Step,
): Step {
  const { used } = state;
  return (at) => {
    const before = used[key] ?? 0;
    const total = state.usedTotal;
    for (let more = (counts[key] ?? 0) - before; more >= least; more -= 1) {
      used[key] = before + more;
      state.usedTotal = total + more;
      if (next(at)) return true;
    }
    used[key] = before;
    state.usedTotal = total;
    return false;
  };
}

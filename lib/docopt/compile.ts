import { optionNames, readArgv, type Argv, type ArgvOptions, type OptionNames } from './argv.ts';
import { countLeaves, keysOf, type Key } from './keys.ts';
import { leaves, type Node, type Usage, type UsageLine } from './usage.ts';

/** What is made of a usage once, so that each match is cheap. */
export interface Compiled {
  readonly usage: Usage;
  readonly names: OptionNames;
  readonly keys: readonly Key[];
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

/**
 * Tokens as options and words. A leading `--` is Pipe's separator and is dropped, unless the usage
 * has a `--` of its own.
 */
export function readTokens(
  compiled: Compiled,
  tokens: readonly string[],
  options?: ArgvOptions,
): Argv {
  const own = compiled.declaresDashes || tokens[0] !== '--';
  return readArgv(compiled.usage, compiled.names, own ? tokens : tokens.slice(1), options);
}

function compileUsage(usage: Usage): Compiled {
  const keys = keysOf(usage);
  const indexOf = new Map(keys.map((key, index) => [key.key, index]));
  const state: State = {
    words: [],
    separator: -1,
    counts: usage.options.map(() => 0),
    used: usage.options.map(() => 0),
    usedTotal: 0,
    total: 0,
    taken: [],
    marks: [],
    steps: 0,
    failed: new Set(),
  };
  const lines = usage.lines.map((line) => compileLine(usage, line, indexOf, state));
  return {
    usage,
    keys,
    names: optionNames(usage),
    keyOfSlot: usage.options.map((option) => indexOf.get(option.key) ?? -1),
    declaresDashes: keys.some((key) => key.key === '--'),
    match(argv) {
      state.words = argv.words;
      state.separator = argv.separator;
      state.total = argv.occurrences.length;
      state.counts.fill(0);
      for (const { slot } of argv.occurrences) state.counts[slot] = (state.counts[slot] ?? 0) + 1;
      return lines.some((line) => line(argv)) ? state.taken : undefined;
    },
  };
}

/** What the closures of a usage work on; `used`, `usedTotal` and `marks` are undone on the way back. */
interface State {
  words: readonly string[];
  separator: number;
  /** How often each option was given. */
  readonly counts: number[];
  /** How many of those are accounted for. */
  readonly used: number[];
  usedTotal: number;
  total: number;
  /** For each word the index of the key that took it. */
  readonly taken: number[];
  /** For each repeat how many tokens were used when its round began. */
  readonly marks: number[];
  steps: number;
  readonly failed: Set<string>;
}

/** Goes on from the word at this index; true when everything after it matches. */
type Step = (at: number) => boolean;

interface Context {
  readonly state: State;
  readonly slots: ReadonlyMap<string, number>;
  readonly keys: ReadonlyMap<string, number>;
  /** How often each key can stand in this line. */
  readonly counts: ReadonlyMap<string, { readonly count: number }>;
  /** Numbers the places where failed states are remembered. */
  guards: number;
}

function compileLine(
  usage: Usage,
  line: UsageLine,
  keys: ReadonlyMap<string, number>,
  state: State,
): (argv: Argv) => boolean {
  const slots = new Map(usage.options.map((option, slot) => [option.key, slot]));
  const context: Context = { state, slots, keys, counts: countLeaves(line.tree), guards: 0 };
  const start = compileNode(
    context,
    line.tree,
    (at) => at === state.words.length && state.usedTotal === state.total,
  );
  const takes = usage.options.map(() => false);
  for (const leaf of leaves(line.tree)) {
    if (leaf.type === 'option') takes[slots.get(leaf.option.key) ?? -1] = true;
  }
  return (argv) => {
    for (const { slot } of argv.occurrences) if (!takes[slot]) return false;
    state.used.fill(0);
    state.usedTotal = 0;
    state.steps = 0;
    if (state.failed.size > 0) state.failed.clear();
    return start(0);
  };
}

function compileNode(context: Context, node: Node, next: Step): Step {
  switch (node.type) {
    case 'option':
      return takeOption(context, node.option.key, next);
    case 'positional':
      return takeWord(context, node.name, next);
    case 'command':
      return takeCommand(context, node.name, next);
    case 'sequence':
      return node.items.reduceRight((then, item) => compileNode(context, item, then), next);
    case 'optional':
    case 'options':
      return node.items.reduceRight((then, item) => compileOptional(context, item, then), next);
    case 'choice':
      return compileChoice(context, node.items, next);
    case 'repeat':
      return compileRepeat(context, node.item, next);
    default:
      return node satisfies never;
  }
}

function takeOption({ state, slots }: Context, key: string, next: Step): Step {
  const slot = slots.get(key) ?? -1;
  const { counts, used } = state;
  return (at) => {
    const before = used[slot] ?? 0;
    if (before >= (counts[slot] ?? 0)) return false;
    used[slot] = before + 1;
    state.usedTotal += 1;
    if (next(at)) return true;
    used[slot] = before;
    state.usedTotal -= 1;
    return false;
  };
}

/** A positional takes any word but the `--` that ends the options. */
function takeWord({ state, keys }: Context, name: string, next: Step): Step {
  const key = keys.get(name) ?? -1;
  return (at) => {
    if (at >= state.words.length || at === state.separator) return false;
    state.taken[at] = key;
    return next(at + 1);
  };
}

function takeCommand({ state, keys }: Context, name: string, next: Step): Step {
  const key = keys.get(name) ?? -1;
  return (at) => {
    if (state.words[at] !== name) return false;
    state.taken[at] = key;
    return next(at + 1);
  };
}

function compileOptional(context: Context, item: Node, next: Step): Step {
  const taken = compileNode(context, item, next);
  if (item.type === 'option' && context.counts.get(item.option.key)?.count === 1) {
    // Nothing else in this line can take it, so when it was given it is taken here.
    const { counts } = context.state;
    const slot = context.slots.get(item.option.key) ?? -1;
    return (at) => (counts[slot] ? taken(at) : next(at));
  }
  return guard(context, (at) => taken(at) || next(at));
}

function compileChoice(context: Context, items: readonly Node[], next: Step): Step {
  const steps = items.map((item) => compileNode(context, item, next));
  return guard(context, (at) => {
    for (const step of steps) if (step(at)) return true;
    return false;
  });
}

function compileRepeat(context: Context, item: Node, next: Step): Step {
  const body = onlyItem(item);
  if (body.node.type === 'positional') {
    return repeatWord(context, body.node.name, body.optional, next);
  }
  const { state } = context;
  const mark = state.marks.push(-1) - 1;
  // A round that used nothing would go on forever.
  const after = guard(context, (at) => {
    const progress = at + state.usedTotal > (state.marks[mark] ?? 0);
    return (progress && round(at)) || next(at);
  });
  const start = compileNode(context, item, after);
  function round(at: number): boolean {
    const before = state.marks[mark] ?? -1;
    state.marks[mark] = at + state.usedTotal;
    if (start(at)) return true;
    state.marks[mark] = before;
    return false;
  }
  return round;
}

/** The one element inside groups that hold nothing else, and whether it may be absent. */
function onlyItem(node: Node, optional = false): { node: Node; optional: boolean } {
  if (node.type !== 'sequence' && node.type !== 'optional') return { node, optional };
  const [only, ...others] = node.items;
  if (only === undefined || others.length > 0) return { node, optional };
  return onlyItem(only, optional || node.type === 'optional');
}

/** `<x>...` as a loop: as many words as there are, then fewer. Deep recursion would overflow. */
function repeatWord(context: Context, name: string, optional: boolean, next: Step): Step {
  const { state } = context;
  const key = context.keys.get(name) ?? -1;
  return guard(context, (at) => {
    let end = state.words.length;
    if (state.separator >= at) end = state.separator;
    const least = optional ? at : at + 1;
    for (let index = at; index < end; index += 1) state.taken[index] = key;
    for (; end >= least; end -= 1) {
      if (next(end)) return true;
      // What came after may have taken words over.
      state.taken[end - 1] = key;
    }
    return false;
  });
}

/** Nested repeats are exponential without a memory; most matches end long before they need one. */
const STEPS_WITHOUT_MEMORY = 4000;

/** Remembers the states in which a step failed, once many steps were made. */
function guard(context: Context, step: Step): Step {
  const { state } = context;
  const id = (context.guards += 1);
  return (at) => {
    state.steps += 1;
    if (state.steps <= STEPS_WITHOUT_MEMORY) return step(at);
    const key = `${id};${at};${state.used.join()};${state.marks.join()}`;
    if (state.failed.has(key)) return false;
    if (step(at)) return true;
    state.failed.add(key);
    return false;
  };
}

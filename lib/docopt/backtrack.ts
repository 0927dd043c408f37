import type { Leaf, Node, OptionLeaf } from './usage.ts';

/** Goes on from here, `at` being how many words are behind; true when everything after it fits. */
export type Step = (at: number) => boolean;

/** What a search over a usage line does at its leaves; the same tree is read and written by it. */
export interface Search {
  readonly state: SearchState;
  /** Takes the leaf once and goes on; undoes it when that leads nowhere. */
  leaf(leaf: Leaf, next: Step): Step;
  /** Takes the leaf as often as it can, then less often; a loop, as recursion would overflow. */
  repeatLeaf(leaf: Leaf, least: 0 | 1, next: Step): Step;
  /** Whether an option that can be taken here has to be, since nothing else could take it. */
  mustTake(leaf: OptionLeaf): ((at: number) => boolean) | undefined;
}

/** What the steps of a search work on. All of it is undone on the way back. */
export interface SearchState {
  /** For each key how many of its occurrences are accounted for. */
  readonly used: number[];
  /** How many options are accounted for. */
  usedTotal: number;
  /** For each repeat how many tokens were accounted for when its round began. */
  readonly marks: number[];
  steps: number;
  guards: number;
  readonly failed: Set<string>;
}

/** A state with nothing accounted for. */
export function searchState(keys: number): SearchState {
  const used = Array.from({ length: keys }, () => 0);
  return { used, usedTotal: 0, marks: [], steps: 0, guards: 0, failed: new Set() };
}

/** Makes the state as new; steps compiled for it stay valid. */
export function resetState(state: SearchState): void {
  state.used.fill(0);
  state.usedTotal = 0;
  state.steps = 0;
  if (state.failed.size > 0) state.failed.clear();
}

/**
 * Compiles a tree to backtracking steps whose continuation is fixed: earlier elements and
 * alternatives first, repeats as often as possible.
 */
export function compileNode(search: Search, node: Node, next: Step): Step {
  switch (node.type) {
    case 'option':
    case 'positional':
    case 'command':
      return search.leaf(node, next);
    case 'sequence':
      return node.items.reduceRight((then, item) => compileNode(search, item, then), next);
    case 'optional':
    case 'options':
      return node.items.reduceRight((then, item) => compileOptional(search, item, then), next);
    case 'choice':
      return compileChoice(search, node.items, next);
    case 'repeat':
      return compileRepeat(search, node.item, next);
    default:
      return node satisfies never;
  }
}

function compileOptional(search: Search, item: Node, next: Step): Step {
  const taken = compileNode(search, item, next);
  const must = item.type === 'option' ? search.mustTake(item) : undefined;
  if (must) return (at) => (must(at) ? taken(at) : next(at));
  return guard(search.state, (at) => taken(at) || next(at));
}

function compileChoice(search: Search, items: readonly Node[], next: Step): Step {
  const steps = items.map((item) => compileNode(search, item, next));
  return guard(search.state, (at) => {
    for (const step of steps) if (step(at)) return true;
    return false;
  });
}

function compileRepeat(search: Search, repeated: Node, next: Step): Step {
  const item = onceOnly(repeated);
  const only = onlyLeaf(item);
  if (only) return guard(search.state, search.repeatLeaf(only.leaf, only.least, next));
  const { state } = search;
  const mark = state.marks.push(-1) - 1;
  // A round that used nothing would go on forever.
  const after = guard(state, (at) => {
    const progress = at + state.usedTotal > (state.marks[mark] ?? 0);
    return (progress && round(at)) || next(at);
  });
  const start = compileNode(search, item, after);
  function round(at: number): boolean {
    const before = state.marks[mark] ?? -1;
    state.marks[mark] = at + state.usedTotal;
    if (start(at)) return true;
    state.marks[mark] = before;
    return false;
  }
  return round;
}

/** A repeat of a repeat says no more than one, and would be tried in many more ways. */
function onceOnly(node: Node): Node {
  if (node.type === 'repeat') return onceOnly(node.item);
  const [only, ...others] = node.type === 'sequence' ? node.items : [];
  return only && others.length === 0 ? onceOnly(only) : node;
}

/** The leaf inside groups that hold nothing else, and how often it must stand there. */
export function onlyLeaf(node: Node, least: 0 | 1 = 1): { leaf: Leaf; least: 0 | 1 } | undefined {
  switch (node.type) {
    case 'option':
    case 'positional':
    case 'command':
      return { leaf: node, least };
    case 'repeat':
      return onlyLeaf(node.item, least);
    case 'choice':
      return undefined;
    case 'sequence':
    case 'optional':
    case 'options': {
      const [only, ...others] = node.items;
      if (only === undefined || others.length > 0) return undefined;
      return onlyLeaf(only, node.type === 'sequence' ? least : 0);
    }
    default:
      return node satisfies never;
  }
}

/** Nested repeats are exponential without a memory; most searches end long before they need one. */
const STEPS_WITHOUT_MEMORY = 4000;

/** Remembers the states in which a step failed, once many steps were made. */
function guard(state: SearchState, step: Step): Step {
  const id = (state.guards += 1);
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

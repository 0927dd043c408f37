import type { Argv } from './argv.ts';
import { onlyLeaf } from './backtrack.ts';
import type { Compiled } from './compile.ts';
import { keyOf, type Leaf, type Node, type UsageLine } from './usage.ts';

/** The cheapest change that would make argv match a usage line. */
export interface Repair {
  readonly line: UsageLine;
  readonly cost: number;
  readonly missing: readonly Leaf[];
  readonly taken: readonly Taken[];
  /** Indexes of the words that are too many. */
  readonly extraWords: readonly number[];
  /** Indexes of the occurrences that are too many. */
  readonly extraOptions: readonly number[];
}

export interface Taken {
  readonly leaf: Leaf;
  /** The token it stands in. */
  readonly token: number;
}

/** Something missing is a little likelier than something too much. */
const MISSING = 1;
const EXTRA = 1.1;
/** A command says which usage line is meant, so a line is not chosen for lack of its commands. */
const MISSING_COMMAND = 1.5;

/** Enough for every usage a person would write; after that the best so far is good enough. */
const MOST_STEPS = 20_000;

/** The cheapest repair of the best-fitting line; of equal ones the first. */
export function cheapestRepair(compiled: Compiled, argv: Argv): Repair | undefined {
  let best: Repair | undefined;
  for (const line of compiled.usage.lines) {
    best = new Repairer(compiled, argv, line).run(best);
  }
  return best;
}

type Next = (at: number) => void;

class Repairer {
  readonly #argv: Argv;
  readonly #line: UsageLine;
  /** For each option's key the indexes of its occurrences. */
  readonly #given = new Map<string, number[]>();
  readonly #used = new Map<string, number>();
  readonly #missing: Leaf[] = [];
  readonly #taken: Taken[] = [];
  readonly #extraWords: number[] = [];
  #missingCost = 0;
  #optionsUsed = 0;
  #steps = 0;
  #best: Repair | undefined;

  constructor(compiled: Compiled, argv: Argv, line: UsageLine) {
    this.#argv = argv;
    this.#line = line;
    argv.occurrences.forEach(({ slot }, index) => {
      const key = compiled.usage.options[slot]?.key ?? '';
      const given = this.#given.get(key) ?? [];
      given.push(index);
      this.#given.set(key, given);
    });
  }

  run(best: Repair | undefined): Repair | undefined {
    this.#best = best;
    this.#walk(this.#line.tree, 0, (at) => this.#finish(at));
    return this.#best;
  }

  /** What the way to here costs. */
  get #cost(): number {
    return this.#missingCost + this.#extraWords.length * EXTRA;
  }

  #finish(at: number): void {
    const { words, occurrences } = this.#argv;
    const extra = words.length - at + occurrences.length - this.#optionsUsed;
    const cost = this.#cost + extra * EXTRA;
    if (this.#best && cost >= this.#best.cost - 1e-9) return;
    const extraWords = [...this.#extraWords];
    for (let word = at; word < words.length; word += 1) extraWords.push(word);
    const extraOptions = [...this.#given].flatMap(([key, all]) =>
      all.slice(this.#used.get(key) ?? 0),
    );
    this.#best = {
      line: this.#line,
      cost,
      missing: [...this.#missing],
      taken: [...this.#taken],
      extraWords,
      extraOptions,
    };
  }

  #isHopeless(): boolean {
    this.#steps += 1;
    if (!this.#best) return false;
    return this.#steps > MOST_STEPS || this.#cost >= this.#best.cost - 1e-9;
  }

  #walk(node: Node, at: number, next: Next): void {
    if (this.#isHopeless()) return;
    switch (node.type) {
      case 'option':
        if (!this.#takeOption(node, at, next)) this.#miss(node, at, next);
        return;
      case 'positional':
      case 'command':
        this.#takeWord(node, at, next);
        if (node.type === 'command') this.#replace(node, at, next);
        this.#miss(node, at, next);
        return;
      case 'sequence':
        this.#sequence(node.items, 0, at, next);
        return;
      case 'optional':
      case 'options':
        this.#optional(node.items, 0, at, next);
        return;
      case 'choice':
        for (const item of node.items) this.#walk(item, at, next);
        return;
      case 'repeat':
        this.#repeat(node.item, at, next);
        return;
      default:
        node satisfies never;
    }
  }

  #takeOption(leaf: Leaf, at: number, next: Next): boolean {
    const key = keyOf(leaf);
    const used = this.#used.get(key) ?? 0;
    const occurrence = this.#argv.occurrences[this.#given.get(key)?.[used] ?? -1];
    if (!occurrence) return false;
    this.#used.set(key, used + 1);
    this.#optionsUsed += 1;
    this.#taken.push({ leaf, token: occurrence.token });
    next(at);
    this.#taken.pop();
    this.#optionsUsed -= 1;
    this.#used.set(key, used);
    return true;
  }

  /** Takes the next word that fits; the words before it are too many. */
  #takeWord(leaf: Leaf, at: number, next: Next): void {
    const { words, separator, wordTokens } = this.#argv;
    for (let word = at; word < words.length && !this.#isHopeless(); word += 1) {
      const fits = leaf.type === 'command' ? words[word] === leaf.name : word !== separator;
      if (fits) {
        this.#taken.push({ leaf, token: wordTokens[word] ?? -1 });
        next(word + 1);
        this.#taken.pop();
      }
      this.#extraWords.push(word);
    }
    while ((this.#extraWords.at(-1) ?? -1) >= at) this.#extraWords.pop();
  }

  /** A word that stands where a command should is the likeliest to be too many. */
  #replace(leaf: Leaf, at: number, next: Next): void {
    if (at >= this.#argv.words.length) return;
    this.#extraWords.push(at);
    this.#miss(leaf, at + 1, next);
    this.#extraWords.pop();
  }

  #miss(leaf: Leaf, at: number, next: Next): void {
    const before = this.#missingCost;
    this.#missingCost += leaf.type === 'command' ? MISSING_COMMAND : MISSING;
    this.#missing.push(leaf);
    if (!this.#isHopeless()) next(at);
    this.#missing.pop();
    this.#missingCost = before;
  }

  #sequence(items: readonly Node[], index: number, at: number, next: Next): void {
    const item = items[index];
    if (item === undefined) next(at);
    else this.#walk(item, at, (after) => this.#sequence(items, index + 1, after, next));
  }

  #optional(items: readonly Node[], index: number, at: number, next: Next): void {
    const item = items[index];
    if (item === undefined) return next(at);
    const rest: Next = (after) => this.#optional(items, index + 1, after, next);
    if (item.type === 'option') {
      if (!this.#takeOption(item, at, rest)) rest(at);
      return;
    }
    if (item.type === 'positional' || item.type === 'command') this.#takeWord(item, at, rest);
    else this.#walk(item, at, rest);
    if (!this.#isHopeless()) rest(at);
  }

  #repeat(item: Node, at: number, next: Next): void {
    const only = onlyLeaf(item);
    if (only) this.#repeatLeaf(only.leaf, only.least, at, next);
    else this.#rounds(item, at, next);
  }

  /** As often as it can be, then less often; a loop, as recursion would overflow. */
  #repeatLeaf(leaf: Leaf, least: 0 | 1, at: number, next: Next): void {
    const key = keyOf(leaf);
    const used = this.#used.get(key) ?? 0;
    const depth = this.#taken.length;
    const tokens = this.#tokensFor(leaf, at);
    for (const token of tokens) this.#taken.push({ leaf, token });
    const isOption = leaf.type === 'option';
    const optionsUsed = this.#optionsUsed;
    for (let times = tokens.length; times >= Math.max(least, 1); times -= 1) {
      this.#taken.length = depth + times;
      if (isOption) {
        this.#used.set(key, used + times);
        this.#optionsUsed = optionsUsed + times;
      }
      next(isOption ? at : at + times);
      if (this.#isHopeless()) break;
    }
    this.#taken.length = depth;
    this.#used.set(key, used);
    this.#optionsUsed = optionsUsed;
    if (least === 0) next(at);
    else this.#miss(leaf, at, next);
  }

  /** The tokens a repeated leaf can take from here on. */
  #tokensFor(leaf: Leaf, at: number): number[] {
    const { occurrences, words, wordTokens, separator } = this.#argv;
    if (leaf.type === 'option') {
      const given = this.#given.get(keyOf(leaf))?.slice(this.#used.get(keyOf(leaf)) ?? 0) ?? [];
      return given.map((index) => occurrences[index]?.token ?? -1);
    }
    const stop = words.findIndex(
      (word, index) =>
        index >= at && (leaf.type === 'command' ? word !== leaf.name : index === separator),
    );
    return wordTokens.slice(at, stop < 0 ? words.length : stop);
  }

  #rounds(item: Node, at: number, next: Next): void {
    const before = this.#taken.length;
    this.#walk(item, at, (after) => {
      if (this.#taken.length > before && !this.#isHopeless()) {
        this.#optionalRound(item, after, next);
      }
      next(after);
    });
  }

  /** One more round, if it takes something. */
  #optionalRound(item: Node, at: number, next: Next): void {
    const { words, occurrences } = this.#argv;
    if (at < words.length || this.#optionsUsed < occurrences.length) this.#rounds(item, at, next);
  }
}

import type { Diagnosis } from './argv-error.ts';
import type { Argv } from './argv.ts';
import type { Compiled } from './compile.ts';
import type { Repair, Taken } from './repair.ts';
import { nearest } from './suggest.ts';
import { children, keyOf, leaves, type Choice, type Leaf, type Node } from './usage.ts';
import { leafText, list, nodeText, optionText } from './wording.ts';

/** What is wrong, read off the cheapest repair: too much comes before too little. */
export function diagnoseRepair(compiled: Compiled, argv: Argv, repair: Repair): Diagnosis {
  const found = new Findings(compiled, argv, repair);
  const diagnosis =
    found.repeated() ??
    found.conflict() ??
    found.unexpectedOption() ??
    found.unexpectedWords() ??
    found.incomplete(repair.missing) ??
    found.missing();
  return { line: repair.line, ...diagnosis };
}

class Findings {
  readonly #compiled: Compiled;
  readonly #argv: Argv;
  readonly #repair: Repair;
  /** The keys of the options that are too many, each once. */
  readonly #extras: readonly string[];

  constructor(compiled: Compiled, argv: Argv, repair: Repair) {
    this.#compiled = compiled;
    this.#argv = argv;
    this.#repair = repair;
    this.#extras = [...new Set(repair.extraOptions.map((index) => this.#keyAt(index)))];
  }

  /** An option given more often than the line takes it. */
  repeated(): Diagnosis | undefined {
    const key = this.#extras.find((extra) => this.#takenOf(extra).length > 0);
    if (key === undefined) return undefined;
    const times = this.#takenOf(key).length;
    const often = times === 1 ? 'once' : `${times} times`;
    return {
      kind: 'repeated',
      sentence: `${key} may be given only ${often}`,
      culprits: this.#tokensOf(key),
    };
  }

  /** Options of different alternatives. */
  conflict(): Diagnosis | undefined {
    for (const key of this.#extras) {
      const choice = this.#choiceAround(key);
      if (!choice) continue;
      const [alternative, rivals] = choice;
      const extras = this.#extras.filter((extra) => containsKey(alternative.own, extra));
      const keys = [...new Set(rivals.map(({ leaf }) => keyOf(leaf)))];
      const texts = alternative.choice.items.map((item) => nodeText(this.#compiled.usage, item));
      return {
        kind: 'conflict',
        sentence: `${list(extras)} cannot be combined with ${list(keys)}`,
        culprits: [...extras.flatMap((extra) => this.#tokensOf(extra)), ...rivals.map(tokenOf)],
        marks: leaves(alternative.choice),
        alternatives: texts,
        hints: [
          texts.map((text, i) => `${i ? 'or         ' : 'give either'} ${text}`).join('\n  '),
        ],
      };
    }
    return undefined;
  }

  /** An option that the line cannot take: its companions are missing, or it belongs elsewhere. */
  unexpectedOption(): Diagnosis | undefined {
    const [key] = this.#extras;
    if (key === undefined) return undefined;
    const culprits = this.#tokensOf(key);
    const leaf = leaves(this.#repair.line.tree).find((candidate) => keyOf(candidate) === key);
    const needs = leaf && this.#needs(leaf);
    if (needs && needs.length > 0) {
      return {
        kind: 'incomplete',
        sentence: `${key} also needs ${list(needs.map(leafText))}`,
        culprits,
        marks: needs,
        missing: needs.map(leafText),
      };
    }
    if (!this.#compiled.keyNames.has(key)) {
      const sentence = `${key} is described, but no usage line takes it`;
      return { kind: 'unknown-option', sentence, culprits };
    }
    const taken = this.#repair.taken.map(({ leaf: other }) => other);
    const commands = taken.filter(({ type }) => type === 'command').map(keyOf);
    const others = commands.length > 0 ? commands.join(' ') : list(taken.map(keyOf));
    const missing = this.#repair.missing.map(leafText);
    const sentence = others ? `${key} does not go with ${others}` : `unexpected option ${key}`;
    return { kind: 'conflict', sentence, culprits, marks: this.#repair.missing, missing };
  }

  unexpectedWords(): Diagnosis | undefined {
    const { extraWords, missing } = this.#repair;
    if (extraWords.length === 0) return undefined;
    const words = extraWords.map((index) => this.#argv.words[index] ?? '');
    const quoted = words.map((word) => `'${word}'`);
    const alternatives = this.#meant(words[0] ?? '');
    const hint = alternatives.map((text) => `did you mean ${text}?`);
    return {
      kind: 'unexpected-argument',
      sentence: `unexpected argument${words.length > 1 ? 's' : ''} ${list(quoted)}`,
      culprits: extraWords.map((index) => this.#argv.wordTokens[index] ?? -1),
      marks: missing,
      missing: missing.map(leafText),
      alternatives,
      hints: words[0] === '--' ? ['-- stands only once, before all arguments'] : hint,
    };
  }

  /** Something that is needed only because of what else was given. */
  incomplete(missing: readonly Leaf[]): Diagnosis | undefined {
    const [leaf] = missing;
    const path = leaf && pathTo(this.#repair.line.tree, leaf);
    const at = path?.findIndex(isCondition) ?? -1;
    const group = path?.slice(at + 1).find((node) => this.#takenIn(node).length > 0);
    if (!path || at < 0 || !group) return undefined;
    const given = this.#takenIn(group);
    const needed = missing.filter((other) => contains(group, other));
    const choice = path.slice(at).find((node) => node.type === 'choice');
    const instead = choice?.items
      .filter((item) => !contains(item, needed[0]))
      .map((item) => nodeText(this.#compiled.usage, item));
    const keys = [...new Set(given.map(({ leaf: other }) => keyOf(other)))];
    return {
      kind: 'incomplete',
      sentence: `${list(keys)} also need${keys.length > 1 ? '' : 's'} ${list(needed.map(leafText))}`,
      culprits: given.map(tokenOf),
      marks: needed,
      missing: needed.map(leafText),
      ...(instead && { alternatives: instead, hints: [`or give ${list(instead, 'or')} instead`] }),
    };
  }

  missing(): Diagnosis {
    const { missing, line } = this.#repair;
    if (missing.length === 0) {
      return { kind: 'missing', sentence: 'no usage line takes these arguments', culprits: [] };
    }
    const [leaf] = missing;
    const choice = leaf && pathTo(line.tree, leaf).find((node) => node.type === 'choice');
    const texts = choice
      ? choice.items.map((item) => nodeText(this.#compiled.usage, item))
      : missing.map(leafText);
    return {
      kind: 'missing',
      sentence: `missing ${list(texts, choice ? 'or' : 'and')}`,
      culprits: [],
      marks: choice ? leaves(choice) : missing,
      missing: missing.map(leafText),
      ...(choice && { alternatives: texts }),
    };
  }

  #keyAt(occurrence: number): string {
    const slot = this.#argv.occurrences[occurrence]?.slot ?? -1;
    return this.#compiled.usage.options[slot]?.key ?? '';
  }

  #tokensOf(key: string): number[] {
    return this.#argv.occurrences
      .filter((_, index) => this.#keyAt(index) === key)
      .flatMap(({ token, lastToken }) => (token === lastToken ? [token] : [token, lastToken]));
  }

  #takenOf(key: string): Taken[] {
    return this.#repair.taken.filter(({ leaf }) => keyOf(leaf) === key);
  }

  #takenIn(node: Node): Taken[] {
    const inside = new Set(leaves(node));
    return this.#repair.taken.filter(({ leaf }) => inside.has(leaf));
  }

  /** The innermost choice that has the key in one alternative and given tokens in another. */
  #choiceAround(key: string): [{ choice: Choice; own: Node }, Taken[]] | undefined {
    const { tree } = this.#repair.line;
    for (const leaf of leaves(tree).filter((candidate) => keyOf(candidate) === key)) {
      for (const choice of pathTo(tree, leaf).toReversed()) {
        if (choice.type !== 'choice') continue;
        const own = choice.items.find((item) => contains(item, leaf));
        const rivals = choice.items.flatMap((item) => (item === own ? [] : this.#takenIn(item)));
        if (own && rivals.length > 0) return [{ choice, own }, rivals];
      }
    }
    return undefined;
  }

  /** What stands beside a leaf in its group and was not given. */
  #needs(leaf: Leaf): Leaf[] {
    const path = pathTo(this.#repair.line.tree, leaf);
    const from = path.findIndex(isCondition);
    const group = path.slice(from + 1).find((node) => node.type === 'sequence');
    if (from < 0 || !group) return [];
    const given = new Set(this.#argv.occurrences.map((_, index) => this.#keyAt(index)));
    return demanded(group).filter((other) => other !== leaf && !given.has(keyOf(other)));
  }

  /** What a word may have been meant to be: an option without its dashes, or a command. */
  #meant(word: string): string[] {
    const [name = '', ...value] = word.split('=');
    const option = this.#compiled.usage.options.find(({ long }) => long === `--${name}`);
    if (option) return [value.length > 0 ? `--${word}` : optionText(option)];
    const commands = this.#compiled.keys.filter(({ kind }) => kind === 'command');
    const near = nearest(
      word,
      commands.map(({ key }) => key),
    );
    return near === undefined ? [] : [near];
  }
}

function tokenOf({ token }: Taken): number {
  return token;
}

function contains(node: Node, leaf: Leaf | undefined): boolean {
  return leaf !== undefined && leaves(node).includes(leaf);
}

function containsKey(node: Node, key: string): boolean {
  return leaves(node).some((leaf) => keyOf(leaf) === key);
}

/** The nodes from the tree down to the leaf, the leaf left out. */
function pathTo(node: Node, leaf: Leaf): Node[] {
  const child = children(node).find((item) => item === leaf || contains(item, leaf));
  return child === undefined ? [] : [node, ...pathTo(child, leaf)];
}

/** Whether what is inside is needed only under a condition. */
function isCondition(node: Node): boolean {
  return node.type === 'optional' || node.type === 'choice';
}

/** The leaves a node cannot do without. */
function demanded(node: Node): Leaf[] {
  switch (node.type) {
    case 'option':
    case 'positional':
    case 'command':
      return [node];
    case 'optional':
    case 'options':
    case 'choice':
      return [];
    case 'sequence':
      return node.items.flatMap(demanded);
    case 'repeat':
      return demanded(node.item);
    default:
      return node satisfies never;
  }
}

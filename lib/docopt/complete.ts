import { readArgv, type Argv } from './argv.ts';
import { compile, withoutSeparator } from './compile.ts';
import { countLeaves } from './keys.ts';
import {
  argName,
  isLeaf,
  keyOf,
  leaves,
  type Leaf,
  type Node,
  type Usage,
  type UsageLine,
  type UsageOption,
} from './usage.ts';

/** What may stand where a command line is being typed. */
export type Expected =
  | { readonly type: 'option'; readonly option: UsageOption }
  | { readonly type: 'command'; readonly name: string }
  | ExpectedValue;

/** The value of an option or of a positional. */
export interface ExpectedValue {
  readonly type: 'value';
  /** As in `args`: `start-date`, `file`. */
  readonly name: string;
  /** As the usage writes it, without brackets: `date`, `file`. */
  readonly argument: string;
  readonly choices?: readonly string[];
  /** What stands before the value in the same word, such as `--site=`; empty where nothing does. */
  readonly prefix: string;
}

/**
 * What fits a usage next: `argv` is what stands before the word that is being typed, `current` what
 * is there of the word itself. An argument that is still missing never matters; one that excludes
 * another, or may stand only once, does. Of argv that cannot be read nothing fits.
 */
export function expectedAt(usage: Usage, argv: readonly string[], current: string): Expected[] {
  const compiled = compile(usage);
  const tokens = withoutSeparator(compiled, argv);
  const read = readArgv(usage, compiled.names, tokens);
  if (read.problem) {
    const { problem } = read;
    const isLast = problem.token === tokens.length - 1;
    return isLast && problem.kind === 'missing-value' ? [valueOf(problem.option, '')] : [];
  }
  const isWord = read.separator >= 0 || !current.startsWith('-');
  const equals = current.indexOf('=');
  if (!isWord && equals > 0) {
    const prefix = current.slice(0, equals + 1);
    const option = usage.options[compiled.names.get(current.slice(0, equals)) ?? -1];
    const takes = option?.argument !== undefined && fits(usage, read, optionLeaf(usage, option));
    return takes ? [valueOf(option, prefix)] : [];
  }
  const next = nextLeaves(usage, read);
  const words = next.filter((leaf) => leaf.type !== 'option');
  const options = next.filter((leaf) => leaf.type === 'option');
  if (isWord && (current !== '' || read.separator >= 0)) return words.map(expectedOf);
  return (current === '' ? [...words, ...options] : options).map(expectedOf);
}

/** Every leaf, each key once, that could be added to argv. */
function nextLeaves(usage: Usage, read: Argv): Leaf[] {
  const all = usage.lines.flatMap(({ tree }) => leaves(tree));
  const byKey = new Map(all.map((leaf) => [`${leaf.type} ${keyOf(leaf)}`, leaf]));
  return [...byKey.values()].filter((leaf) => fits(usage, read, leaf));
}

function expectedOf(leaf: Leaf): Expected {
  if (leaf.type === 'option') return { type: 'option', option: leaf.option };
  if (leaf.type === 'command') return { type: 'command', name: leaf.name };
  const { name, choices } = leaf;
  return {
    type: 'value',
    name: argName(name),
    argument: argName(name),
    ...(choices && { choices }),
    prefix: '',
  };
}

function valueOf({ key, argument = '', choices }: UsageOption, prefix: string): ExpectedValue {
  return {
    type: 'value',
    name: argName(key),
    argument: argName(argument),
    ...(choices && { choices }),
    prefix,
  };
}

function optionLeaf(usage: Usage, option: UsageOption): Leaf {
  const { start, end } = usage.section;
  return { type: 'option', option, start, end };
}

/** Whether some usage line takes all that is there and one leaf more, whatever else is missing. */
function fits(usage: Usage, read: Argv, more: Leaf): boolean {
  return usage.lines.some((line) => new Beginning(usage, line, read, more).fits());
}

type Next = (at: number) => boolean;

/** After so many steps a leaf is offered rather than looked into any further. */
const MOST_STEPS = 4000;

/** Matches argv as the beginning of a usage line. */
class Beginning {
  readonly #line: UsageLine;
  readonly #read: Argv;
  readonly #more: Leaf;
  /** For each option's key how often it is given and not yet accounted for. */
  readonly #open = new Map<string, number>();
  readonly #words: number;
  #openTotal: number;
  readonly #counts: ReturnType<typeof countLeaves>;
  #steps = 0;

  constructor(usage: Usage, line: UsageLine, read: Argv, more: Leaf) {
    this.#line = line;
    this.#read = read;
    this.#more = more;
    const keys = read.occurrences.map(({ slot }) => usage.options[slot]?.key ?? '');
    if (more.type === 'option') keys.push(more.option.key);
    for (const key of keys) this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    this.#openTotal = keys.length;
    this.#counts = countLeaves(line.tree);
    this.#words = read.words.length + (more.type === 'option' ? 0 : 1);
  }

  fits(): boolean {
    return this.#walk(this.#line.tree, 0, (at) => at === this.#words && this.#openTotal === 0);
  }

  #walk(node: Node, at: number, next: Next): boolean {
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) return true;
    switch (node.type) {
      case 'option':
        return this.#takeOption(node.option.key, at, next);
      case 'positional':
      case 'command':
        return at === this.#words ? next(at) : this.#takes(node, at) && next(at + 1);
      case 'sequence':
        return this.#sequence(node.items, 0, at, next);
      case 'optional':
      case 'options':
        return this.#optional(node.items, 0, at, next);
      case 'choice':
        return node.items.some((item) => this.#walk(item, at, next));
      case 'repeat':
        return this.#rounds(node.item, at, next);
      default:
        return node satisfies never;
    }
  }

  /** Takes the option where it is given, unless another leaf has to; else it is still missing. */
  #takeOption(key: string, at: number, next: Next): boolean {
    const open = this.#open.get(key) ?? 0;
    if (open === 0) return next(at);
    this.#open.set(key, open - 1);
    this.#openTotal -= 1;
    if (next(at)) return true;
    this.#open.set(key, open);
    this.#openTotal += 1;
    return this.#counts.get(key)?.count !== 1 && next(at);
  }

  #takes(leaf: Leaf, at: number): boolean {
    const { words, separator } = this.#read;
    if (at === words.length)
      return leaf.type === this.#more.type && keyOf(leaf) === keyOf(this.#more);
    return leaf.type === 'command' ? words[at] === leaf.name : at !== separator;
  }

  #sequence(items: readonly Node[], index: number, at: number, next: Next): boolean {
    const item = items[index];
    if (item === undefined) return next(at);
    return this.#walk(item, at, (after) => this.#sequence(items, index + 1, after, next));
  }

  #optional(items: readonly Node[], index: number, at: number, next: Next): boolean {
    const item = items[index];
    if (item === undefined) return next(at);
    const rest: Next = (after) => this.#optional(items, index + 1, after, next);
    // Of a leaf, to be missing is to be left out.
    const isMissing = item.type === 'option' || (isLeaf(item) && at === this.#words);
    return this.#walk(item, at, rest) || (!isMissing && rest(at));
  }

  #rounds(item: Node, at: number, next: Next): boolean {
    const before = at - this.#openTotal;
    return this.#walk(item, at, (after) => {
      const hasTaken = after - this.#openTotal > before;
      return (hasTaken && this.#rounds(item, after, next)) || next(after);
    });
  }
}

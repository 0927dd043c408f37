/** A usage text that was read: one tree per usage line, and every option it knows. */
export interface Usage {
  /** The task's name, or `pipe` for Pipe's own command line. */
  readonly name: string;
  /** The text as written, line ends normalised; every offset points into it. */
  readonly text: string;
  /** Whether the text has a `Usage:` heading, or is only what stands after `<name> -- `. */
  readonly whole: boolean;
  /** Where the usage lines stand, their heading included. */
  readonly section: Span;
  readonly lines: readonly UsageLine[];
  /** The options described in Options sections, then the others in the order of the usage lines. */
  readonly options: readonly UsageOption[];
  /** What `args` may hold, by name, in the order of the usage lines. */
  readonly keys: ReadonlyMap<string, Key>;
}

/** One entry of `args`, and of docopt's record. */
export interface Key {
  /** As in docopt's record: dashes and brackets kept. */
  readonly key: string;
  /** As in `args`. */
  readonly name: string;
  readonly kind: 'flag' | 'value' | 'positional' | 'command';
  /** Whether it can match more than once anywhere: flags and commands count, values are lists. */
  readonly plural: boolean;
  readonly option?: UsageOption;
  readonly choices?: readonly string[];
}

/** A half-open range of offsets into the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface UsageLine extends Span {
  readonly tree: Sequence;
}

export interface UsageOption extends Span {
  /** The long name if there is one, else the short one, with dashes. */
  readonly key: string;
  readonly short?: string;
  readonly long?: string;
  /** The name of its argument as written, such as `<days>`; absent for a flag. */
  readonly argument?: string;
  /** Whether the argument may be left away: `--a[=<x>]`. */
  readonly optionalArgument: boolean;
  /** The allowed values of an argument written `<csv|json>`. */
  readonly choices?: readonly string[];
  readonly default?: string;
  readonly description: string;
  /** Whether an Options section describes it. */
  readonly described: boolean;
}

export type Node = Leaf | Group;
export type Leaf = OptionLeaf | PositionalLeaf | CommandLeaf;
export type Group = Sequence | Optional | Choice | Repeat | Shortcut;

export interface OptionLeaf extends Span {
  readonly type: 'option';
  readonly option: UsageOption;
}

export interface PositionalLeaf extends Span {
  readonly type: 'positional';
  /** As written, with brackets. */
  readonly name: string;
  readonly choices?: readonly string[];
}

export interface CommandLeaf extends Span {
  readonly type: 'command';
  readonly name: string;
}

/** Elements one after the other; the options among them may stand anywhere. */
export interface Sequence extends Span {
  readonly type: 'sequence';
  readonly items: readonly Node[];
}

/** `[a b]`: each element is optional by itself. */
export interface Optional extends Span {
  readonly type: 'optional';
  readonly items: readonly Node[];
}

/** `a | b`: exactly one, tried in order. */
export interface Choice extends Span {
  readonly type: 'choice';
  readonly items: readonly Node[];
}

/** `a...`: once or more. */
export interface Repeat extends Span {
  readonly type: 'repeat';
  readonly item: Node;
  /** Whether the repeated element is a stack of short options, as in `-xy...`. */
  readonly stack: boolean;
}

/** `[options]`: every described option that no usage line names, each optional. */
export interface Shortcut extends Span {
  readonly type: 'options';
  readonly items: readonly OptionLeaf[];
}

/** The elements directly inside a node; none for a leaf. */
export function children(node: Node): readonly Node[] {
  switch (node.type) {
    case 'option':
    case 'positional':
    case 'command':
      return [];
    case 'repeat':
      return [node.item];
    case 'sequence':
    case 'optional':
    case 'choice':
    case 'options':
      return node.items;
    default:
      return node satisfies never;
  }
}

/** Whether a node has nothing inside. */
export function isLeaf(node: Node): node is Leaf {
  return node.type === 'option' || node.type === 'positional' || node.type === 'command';
}

/** Every leaf below a node, in the order written. */
export function leaves(node: Node): Leaf[] {
  return isLeaf(node) ? [node] : children(node).flatMap(leaves);
}

/** A leaf's key in docopt's record: dashes and brackets kept. */
export function keyOf(leaf: Leaf): string {
  return leaf.type === 'option' ? leaf.option.key : leaf.name;
}

/** A leaf's key in `args`: dashes and brackets stripped; `-` and `--` stay. */
export function argName(key: string): string {
  return key.replace(/^--?(?=[^-])|^<|>$/g, '');
}

import type { Branch, Description, Element, Layout, Specification } from 'neodoc';
import { lexUsage } from './lex.ts';
import { isLeaf, type Node, type Usage, type UsageLine, type UsageOption } from './usage.ts';

/**
 * Reads a usage with neodoc as well and returns where the two differ, in words; nothing when they
 * agree. What neodoc is known not to read is written differently for it: names of programs and
 * commands, `--`, characters of option names, defaults.
 */
export async function compareWithNeodoc(usage: Usage): Promise<string[]> {
  const { parse } = await import('neodoc');
  const rewriting = new Rewriting(usage);
  let specification: Specification;
  try {
    specification = parse(rewriting.text);
  } catch (error) {
    return [`neodoc cannot read it: ${reasonOf(error)}`];
  }
  return [
    ...compareLines(usage, specification, rewriting),
    ...compareOptions(usage, specification, rewriting),
  ];
}

/** What neodoc throws has a message but is not always an Error. */
function reasonOf(error: unknown): string {
  const hasMessage = typeof error === 'object' && error !== null && 'message' in error;
  return hasMessage ? String(error.message).trim() : 'it gives no reason';
}

/** The usage as neodoc can read it, and the way back. */
class Rewriting {
  readonly text: string;
  readonly #commands: string[] = [];
  readonly #defaults: string[] = [];

  constructor(usage: Usage) {
    const lines = usage.lines.map((line) => `  p ${this.#line(usage, line)}`);
    const described = usage.options.filter((option) => option.described);
    const options = described.map((option) => this.#option(usage, option));
    this.text = [
      `Usage:\n${lines.join('\n')}\n`,
      ...(options.length > 0 ? [`Options:\n${options.join('\n')}\n`] : []),
    ].join('\n');
  }

  command(placeholder: string): string {
    return this.#commands[Number(placeholder.slice('command'.length))] ?? placeholder;
  }

  defaultValue(placeholder: unknown): string | undefined {
    if (placeholder === undefined || placeholder === null) return undefined;
    const text = typeof placeholder === 'string' ? placeholder : JSON.stringify(placeholder);
    return this.#defaults[Number(text.slice(1))] ?? text;
  }

  /** The pattern on one line, word by word, so that what is glued stays glued. */
  #line(usage: Usage, line: UsageLine): string {
    const { items } = line.tree;
    const [first, last] = [items[0], items.at(-1)];
    if (!first || !last) return '';
    let text = '';
    let at = first.start;
    for (const token of lexUsage(usage, { start: first.start, end: last.end })) {
      text += (token.start > at ? ' ' : '') + this.#word(token.text);
      at = token.end;
    }
    return text;
  }

  #word(word: string): string {
    if (/^(?:[[\]()|]|\.\.\.|options|=.*)$/s.test(word) || word.startsWith('<')) return word;
    if (/^--?[^-]/.test(word)) return encodeName(word);
    const isPositional = word === word.toUpperCase() && word !== word.toLowerCase();
    if (isPositional) return word;
    const known = this.#commands.indexOf(word);
    return `command${known < 0 ? this.#commands.push(word) - 1 : known}`;
  }

  #option(usage: Usage, option: UsageOption): string {
    const head = usage.text
      .slice(option.start, option.end)
      .replace(/(?<![^\s,])--?[^\s,=<[]+/g, encodeName);
    if (option.default === undefined) return `  ${head}`;
    return `  ${head}  Described [default: "d${this.#defaults.push(option.default) - 1}"]`;
  }
}

/** neodoc takes ASCII letters, digits and dashes for the name of a long option. */
function encodeName(word: string): string {
  if (!word.startsWith('--')) return word;
  const [name = ''] = /^[^=<]*/.exec(word) ?? [];
  const encoded = name.replace(/[^\w-]|_/gu, (char) => `zu${char.codePointAt(0)?.toString(16)}z`);
  return encoded + word.slice(name.length);
}

function decodeName(name: string): string {
  return name.replace(/zu([\da-f]+)z/g, (_, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
}

function compareLines(usage: Usage, specification: Specification, rewriting: Rewriting): string[] {
  const ours = usage.lines.map(({ tree }) => normal(tree));
  const reader = new NeodocTree(specification, rewriting);
  const theirs = specification.layouts.map((branches) => reader.branches(branches));
  const count = Math.max(ours.length, theirs.length);
  return Array.from({ length: count }, (_, index) => [ours[index], theirs[index]])
    .map(([our, their], index) =>
      our === their
        ? ''
        : `usage line ${index + 1} is ${our ?? 'absent'} here, ${their ?? 'absent'} in neodoc`,
    )
    .filter((difference) => difference !== '');
}

/** A tree as text that two trees of the same meaning share. */
function normal(node: Node): string {
  if (isLeaf(node)) {
    if (node.type !== 'option') return node.name;
    const { key, argument, optionalArgument } = node.option;
    return optionName(key, argument !== undefined, optionalArgument);
  }
  switch (node.type) {
    case 'sequence':
      return sequence(node.items.map(normal));
    case 'optional':
      if (node.items.every(({ type }) => type === 'options')) return 'options';
      return `[${node.items.map(normal).join(' ')}]`;
    case 'choice':
      return choice(node.items.map(normal));
    case 'repeat':
      return `${normal(node.item)}...`;
    case 'options':
      return 'options';
    default:
      return node satisfies never;
  }
}

function optionName(key: string, takesArgument: boolean, isOptional: boolean): string {
  if (!takesArgument) return key;
  return isOptional ? `${key}[=]` : `${key}=`;
}

function sequence(items: readonly string[]): string {
  return items.length === 1 ? (items[0] ?? '') : `(${items.join(' ')})`;
}

function choice(items: readonly string[]): string {
  return items.length === 1 ? (items[0] ?? '') : `(${items.join(' | ')})`;
}

class NeodocTree {
  readonly #specification: Specification;
  readonly #rewriting: Rewriting;

  constructor(specification: Specification, rewriting: Rewriting) {
    this.#specification = specification;
    this.#rewriting = rewriting;
  }

  branches(branches: readonly Branch[]): string {
    return choice(branches.map((branch) => sequence(this.#branch(branch))));
  }

  /** neodoc leaves the argument of `-o <f>` beside its option until it matches. */
  #branch(branch: Branch): string[] {
    const texts: string[] = [];
    for (let index = 0; index < branch.length; index += 1) {
      const [layout, next] = [branch[index], branch[index + 1]];
      if (!layout) break;
      const argument = next?.type === 'Elem' && 'name' in next.elem ? next.elem : undefined;
      const takesNext = layout.type === 'Elem' && this.#needsArgument(layout.elem);
      const repeatable = argument && 'repeatable' in argument && argument.repeatable;
      const parts = this.#layout(layout);
      texts.push(...(takesNext && repeatable === true ? [`${sequence(parts)}...`] : parts));
      if (takesNext && argument) index += 1;
    }
    return texts;
  }

  #needsArgument(element: Element): boolean {
    if (element.type !== 'Option' && element.type !== 'OptionStack') return false;
    const name = element.type === 'Option' ? `--${element.name}` : `-${element.chars.at(-1)}`;
    const described = this.#described(name)?.argument;
    return (
      !element.argument && described !== undefined && described !== null && !described.optional
    );
  }

  /** What stands behind a letter that takes an argument is the argument's name: `-oFILE`. */
  #stack({ chars, argument }: Element & { readonly type: 'OptionStack' }): string[] {
    const at = chars.findIndex((char) => this.#described(`-${char}`)?.argument);
    const letters = at < 0 ? chars : chars.slice(0, at + 1);
    return letters.map((char, index) =>
      this.#option(`-${char}`, index === chars.length - 1 ? argument : undefined),
    );
  }

  #described(name: string): Description | undefined {
    return this.#specification.descriptions.find(({ aliases }) => aliases?.includes(name));
  }

  /** What a layout puts into its branch: several options for a stack. */
  #layout(layout: Layout): string[] {
    if (layout.type === 'Elem') return this.#element(layout.elem);
    const { branches, optional, repeatable } = layout;
    const [only, ...others] = branches;
    const items = only && others.length === 0 ? this.#branch(only) : [this.branches(branches)];
    const text = optional ? `[${items.join(' ')}]` : sequence(items);
    return [repeated(text, repeatable)];
  }

  #element(element: Element): string[] {
    switch (element.type) {
      case 'Command':
        return [repeated(this.#rewriting.command(element.name), element.repeatable)];
      case 'Positional':
        return [repeated(element.name, element.repeatable)];
      case 'Option':
        return [repeated(this.#option(`--${element.name}`, element.argument), element.repeatable)];
      case 'OptionStack': {
        const names = this.#stack(element);
        return element.repeatable ? [`${sequence(names)}...`] : names;
      }
      case 'Reference':
        return [`${element.name}options`];
      case 'EOA':
        return ['--'];
      case 'Stdin':
        return ['-'];
      default:
        return element satisfies never;
    }
  }

  #option(name: string, argument: { readonly optional: boolean } | null | undefined): string {
    const described = this.#described(name);
    const key = described?.aliases?.find((alias) => alias.startsWith('--')) ?? name;
    const taken = argument ?? described?.argument;
    return optionName(decodeName(key), Boolean(taken), taken?.optional ?? false);
  }
}

function repeated(text: string, repeatable: boolean): string {
  return repeatable ? `${text}...` : text;
}

function compareOptions(
  usage: Usage,
  { descriptions }: Specification,
  rewriting: Rewriting,
): string[] {
  const ours = usage.options
    .filter(({ described }) => described)
    .map(({ short, long, argument, optionalArgument, default: value }) =>
      optionSummary([short, long], { argument: argument !== undefined, optionalArgument, value }),
    );
  const theirs = descriptions
    .filter((description) => description.type === 'OPTION')
    .map((description) => summaryOf(description, rewriting));
  return [
    ...ours.filter((text) => !theirs.includes(text)).map((text) => `only here: option ${text}`),
    ...theirs
      .filter((text) => !ours.includes(text))
      .map((text) => `only in neodoc: option ${text}`),
  ];
}

function summaryOf({ aliases, argument, default: value }: Description, rewriting: Rewriting) {
  return optionSummary((aliases ?? []).map(decodeName), {
    argument: Boolean(argument),
    optionalArgument: argument?.optional ?? false,
    value: rewriting.defaultValue(value),
  });
}

function optionSummary(
  names: readonly (string | undefined)[],
  details: { argument: boolean; optionalArgument: boolean; value: string | undefined },
): string {
  const name = names
    .filter((text) => text !== undefined)
    .toSorted()
    .join(', ');
  const text = optionName(name, details.argument, details.optionalArgument);
  return details.value === undefined ? text : `${text} [default: ${details.value}]`;
}

import type { Token } from './lex.ts';
import type { Entry, OptionTable } from './option-table.ts';
import { choicesOf } from './options-section.ts';
import { refuse, type Source } from './refuse.ts';
import type { Node, Sequence, Span } from './usage.ts';

/**
 * Reads the tokens of one usage line by recursive descent: a choice of sequences of atoms.
 * Throws UsageError, with a caret under the token that does not fit.
 */
export function parseLine(
  source: Source,
  tokens: readonly Token[],
  at: Span,
  table: OptionTable,
): Sequence {
  const parser = new Parser(source, tokens, table);
  const item = parser.choice(undefined);
  const extra = parser.peek();
  if (extra) refuse(source, `unexpected '${extra.text}'`, extra);
  return item.type === 'sequence' ? { ...item, ...at } : { type: 'sequence', items: [item], ...at };
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

class Parser {
  readonly #source: Source;
  readonly #tokens: readonly Token[];
  readonly #table: OptionTable;
  #next = 0;

  constructor(source: Source, tokens: readonly Token[], table: OptionTable) {
    this.#source = source;
    this.#tokens = tokens;
    this.#table = table;
  }

  peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  /** `a b | c`: binds loosest. `open` is the bracket around it. */
  choice(open: Token | undefined): Node {
    const first = this.#sequence(open);
    if (this.peek()?.text !== '|') return first;
    const items = [this.#alternative(first, this.peek())];
    for (let bar = this.peek(); bar?.text === '|'; bar = this.peek()) {
      this.#next += 1;
      items.push(this.#alternative(this.#sequence(open), bar));
    }
    return { type: 'choice', items, start: items[0]?.start ?? 0, end: items.at(-1)?.end ?? 0 };
  }

  #alternative(sequence: Sequence, bar: Token | undefined): Node {
    if (sequence.items.length === 0 && bar) this.#refuse(`'|' with nothing beside it`, bar);
    return single(sequence);
  }

  #sequence(open: Token | undefined): Sequence {
    const start = this.peek()?.start ?? open?.end ?? 0;
    const items: Node[] = [];
    for (let token = this.peek(); token; token = this.peek()) {
      if (token.text === '|' || token.text === ')' || token.text === ']') break;
      const atoms = this.#atom(token, open?.text === '[');
      const after = this.peek();
      if (after?.text === '...') {
        this.#next += 1;
        items.push(repeat(atoms, after));
      } else {
        items.push(...atoms);
      }
    }
    return { type: 'sequence', items, start, end: items.at(-1)?.end ?? start };
  }

  /** One element; a stack of short options is several. */
  #atom(token: Token, inBrackets: boolean): Node[] {
    this.#next += 1;
    const { text, start, end } = token;
    if (text === '(' || text === '[') return [this.#group(token)];
    if (text === '...') this.#refuse(`'...' with nothing before it`, token);
    if (text.startsWith('--') && text !== '--') return [this.#long(token)];
    if (text.startsWith('-') && text !== '-' && text !== '--') return this.#stack(token);
    if (text === 'options' && inBrackets) {
      return [{ type: 'options', items: this.#table.rest, start, end }];
    }
    if (!isPositional(text)) return [{ type: 'command', name: text, start, end }];
    const choices = choicesOf(text);
    return [{ type: 'positional', name: text, ...(choices && { choices }), start, end }];
  }

  #group(open: Token): Node {
    const inner = this.choice(open);
    const close = this.peek();
    if (close === undefined || close.text !== closing[open.text]) {
      this.#refuse(`unmatched '${open.text}'`, open);
    }
    this.#next += 1;
    const items = inner.type === 'sequence' ? inner.items : [inner];
    const at = { start: open.start, end: close.end };
    if (items.length === 0) this.#refuse(`nothing between '${open.text}' and '${close.text}'`, at);
    return { type: open.text === '[' ? 'optional' : 'sequence', items, ...at };
  }

  #long(token: Token): Node {
    const equals = token.text.indexOf('=');
    const name = equals < 0 ? token.text : token.text.slice(0, equals);
    const known = this.#table.find(name);
    const option = this.#table.use(name, token);
    const written = equals < 0 ? undefined : token.text.slice(equals + 1);
    const end = this.#bind(option, { name, written, known: known !== undefined, token });
    return { type: 'option', option, start: token.start, end };
  }

  #stack(token: Token): Node[] {
    const nodes: Node[] = [];
    const letters = Array.from(token.text.slice(1));
    for (let letter = letters.shift(); letter !== undefined; letter = letters.shift()) {
      const name = `-${letter}`;
      const known = this.#table.find(name);
      const option = this.#table.use(name, token);
      // `=` and `<` can be no letters of a stack, so they begin an argument's name.
      const glued = letters[0] === '=' || letters[0] === '<' || known?.argument !== undefined;
      const written = glued && letters.length > 0 ? letters.join('').replace(/^=/, '') : undefined;
      const end = this.#bind(option, { name, written, known: known !== undefined, token });
      nodes.push({ type: 'option', option, start: token.start, end });
      if (written !== undefined) break;
    }
    return nodes;
  }

  /** Binds an option to the argument name glued to it or standing next; returns where it ends. */
  #bind(option: Entry, use: OptionUse): number {
    const { name, written, known, token } = use;
    if (written === '') this.#refuse(`${name} needs an argument name here`, token);
    if (written !== undefined) {
      if (known && option.argument === undefined) {
        this.#refuse(`${name} takes no argument elsewhere, or in its Options section`, token);
      }
      this.#table.bind(option, written, false);
      return token.end;
    }
    const optional = this.#optionalArgument(token);
    if (optional) {
      this.#table.bind(option, optional.text.slice(1), true);
      return optional.end + 1;
    }
    if (option.argument === undefined || option.optionalArgument) return token.end;
    const argument = this.peek();
    if (argument === undefined || /^(?:[[\]()|]|\.\.\.|--)$/.test(argument.text)) {
      this.#refuse(`${name} needs an argument name here`, token);
    }
    this.#next += 1;
    this.#table.bind(option, argument.text, false);
    return argument.end;
  }

  /** The `=<x>` of a `[=<x>]` glued to an option. */
  #optionalArgument(token: Token): Token | undefined {
    const [open, argument, close] = this.#tokens.slice(this.#next, this.#next + 3);
    const fits = open?.text === '[' && open.start === token.end && close?.text === ']';
    if (!fits || !argument?.text.startsWith('=') || argument.text === '=') return undefined;
    this.#next += 3;
    return argument;
  }

  #refuse(sentence: string, span: Span): never {
    refuse(this.#source, sentence, span);
  }
}

interface OptionUse {
  readonly name: string;
  /** The argument name glued to the option. */
  readonly written: string | undefined;
  /** Whether the option was described or used before. */
  readonly known: boolean;
  readonly token: Token;
}

function single(sequence: Sequence): Node {
  const [only, ...others] = sequence.items;
  return only && others.length === 0 ? only : sequence;
}

function repeat(atoms: readonly Node[], ellipsis: Token): Node {
  const start = atoms[0]?.start ?? ellipsis.start;
  const stack = atoms.length > 1;
  const items = { type: 'sequence', items: atoms, start, end: ellipsis.start } as const;
  return { type: 'repeat', item: single(items), stack, start, end: ellipsis.end };
}

/** `<x>` or all capitals. */
function isPositional(text: string): boolean {
  if (text.startsWith('<') && text.endsWith('>')) return true;
  return text === text.toUpperCase() && text !== text.toLowerCase();
}

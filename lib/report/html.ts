/** Markup. Only {@link html} and {@link raw} make it, so whatever else is put into it is text. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** What may stand in a template: text is escaped, markup is not, a list is all its members. */
export type Content = string | number | Html | undefined | readonly Content[];

/**
 * Markup with values in it. Every value that is not markup itself is escaped, for text and for
 * attributes in double quotes alike.
 * @example html`<td title="${message}">${count}</td>`
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const pieces = withoutIndents(strings);
  let text = pieces[0] ?? '';
  values.forEach((value, index) => {
    text += textOf(value) + (pieces[index + 1] ?? '');
  });
  return new Html(text);
}

/** Text that is markup as it stands. Never for anything that comes from a ledger. */
export function raw(text: string): Html {
  return new Html(text);
}

/** Indents are for readers of the source; in thousands of rows they would be most of a page. */
function withoutIndents(strings: TemplateStringsArray): readonly string[] {
  let pieces = known.get(strings);
  if (!pieces) known.set(strings, (pieces = strings.map((text) => text.replace(/\n +/g, '\n'))));
  return pieces;
}

const known = new WeakMap<TemplateStringsArray, readonly string[]>();

function textOf(value: Content): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Html) return value.toString();
  return value.map(textOf).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// Control characters have no place in HTML, and those that turn the direction of writing would turn
// what stands around them, too.
// eslint-disable-next-line no-control-regex
const special = /[&<>"'\0-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escape(text: string): string {
  return text.replace(special, (char) => entities[char] ?? picture(char));
}

/** `␛` for ESC, `[U+202E]` for what has no picture. */
function picture(control: string): string {
  const code = control.charCodeAt(0);
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : `[U+${code.toString(16).toUpperCase()}]`;
}

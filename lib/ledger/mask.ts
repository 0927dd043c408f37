import type { RunEvent } from './events.ts';
import { secretPatterns } from './secret-patterns.ts';

/**
 * Hides secrets in what is written for people and kept for long. Known values are learned as a run
 * comes to them; what {@link secretPatterns} describe is hidden wherever it stands.
 */
export class Mask {
  readonly #values = new Set<string>();
  #known: RegExp | undefined;

  constructor(values: Iterable<string> = []) {
    this.learn(values);
  }

  /** Values to hide from now on. */
  learn(values: Iterable<string>): void {
    for (const value of values) {
      // What looks like the mask cannot be hidden behind it.
      if (/^\**$/.test(value) || this.#values.has(value)) continue;
      this.#values.add(value);
      this.#known = undefined;
    }
  }

  /** The text with `***` in place of every secret. */
  text(text: string): string {
    const known = this.#values.size === 0 ? text : this.#withoutKnown(text);
    // What was masked before it was quoted for a shell needs no quotes.
    const rest = known.replaceAll(`'***'`, '***');
    return withoutPatterns(rest);
  }

  /** The event with every text in it masked, but for the words that it is read by. */
  event(event: RunEvent): RunEvent {
    return this.#deep(event);
  }

  #withoutKnown(text: string): string {
    this.#known ??= patternOf(this.#values);
    const masked = text.replace(this.#known, '***');
    // A value that ends in `*` could arise anew from what is left beside the mask.
    return masked === text ? text : this.#withoutKnown(masked);
  }

  /** Itself where nothing in it changes, which is the rule, and has to be quick. */
  #deep<T>(value: T): T;
  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return this.#list(value);
    if (typeof value !== 'object' || value === null) return value;
    let copy: Record<string, unknown> | undefined;
    for (const [name, field] of Object.entries(value)) {
      const masked = structural.has(name) ? field : this.#deep(field);
      if (masked !== field) copy = { ...(copy ?? value), [name]: masked };
    }
    return copy ?? value;
  }

  #list(values: readonly unknown[]): readonly unknown[] {
    const masked = values.map((value) => this.#deep(value));
    return masked.some((value, index) => value !== values[index]) ? masked : values;
  }
}

/** Fields whose words belong to Pipe: a secret that happens to be `done` must not break a reader. */
const structural: ReadonlySet<string> = new Set(['type', 'at', 'run', 'kind', 'status', 'task']);

/** The text without what {@link secretPatterns} describe: the same text in every environment. */
export function withoutPatterns(text: string): string {
  if (!anyPattern.test(text)) return text;
  return secretPatterns.reduce((masked, [pattern, mask]) => masked.replace(pattern, mask), text);
}

const anyPattern = new RegExp(secretPatterns.map(([{ source }]) => source).join('|'), 'i');

/** Shorter values are hidden as whole words only: every other text would be full of them. */
const leastAnywhere = 4;

/** Matches every value in every form in which it may be written; the longest first. */
function patternOf(values: Iterable<string>): RegExp {
  const forms = [...new Set([...values].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const sources = forms.map((form) => {
    const source = form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return form.length < leastAnywhere ? `(?<!\\w)${source}(?!\\w)` : source;
  });
  return new RegExp(sources.join('|'), 'g');
}

/** As it is, quoted for a shell, in JSON, and in a URL. */
function formsOf(value: string): string[] {
  const inQuotes = value.replaceAll("'", `'\\''`);
  const inJson = JSON.stringify(value).slice(1, -1);
  return [value, inQuotes, `'${inQuotes}'`, inJson, ...encoded(value)];
}

function encoded(value: string): string[] {
  try {
    return [encodeURIComponent(value)];
  } catch {
    return []; // half of a surrogate pair, which no URL can hold
  }
}

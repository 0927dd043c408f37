/** SQL text with its values kept apart: `text` has `$1`, `$2`, … where `values` are bound. */
export interface Sql {
  readonly [fragment]: true;
  readonly strings: readonly string[];
  readonly values: readonly SqlValue[];
}

export type SqlValue = string | number | bigint | boolean | null;

const fragment = Symbol('sql');

/**
 * SQL from a template. A value is always bound, a fragment is spliced in, an array becomes a
 * comma-separated list.
 * @example sql`select * from ${parquet(files)} where site = ${site} and day in (${days})`
 */
export function sql(
  strings: TemplateStringsArray,
  ...parts: readonly (SqlValue | Sql | readonly (SqlValue | Sql)[])[]
): Sql {
  // JavaScript has no text for an escape it does not know, such as \1 in a regular expression.
  if (strings.some((text) => text === undefined)) {
    throw new Error(`Write backslashes twice in ${strings.raw.join('${…}')}`);
  }
  const builder = new Builder(strings[0] ?? '');
  parts.forEach((part, index) => {
    const items = Array.isArray(part) ? part : [part];
    items.forEach((item, position) => {
      if (position > 0) builder.text(', ');
      builder.add(item);
    });
    builder.text(strings[index + 1] ?? '');
  });
  return builder.build();
}

/** Trusted text as it is. Never pass anything that came from outside. */
export function raw(text: string): Sql {
  return { [fragment]: true, strings: [text], values: [] };
}

/** A quoted identifier: `a"b` becomes `"a""b"`. */
export function identifier(name: string): Sql {
  return raw(`"${name.replaceAll('"', '""')}"`);
}

/** A quoted text literal, for the places where an engine takes no bound value (file names in `copy`). */
export function literal(text: string): Sql {
  return raw(`'${text.replaceAll("'", "''")}'`);
}

/** A list of quoted text literals: `['a', 'b']`. */
export function literals(texts: readonly string[]): Sql {
  return sql`[${texts.map(literal)}]`;
}

/** Fragments joined by trusted text such as `' union all '`. */
export function join(fragments: readonly Sql[], separator: string): Sql {
  const builder = new Builder('');
  fragments.forEach((part, index) => {
    if (index > 0) builder.text(separator);
    builder.add(part);
  });
  return builder.build();
}

/** The statement's text with numbered placeholders, as engines take it. */
export function textOf(statement: Sql): string {
  return statement.strings.reduce((text, part, index) => `${text}$${index}${part}`);
}

function isSql(part: SqlValue | Sql): part is Sql {
  return typeof part === 'object' && part !== null && fragment in part;
}

class Builder {
  readonly #strings: string[];
  readonly #values: SqlValue[] = [];

  constructor(text: string) {
    this.#strings = [text];
  }

  text(text: string): void {
    this.#strings[this.#strings.length - 1] += text;
  }

  add(part: SqlValue | Sql): void {
    if (!isSql(part)) {
      this.#values.push(part);
      this.#strings.push('');
      return;
    }
    this.text(part.strings[0] ?? '');
    part.values.forEach((value, index) => {
      this.#values.push(value);
      this.#strings.push(part.strings[index + 1] ?? '');
    });
  }

  build(): Sql {
    return { [fragment]: true, strings: this.#strings, values: this.#values };
  }
}

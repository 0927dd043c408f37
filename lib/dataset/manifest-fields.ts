/** A value with its path in the document, for messages. */
export interface Field {
  readonly path: string;
  readonly value: unknown;
}

/** Gives the fields of an object by name. */
export function object(field: Field): (name: string) => Field {
  const { path, value } = field;
  if (!isObject(value)) throw wrong(field, 'an object');
  return (name) => ({
    path: `${path}.${name}`,
    value: Object.hasOwn(value, name) ? value[name] : undefined,
  });
}

/** An object whose values are texts. */
export function texts(value: Field): Record<string, string> {
  if (!isObject(value.value)) throw wrong(value, 'an object');
  const at = object(value);
  return Object.fromEntries(Object.keys(value.value).map((name) => [name, text(at(name))]));
}

/** A list of items that `item` reads. */
export function list<T>(field: Field, item: (value: Field) => T): T[] {
  if (!Array.isArray(field.value)) throw wrong(field, 'a list');
  return field.value.map((value: unknown, index) =>
    item({ path: `${field.path}[${index}]`, value }),
  );
}

/** A text. */
export function text(field: Field): string {
  if (typeof field.value !== 'string') throw wrong(field, 'a text');
  return field.value;
}

/** A whole number, 0 or more. */
export function count(field: Field): number {
  const { value } = field;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(field, 'a count');
}

/** A count that may be absent. */
export function optional<Name extends string>(
  name: Name,
  field: Field,
): { readonly [N in Name]?: number } {
  const present: { [N in Name]?: number } = {};
  if (field.value !== undefined) present[name] = count(field);
  return present;
}

/** Whether a value is an object and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error of a field that is not as expected. */
export function wrong(field: Field, expected: string): Error {
  return new Error(
    `${field.path} is ${JSON.stringify(field.value) ?? 'missing'}, expected ${expected}`,
  );
}

/** The document itself, or a part of it. */
export function field(path: string, value: unknown): Field {
  return { path, value };
}

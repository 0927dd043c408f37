import { UsageError } from '../errors.ts';
import type { ArgValue } from './args.ts';
import type { Compiled } from './compile.ts';
import { splitDefault } from './match.ts';
import { nearest } from './suggest.ts';
import type { Key } from './usage.ts';

/** What there is to write for one key: its values, or `true` for each time a flag is set. */
export interface Supply {
  readonly key: Key;
  readonly values: readonly (string | true)[];
  /** Whether leaving it away says the same, since these values are the default. */
  readonly isDefault: boolean;
}

/**
 * Args in the order of the compiled keys, defaults filled in. Throws UsageError for a key the usage does not have and
 * for a value that is not of the key's kind.
 */
export function supplyOf(
  compiled: Compiled,
  args: Readonly<Record<string, ArgValue | undefined>>,
): Supply[] {
  const { name: task, keys: known } = compiled.usage;
  for (const name of Object.keys(args)) {
    if (known.has(name) || args[name] === undefined) continue;
    const near = nearest(name, known.keys());
    const hint = near ? `; did you mean '${near}'?` : `; it takes ${listNames(compiled)}`;
    throw new UsageError(`${task}: there is no argument '${name}'${hint}`);
  }
  return compiled.keys.map((key) => ({ key, ...valuesOf(task, key, args[key.name]) }));
}

function listNames({ keys }: Compiled): string {
  return keys.length === 0 ? 'no arguments' : keys.map(({ name }) => `'${name}'`).join(', ');
}

function valuesOf(
  task: string,
  key: Key,
  given: ArgValue | undefined,
): Pick<Supply, 'values' | 'isDefault'> {
  const fallback = key.kind === 'value' ? key.option?.default : undefined;
  const defaults = fallback === undefined ? [] : key.plural ? splitDefault(fallback) : [fallback];
  if (given === undefined) return { values: defaults, isDefault: true };
  const values = readValue(key, given);
  if (values === undefined) {
    throw new UsageError(
      `${task}: '${key.name}' must be ${expectation(key)}, not ${describe(given)}`,
    );
  }
  const isDefault =
    values.length === defaults.length && values.every((value, index) => value === defaults[index]);
  return { values, isDefault };
}

/** The values of a key, or undefined when they are of another kind. */
function readValue(key: Key, given: ArgValue): readonly (string | true)[] | undefined {
  if (key.kind === 'flag' || key.kind === 'command') {
    if (typeof given === 'boolean' && !key.plural) return given ? [true] : [];
    const isCount = typeof given === 'number' && Number.isSafeInteger(given) && given >= 0;
    return key.plural && isCount ? Array.from({ length: given }, () => true as const) : undefined;
  }
  if (key.plural) return isTexts(given) ? given : undefined;
  if (typeof given === 'string') return [given];
  return given === true && key.option?.optionalArgument ? [true] : undefined;
}

function isTexts(given: ArgValue): given is readonly string[] {
  return Array.isArray(given) && given.every((text) => typeof text === 'string');
}

function expectation({ kind, plural }: Key): string {
  if (kind === 'flag' || kind === 'command') return plural ? 'a count' : 'true or false';
  return plural ? 'a list of texts' : 'text';
}

function describe(given: ArgValue): string {
  if (typeof given === 'string') return `the text '${given}'`;
  if (Array.isArray(given)) return 'a list';
  return `the ${typeof given} ${String(given)}`;
}

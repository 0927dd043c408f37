import { readArgv, type ArgvOptions } from './argv.ts';
import { compile, withoutSeparator } from './compile.ts';
import { explain } from './explain.ts';
import type { Usage } from './usage.ts';

/** docopt's record: keys as declared, dashes and brackets kept; what is absent is null. */
export type Match = Readonly<Record<string, MatchValue>>;
export type MatchValue = string | boolean | number | null | readonly string[];

/**
 * Matches argv, the tokens after the task's name, against a usage. A leading `--` is Pipe's
 * separator and may be left away; when the usage declares a `--` itself, the caller drops it.
 * Throws ArgvError, which says what is wrong and points at it.
 */
export function matchArgv(usage: Usage, argv: readonly string[], options?: ArgvOptions): Match {
  const compiled = compile(usage);
  const tokens = withoutSeparator(compiled, argv);
  const read = readArgv(usage, compiled.names, tokens, options);
  const taken = read.problem ? undefined : compiled.match(read);
  if (taken === undefined) return explain(compiled, tokens, options);
  const { keys } = compiled;
  const found: (string | true)[][] = keys.map(() => []);
  for (const { slot, value } of read.occurrences) {
    found[compiled.keyOfSlot[slot] ?? -1]?.push(value);
  }
  read.words.forEach((word, index) => found[taken[index] ?? -1]?.push(word));
  return Object.fromEntries(
    keys.map((key, index): [string, MatchValue] => {
      const values = found[index] ?? [];
      const fallback = key.option?.default;
      if (key.kind === 'flag' || key.kind === 'command') {
        return [key.key, key.plural ? values.length : values.length > 0];
      }
      if (!key.plural) return [key.key, values[0] ?? fallback ?? null];
      const texts = values.map(String);
      return [key.key, texts.length > 0 ? texts : splitDefault(fallback)];
    }),
  );
}

/** The default of an option that may be given several times: split at white space. */
export function splitDefault(text: string | undefined): string[] {
  return text?.split(/\s+/).filter((part) => part !== '') ?? [];
}

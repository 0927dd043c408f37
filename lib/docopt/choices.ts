import type { Argv, ArgvOptions } from './argv.ts';
import type { Compiled } from './compile.ts';
import type { Diagnosis } from './argv-error.ts';
import { argvError } from './explain.ts';
import { nearest } from './suggest.ts';
import type { Key } from './usage.ts';
import { list } from './wording.ts';

/** Argv, how it was read, and which key took each of its words. */
interface Read {
  readonly argv: readonly string[];
  readonly options: ArgvOptions | undefined;
  readonly read: Argv;
  readonly taken: readonly number[];
}

/** Throws ArgvError for a value that is not among those its argument allows: `<csv|json>`. */
export function checkChoices(compiled: Compiled, all: Read): void {
  const { read, taken } = all;
  for (const { slot, value, token, lastToken } of read.occurrences) {
    const key = compiled.keys[compiled.keyOfSlot[slot] ?? -1];
    if (value !== true) checkValue(compiled, all, { key, value, tokens: [token, lastToken] });
  }
  read.words.forEach((value, index) => {
    const key = compiled.keys[taken[index] ?? -1];
    checkValue(compiled, all, { key, value, tokens: [read.wordTokens[index] ?? -1] });
  });
}

interface Given {
  readonly key: Key | undefined;
  readonly value: string;
  readonly tokens: readonly number[];
}

function checkValue(
  compiled: Compiled,
  { argv, options }: Read,
  { key, value, tokens }: Given,
): void {
  if (!key?.choices || key.choices.includes(value)) return;
  const near = nearest(value, key.choices);
  const prefix = key.option?.long === undefined ? '' : `${key.option.long}=`;
  const diagnosis: Diagnosis = {
    kind: 'bad-value',
    sentence: `${key.key} takes ${list(key.choices, 'or')}, not '${value}'`,
    culprits: [...new Set(tokens)],
    alternatives: key.choices,
    hints: near === undefined ? [] : [`did you mean ${prefix}${near}?`],
  };
  throw argvError(compiled.usage, argv, diagnosis, options);
}

import { readArgv, type ArgvOptions } from './argv.ts';
import { checkChoices } from './choices.ts';
import { compile, withoutSeparator, type Compiled } from './compile.ts';
import { explain } from './explain.ts';
import { splitDefault } from './match.ts';
import type { Key, Usage } from './usage.ts';

/**
 * What a task gets: keys without dashes and brackets, values as text, flags always boolean, lists
 * always arrays, counted flags numbers; an optional value that was not given is left out.
 */
export type ArgValues = Readonly<Record<string, ArgValue>>;
export type ArgValue = string | boolean | number | readonly string[];

/**
 * Reads argv, the tokens after the task's name, into args; defaults are filled in, nothing is
 * coerced. A leading `--` is Pipe's separator and may be left away; when the usage declares a `--`
 * itself, the caller drops the separator.
 * Throws ArgvError, which says what is wrong and points at it.
 */
export function parseArgs(usage: Usage, argv: readonly string[], options?: ArgvOptions): ArgValues {
  const compiled = compile(usage);
  const tokens = withoutSeparator(compiled, argv);
  const read = readArgv(usage, compiled.names, tokens, options);
  const taken = read.problem ? undefined : compiled.match(read);
  if (taken === undefined) return explain(compiled, tokens, options);
  const args = absent(compiled);
  for (const { slot, value } of read.occurrences) {
    add(args, compiled.keys[compiled.keyOfSlot[slot] ?? -1], value);
  }
  read.words.forEach((word, index) => add(args, compiled.keys[taken[index] ?? -1], word));
  fillDefaults(args, compiled);
  if (compiled.hasChoices) checkChoices(compiled, { argv: tokens, options, read, taken });
  return args;
}

type Draft = Record<string, string | boolean | number | string[]>;

/** What the args are when nothing is given, but for defaults. */
function absent({ keys }: Compiled): Draft {
  const args: Draft = {};
  for (const { name, kind, plural } of keys) {
    if (kind === 'flag' || kind === 'command') args[name] = plural ? 0 : false;
    else if (plural) args[name] = [];
  }
  return args;
}

function add(args: Draft, key: Key | undefined, value: string | true): void {
  if (key === undefined) return;
  const before = args[key.name];
  if (key.kind === 'flag' || key.kind === 'command') {
    args[key.name] = typeof before === 'number' ? before + 1 : true;
  } else if (Array.isArray(before)) {
    before.push(String(value));
  } else {
    args[key.name] = value;
  }
}

function fillDefaults(args: Draft, { keysWithDefault }: Compiled): void {
  for (const { name, plural, option } of keysWithDefault) {
    const before = args[name];
    if (before === undefined) args[name] = option?.default ?? '';
    else if (plural && Array.isArray(before) && before.length === 0) {
      args[name] = splitDefault(option?.default);
    }
  }
}

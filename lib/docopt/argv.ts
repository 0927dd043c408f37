import type { Usage, UsageOption } from './usage.ts';

/** Command-line words told apart: options with their values, and the words that stand alone. */
export interface Argv {
  readonly occurrences: readonly Occurrence[];
  readonly words: readonly string[];
  /** Where each word stood among the tokens. */
  readonly wordTokens: readonly number[];
  /** The index in `words` of the `--` after which nothing is an option; -1 if there is none. */
  readonly separator: number;
  /** The first thing that cannot be read at all. */
  readonly problem?: Problem;
}

export interface Occurrence {
  /** The option's index in `usage.options`. */
  readonly slot: number;
  readonly value: string | true;
  /** The tokens it was read from: one, or two when the value stands by itself. */
  readonly token: number;
  readonly lastToken: number;
}

/** Why a token cannot be read; `name` is the option as typed, without its value. */
export type Problem = { readonly token: number; readonly name: string } & (
  | { readonly kind: 'unknown-option' }
  | { readonly kind: 'ambiguous-option'; readonly candidates: readonly UsageOption[] }
  | { readonly kind: 'missing-value'; readonly option: UsageOption }
  | { readonly kind: 'unexpected-value'; readonly option: UsageOption }
);

export interface ArgvOptions {
  /** Everything after the first word that is no option is no option either. */
  readonly optionsFirst?: boolean;
  /** The columns a message may take; 80 unless told. */
  readonly width?: number;
  /** Hides secrets in a word that a message shows: marks stand under what is left of it. */
  readonly hide?: (text: string) => string;
}

/** Names of options to their index in `usage.options`. */
export type OptionNames = ReadonlyMap<string, number>;

/** The lookup {@link readArgv} needs, made once per usage. */
export function optionNames(usage: Usage): OptionNames {
  const names = new Map<string, number>();
  usage.options.forEach((option, slot) => {
    if (option.long !== undefined) names.set(option.long, slot);
    if (option.short !== undefined) names.set(option.short, slot);
  });
  return names;
}

/**
 * Tells options from words. A long option may be shortened to a unique prefix; an option that
 * takes a value takes the next token even when it starts with a dash, but never `--`.
 */
export function readArgv(
  usage: Usage,
  names: OptionNames,
  tokens: readonly string[],
  { optionsFirst = false }: ArgvOptions = {},
): Argv {
  const occurrences: Occurrence[] = [];
  const words: string[] = [];
  const wordTokens: number[] = [];
  let separator = -1;
  let problem: Problem | undefined;
  let rest = false;
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    if (rest || token.charCodeAt(0) !== dash || token.length === 1) {
      rest ||= optionsFirst;
      words.push(token);
      wordTokens.push(at);
    } else if (token === '--') {
      rest = true;
      separator = words.length;
      words.push(token);
      wordTokens.push(at);
    } else {
      const read = token.charCodeAt(1) === dash ? readLong : readStack;
      const result = read(usage, names, tokens, at, occurrences);
      if (typeof result !== 'number') {
        problem = result;
        break;
      }
      at = result;
    }
  }
  return { occurrences, words, wordTokens, separator, ...(problem && { problem }) };
}

const dash = 45;

/** Adds the option at token `at`; returns the last token it took, or why it cannot be read. */
function readLong(
  usage: Usage,
  names: OptionNames,
  tokens: readonly string[],
  at: number,
  occurrences: Occurrence[],
): number | Problem {
  const token = tokens[at] ?? '';
  const equals = token.indexOf('=');
  const name = equals < 0 ? token : token.slice(0, equals);
  const slot = names.get(name) ?? slotOfPrefix(usage, name);
  const option = usage.options[slot];
  if (option === undefined) {
    const candidates = startingWith(usage, name);
    if (candidates.length === 0) return { kind: 'unknown-option', token: at, name };
    return { kind: 'ambiguous-option', token: at, name, candidates };
  }
  if (equals >= 0) {
    if (option.argument === undefined) return { kind: 'unexpected-value', token: at, name, option };
    occurrences.push({ slot, value: token.slice(equals + 1), token: at, lastToken: at });
    return at;
  }
  if (option.argument === undefined || option.optionalArgument) {
    occurrences.push({ slot, value: true, token: at, lastToken: at });
    return at;
  }
  const value = tokens[at + 1];
  if (value === undefined || value === '--')
    return { kind: 'missing-value', token: at, name, option };
  occurrences.push({ slot, value, token: at, lastToken: at + 1 });
  return at + 1;
}

function slotOfPrefix(usage: Usage, prefix: string): number {
  const [only, ...others] = startingWith(usage, prefix);
  return only && others.length === 0 ? usage.options.indexOf(only) : -1;
}

function startingWith(usage: Usage, prefix: string): UsageOption[] {
  return usage.options.filter((option) => option.long?.startsWith(prefix));
}

function readStack(
  usage: Usage,
  names: OptionNames,
  tokens: readonly string[],
  at: number,
  occurrences: Occurrence[],
): number | Problem {
  const letters = Array.from((tokens[at] ?? '').slice(1));
  for (let index = 0; index < letters.length; index += 1) {
    const name = `-${letters[index]}`;
    const slot = names.get(name) ?? -1;
    const option = usage.options[slot];
    if (option === undefined) return { kind: 'unknown-option', token: at, name };
    if (option.argument === undefined) {
      occurrences.push({ slot, value: true, token: at, lastToken: at });
      continue;
    }
    const glued = letters.slice(index + 1).join('');
    const value = glued !== '' ? glued : option.optionalArgument ? true : tokens[at + 1];
    if (value === undefined || (value === '--' && glued === '')) {
      return { kind: 'missing-value', token: at, name, option };
    }
    const lastToken = glued !== '' || value === true ? at : at + 1;
    occurrences.push({ slot, value, token: at, lastToken });
    return lastToken;
  }
  return at;
}

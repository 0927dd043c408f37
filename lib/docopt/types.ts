import type { Nothing, Part, Read } from './types-pattern.ts';
import type { Option, Options, Sectioned, Sections } from './types-sections.ts';
import type { Replace } from './types-text.ts';
import type { Alternatives, Tokens, Undashed } from './types-tokens.ts';

/**
 * The type of `args` for a usage text that is known when compiling: keys without dashes and
 * brackets, values `string` (`<csv|json>`: one of its words), flags `boolean`; what can be given
 * more than once is a list, or a count for flags and commands. A key that may be absent is optional.
 *
 * The usage is a body (what stands after `<name> -- `) or a whole docopt text. One that is not
 * known when compiling, or whose brackets do not match, gives a record of unknown values.
 *
 * @example
 * type A = Args<'--sites=<list> [--days-ago=<n>] [--force]'>;
 * // { readonly sites: string; readonly 'days-ago'?: string; readonly force: boolean }
 */
export type Args<Usage extends string> = Usage extends string
  ? // Of a key that is a literal a record demands it; of `string` and patterns it does not.
    {} extends Record<Usage, unknown>
    ? UnknownArgs
    : Finish<Document<Usage>>
  : never;

type UnknownArgs = Readonly<Record<string, unknown>>;

/*
 * Text -> sections -> tokens -> one Part and the types of its keys. All of it is unions of literals
 * without the structure of the tree, so that the cost grows with the length of the text and not
 * with the number of combinations it allows. Every loop is a tail call, which the compiler lets
 * run 1,000 rounds.
 */

type Document<Text extends string> =
  Lowercase<Text> extends `${string}${'usage' | 'options'}:${string}`
    ? Assembled<Sections<`${Untab<Text>}\n`>>
    : Read<Undashed<Tokens<Replace<Untab<Text>, '\n', ' '>>>, {}>;

type Untab<Text extends string> = Replace<
  Replace<Replace<Text, '\r', ''>, '\\\n', '  '>,
  '\t',
  '  '
>;

type Assembled<S extends Sectioned> = Read<
  S[2] extends true ? Alternatives<Tokens<S[0]>> : Undashed<Tokens<S[0]>>,
  { readonly [O in S[1] as O[0]]: O[1] }
>;

type Finish<R> = R extends readonly [
  infer P extends Part | null,
  infer Types extends readonly [string, unknown],
  infer O extends Options,
]
  ? P extends Part
    ? RecordOf<WithOptions<P, O>, TypesOf<Types | Undeclared<P, O>>, ByDefault<O[keyof O]>>
    : RecordOf<Nothing, TypesOf<Types>, never>
  : UnknownArgs;

/** What `[options]` stands for. */
type Undeclared<P extends Part, O extends Options> = '[options]' extends P[1]
  ? Pairs<O[keyof O], P[1]>
  : never;

/** Where `[options]` can come up twice, so can each of them. */
type WithOptions<P extends Part, O extends Options> = '[options]' extends P[2]
  ? readonly [P[0], P[1], P[2] | Undeclared<P, O>[0]]
  : P;

type Pairs<O extends Option, Names> = O extends Option
  ? O[0] extends Names
    ? never
    : readonly [O[0], O[1]]
  : never;

type ByDefault<O extends Option> = O extends readonly [infer Key, unknown, true] ? Key : never;

type TypesOf<Types extends readonly [string, unknown]> = { [T in Types as T[0]]: T[1] };

type RecordOf<P extends Part, Types, Defaults> = Flat<
  {
    readonly [K in keyof Types as Always<K, Types[K], P, Defaults>]: K extends P[2]
      ? [Types[K]] extends [boolean]
        ? number
        : readonly Types[K][]
      : Types[K];
  } & {
    readonly [K in keyof Types as Exclude<K, Always<K, Types[K], P, Defaults>>]?: Types[K];
  }
>;

type Always<K, Type, P extends Part, Defaults> = K extends P[0] | P[2] | Defaults
  ? K
  : [Type] extends [boolean]
    ? K
    : never;

/** One record for people to read, in editors and messages. */
type Flat<T> = { [K in keyof T]: T[K] } & {};

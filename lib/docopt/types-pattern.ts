import type { Options } from './types-sections.ts';
import type { Replace, Stripped, ValueType } from './types-text.ts';

/** What a stretch of a pattern says about keys: those it demands, names, and takes repeatedly. */
export type Part = readonly [string, string, string];
/** The part that is empty. */
export type Nothing = readonly [never, never, never];

/** One after the other: a key in both comes up twice. */
type Both<A extends Part, B extends Part> = readonly [
  A[0] | B[0],
  A[1] | B[1],
  A[2] | B[2] | (A[1] & B[1]),
];

/** Alternatives: only what each of them demands is demanded. */
type Either<A extends Part | null, B extends Part> = A extends Part
  ? readonly [A[0] & B[0], A[1] | B[1], A[2] | B[2]]
  : B;

/** A bracket that is open: the alternatives and the sequence it interrupts. */
type Open = readonly ['[' | '(', Part | null, Part];

/**
 * Goes through the tokens of a pattern: the Part it is, its keys with the types of their values as
 * pairs, and the options; null when it cannot be read.
 */
export type Read<
  T extends string,
  O extends Options,
  Outer extends readonly Open[] = [],
  Before extends Part | null = null,
  Sequence extends Part = Nothing,
  Types extends readonly [string, unknown] = never,
> = T extends `${infer Word} ${infer Rest}`
  ? Word extends '[' | '('
    ? Rest extends `options ${infer After}`
      ? Read<
          After,
          O,
          readonly [readonly [Word, Before, Sequence], ...Outer],
          null,
          readonly [never, '[options]', never],
          Types
        >
      : Read<Rest, O, readonly [readonly [Word, Before, Sequence], ...Outer], null, Nothing, Types>
    : Word extends '|'
      ? Read<Rest, O, Outer, Alternative<Before, Sequence, Outer>, Nothing, Types>
      : Word extends ']' | ')'
        ? Outer extends readonly [infer Top extends Open, ...infer Below extends readonly Open[]]
          ? Closed<Top[0], Word, Either<Before, Sequence>> extends infer Group extends Part
            ? Rest extends `... ${infer After}`
              ? Read<After, O, Below, Top[1], Both<Top[2], Repeated<Group>>, Types>
              : Read<Rest, O, Below, Top[1], Both<Top[2], Group>, Types>
            : null
          : null
        : Leaf<Word, Rest, O> extends readonly [
              infer Named extends Part,
              infer Type extends readonly [string, unknown],
              infer Rest extends string,
            ]
          ? Rest extends `... ${infer After}`
            ? Read<After, O, Outer, Before, Both<Sequence, Repeated<Named>>, Types | Type>
            : Read<Rest, O, Outer, Before, Both<Sequence, Named>, Types | Type>
          : null
  : Outer extends readonly []
    ? readonly [Alternative<Before, Sequence, Outer>, Types, O]
    : null;

type Repeated<P extends Part> = readonly [P[0], P[1], P[1]];

type Closed<Opening extends '[' | '(', Closing extends string, P extends Part> = [
  Opening,
  Closing,
] extends ['[', ']']
  ? readonly [never, P[1], P[2]]
  : [Opening, Closing] extends ['(', ')']
    ? P
    : null;

/** Pipe answers `--help` itself, so a usage line for it alone makes nothing optional. */
type Alternative<
  Before extends Part | null,
  P extends Part,
  Outer extends readonly Open[],
> = Outer extends readonly []
  ? IsHelp<P[1]> extends true
    ? Before
    : Either<Before, P>
  : Either<Before, P>;

type IsHelp<Names> = [Names] extends [never] ? false : [Names] extends ['help'] ? true : false;

/** One option, positional or command: what it says, the types of its keys, the tokens left. */
type Leaf<Word extends string, Rest extends string, O extends Options> = Word extends '-' | '--'
  ? One<Word, boolean, Rest>
  : Word extends `--${string}`
    ? Long<Word, Rest, O>
    : Word extends `-${infer Letters}`
      ? Stack<Letters, Rest, O>
      : Word extends `<${infer Name}>`
        ? One<Replace<Name, '\t', ' '>, ValueType<Word>, Rest>
        : One<Word, IsCapitals<Word> extends true ? string : boolean, Rest>;

type One<Key extends string, Type, Rest extends string> = readonly [
  readonly [Key, Key, never],
  readonly [Key, Type],
  Rest,
];

type IsCapitals<Word extends string> =
  Word extends Uppercase<Word> ? (Word extends Lowercase<Word> ? false : true) : false;

type Long<
  Word extends string,
  Rest extends string,
  O extends Options,
> = Word extends `${infer Name}=${infer Value}`
  ? One<KeyOf<Name, O>, Bound<Name, Value, O>, Rest>
  : Rest extends `[ =${infer Value} ] ${infer After}`
    ? One<KeyOf<Word, O>, Bound<Word, Value, O> | true, After>
    : TakesValue<Word, O> extends true
      ? Rest extends `${infer Value} ${infer After}`
        ? One<KeyOf<Word, O>, Bound<Word, Value, O>, After>
        : null
      : One<KeyOf<Word, O>, Alone<Word, O>, Rest>;

/** `-abc`: flags, of which one that takes a value ends the stack. */
type Stack<
  Letters extends string,
  Rest extends string,
  O extends Options,
  P extends Part = Nothing,
  Types extends readonly [string, unknown] = never,
> = Letters extends `${infer Letter}${infer More}`
  ? KeyOf<`-${Letter}`, O> extends infer Key extends string
    ? Glue<`-${Letter}`, More, Rest, O> extends readonly [
        infer Value extends string | null,
        infer More extends string,
        infer Rest extends string,
      ]
      ? Stack<
          More,
          Rest,
          O,
          Both<P, readonly [Key, Key, never]>,
          | Types
          | readonly [
              Key,
              Value extends string ? Bound<`-${Letter}`, Value, O> : Alone<`-${Letter}`, O>,
            ]
        >
      : null
    : null
  : readonly [P, Types, Rest];

/** The name of a short option's value, if it takes one, and what is left of stack and tokens. */
type Glue<
  Name extends string,
  More extends string,
  Rest extends string,
  O extends Options,
> = More extends `=${infer Value}`
  ? [Value, '', Rest]
  : More extends `<${string}`
    ? [More, '', Rest]
    : TakesValue<Name, O> extends true
      ? More extends ''
        ? Rest extends `${infer Value} ${infer After}`
          ? [Value, '', After]
          : null
        : [More, '', Rest]
      : [null, More, Rest];

/** The type of an option's value where the usage names it; allowed words may stand in either place. */
type Bound<Name extends string, Value extends string, O extends Options> = Name extends keyof O
  ? string extends O[Name][1]
    ? ValueType<Value> | Extract<O[Name][1], true>
    : O[Name][1]
  : ValueType<Value>;

type Alone<Name extends string, O extends Options> = Name extends keyof O ? O[Name][1] : boolean;

type KeyOf<Name extends string, O extends Options> = Name extends keyof O
  ? O[Name][0]
  : Stripped<Name>;

type TakesValue<Name extends string, O extends Options> = Name extends keyof O
  ? true extends O[Name][1]
    ? false
    : true
  : false;

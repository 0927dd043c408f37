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

/** What a stretch of a pattern says about keys: those it demands, names, and takes repeatedly. */
type Part = readonly [needs: string, names: string, repeats: string];
type Nothing = readonly [never, never, never];

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

/** An option as the Options sections describe it. */
type Option = readonly [key: string, type: unknown, byDefault: boolean];
type Options = Readonly<Record<string, Option>>;

// Text to sections

type Document<Text extends string> =
  Lowercase<Text> extends `${string}usage:${string}`
    ? Whole<Sections<`${Untab<Text>}\n`, 'prose'>>
    : Lowercase<Text> extends `${string}options:${string}`
      ? Body<Sections<`${Untab<Text>}\n`, 'body'>>
      : Read<Tokens<Replace<Untab<Text>, '\n', ' '>>, {}>;

type Untab<Text extends string> = Replace<Replace<Replace<Text, '\\\n', ' '>, '\r', ''>, '\t', ' '>;

type Sectioned = readonly [usage: string, options: readonly [string, Option]];
type Whole<S extends Sectioned> = Read<Alternatives<Tokens<S[0]>>, ByName<S[1]>>;
type Body<S extends Sectioned> = Read<Tokens<S[0]>, ByName<S[1]>>;
type ByName<Found extends readonly [string, Option]> = {
  readonly [O in Found as O[0]]: O[1];
};

/** Goes through the lines and collects the text of the usage and the options described. */
type Sections<
  Text extends string,
  In extends 'prose' | 'body' | 'usage' | 'options',
  Usage extends string = '',
  Entry extends string = '',
  Found extends readonly [string, Option] = never,
> = Text extends `${infer Line}\n${infer Rest}`
  ? SectionAt<Line, In> extends infer Now extends 'prose' | 'body' | 'usage' | 'options'
    ? Now extends 'usage' | 'body'
      ? Sections<Rest, Now, `${Usage} ${WithoutHeading<Line>}`, Entry, Found>
      : Now extends 'options'
        ? Trim<WithoutHeading<Line>> extends `-${infer Head}`
          ? Sections<Rest, Now, Usage, `-${Head}`, Found | Described<Entry>>
          : Sections<Rest, Now, Usage, `${Entry}  ${Line}`, Found>
        : Sections<Rest, Now, Usage, Entry, Found>
    : never
  : readonly [Usage, Found | Described<Entry>];

/** A heading begins a section; a line that is empty or not indented ends it. */
type SectionAt<Line extends string, In extends string> =
  Lowercase<Line> extends `${string}options:${string}`
    ? 'options'
    : Lowercase<Line> extends `${string}usage:${string}`
      ? 'usage'
      : In extends 'body'
        ? In
        : Line extends ` ${string}`
          ? In
          : 'prose';

type WithoutHeading<Line extends string> = Line extends `${infer Heading}:${infer Rest}`
  ? Lowercase<Heading> extends `${string}${'usage' | 'options'}`
    ? Rest
    : Line
  : Line;

// Options sections

/** `-o, --out=<f>  Text [default: x]`, under each of its names. */
type Described<Entry extends string> = Entry extends `-${string}`
  ? Entry extends `${infer Head}  ${infer Text}`
    ? Headed<Words<Replace<Replace<Head, ',', ' '>, '=', ' '>>[number], HasDefault<Text>>
    : Headed<Words<Replace<Replace<Entry, ',', ' '>, '=', ' '>>[number], false>
  : never;

type HasDefault<Text extends string> =
  Lowercase<Text> extends `${string}[default: ${string}]${string}` ? true : false;

/** The head's words, as a union, are names and what stands for the value. */
type Headed<Word extends string, ByDefault extends boolean> =
  Exclude<Word, `-${string}` | ''> extends infer Value extends string
    ? [Value] extends [never]
      ? Under<Word, readonly [KeyAmong<Word>, boolean, false]>
      : Under<Word, readonly [KeyAmong<Word>, ValueType<Value>, ByDefault]>
    : never;

type Under<Word extends string, O extends Option> = Word extends `-${string}`
  ? readonly [Word, O]
  : never;

type KeyAmong<Word extends string> = [Extract<Word, `--${string}`>] extends [never]
  ? Stripped<Extract<Word, `-${string}`>>
  : Stripped<Extract<Word, `--${string}`>>;

type Stripped<Name extends string> = Name extends `--${infer Key}`
  ? Key
  : Name extends `-${infer Key}`
    ? Key
    : Name;

type ValueType<Name extends string> = Name extends `<${infer First}|${infer Rest}>`
  ? First | Split<Rest, '|'>[number]
  : string;

// Usage to tokens

/** Names in angle brackets are kept whole: `--format=<csv|json>` is one token. */
type Tokens<
  Text extends string,
  Out extends readonly string[] = [],
> = Text extends `${infer Before}<${infer Name}>${infer Rest}`
  ? Tokens<Rest, Glued<Words<Spaced<Before>, Out>, `<${Name}>`>>
  : Words<Spaced<Text>, Out>;

type Glued<Out extends readonly string[], Name extends string> = Out extends readonly [
  ...infer Init extends readonly string[],
  infer Last extends string,
]
  ? [...Init, `${Last}${Name}`]
  : never;

type Spaced<S extends string> = Apart<
  Apart<Apart<Apart<Apart<Apart<S, '['>, ']'>, '('>, ')'>, '|'>,
  '...'
>;
type Apart<S extends string, Mark extends string> = Replace<S, Mark, ` ${Mark} `>;

/** Each repeat of the first word, the program, begins an alternative; a `--` after it is Pipe's. */
type Alternatives<T extends readonly string[]> = T extends readonly [
  '',
  ...infer Rest extends readonly string[],
]
  ? Alternatives<Rest>
  : T extends readonly [infer Program extends string, ...infer Rest extends readonly string[]]
    ? AtProgram<Rest, Program>
    : [];

type AtProgram<
  T extends readonly string[],
  Program extends string,
  Out extends readonly string[] = [],
> = T extends readonly ['--', ...infer Rest extends readonly string[]]
  ? UpToProgram<Rest, Program, Out>
  : UpToProgram<T, Program, Out>;

type UpToProgram<
  T extends readonly string[],
  Program extends string,
  Out extends readonly string[],
> = T extends readonly [infer Word extends string, ...infer Rest extends readonly string[]]
  ? Word extends Program
    ? AtProgram<Rest, Program, [...Out, '|']>
    : UpToProgram<Rest, Program, [...Out, Word]>
  : Out;

// Tokens to what they say about keys

/** A bracket that is open: the alternatives and the sequence it interrupts. */
type Open = readonly [bracket: '[' | '(', alternatives: Part | null, sequence: Part];

type Read<
  T extends readonly string[],
  O extends Options,
  Outer extends readonly Open[] = [],
  Before extends Part | null = null,
  Sequence extends Part = Nothing,
  Types extends readonly [string, unknown] = never,
> = T extends readonly [infer Word extends string, ...infer Rest extends readonly string[]]
  ? Word extends '[' | '('
    ? Rest extends readonly ['options', ']', ...infer After extends readonly string[]]
      ? Read<After, O, Outer, Before, Both<Sequence, readonly [never, '[options]', never]>, Types>
      : Read<Rest, O, readonly [readonly [Word, Before, Sequence], ...Outer], null, Nothing, Types>
    : Word extends '|'
      ? Read<Rest, O, Outer, Alternative<Before, Sequence, Outer>, Nothing, Types>
      : Word extends ']' | ')'
        ? Outer extends readonly [infer Top extends Open, ...infer Below extends readonly Open[]]
          ? Closed<Top[0], Word, Either<Before, Sequence>> extends infer Group extends Part
            ? Rest extends readonly ['...', ...infer After extends readonly string[]]
              ? Read<After, O, Below, Top[1], Both<Top[2], Repeated<Group>>, Types>
              : Read<Rest, O, Below, Top[1], Both<Top[2], Group>, Types>
            : null
          : null
        : Word extends ''
          ? Read<Rest, O, Outer, Before, Sequence, Types>
          : Leaf<Word, Rest, O> extends readonly [
                infer Named extends Part,
                infer Type extends readonly [string, unknown],
                infer Rest extends readonly string[],
              ]
            ? Rest extends readonly ['...', ...infer After extends readonly string[]]
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
type Leaf<Word extends string, Rest extends readonly string[], O extends Options> = Word extends
  | '-'
  | '--'
  ? One<Word, boolean, Rest>
  : Word extends `--${string}`
    ? Long<Word, Rest, O>
    : Word extends `-${infer Letters}`
      ? Stack<Letters, Rest, O>
      : Word extends `<${infer Name}>`
        ? One<Name, ValueType<Word>, Rest>
        : One<Word, IsCapitals<Word> extends true ? string : boolean, Rest>;

type One<Key extends string, Type, Rest extends readonly string[]> = readonly [
  readonly [Key, Key, never],
  readonly [Key, Type],
  Rest,
];

type IsCapitals<Word extends string> =
  Word extends Uppercase<Word> ? (Word extends Lowercase<Word> ? false : true) : false;

type Long<
  Word extends string,
  Rest extends readonly string[],
  O extends Options,
> = Word extends `${infer Name}=${infer Value}`
  ? One<KeyOf<Name, O>, ValueType<Value>, Rest>
  : Rest extends readonly ['[', `=${infer Value}`, ']', ...infer After extends readonly string[]]
    ? One<KeyOf<Word, O>, ValueType<Value> | true, After>
    : TakesValue<Word, O> extends true
      ? Rest extends readonly [infer Value extends string, ...infer After extends readonly string[]]
        ? One<KeyOf<Word, O>, ValueType<Value>, After>
        : null
      : One<KeyOf<Word, O>, boolean, Rest>;

/** `-abc`: flags, of which one that takes a value ends the stack. */
type Stack<
  Letters extends string,
  Rest extends readonly string[],
  O extends Options,
  P extends Part = Nothing,
  Types extends readonly [string, unknown] = never,
> = Letters extends `${infer Letter}${infer More}`
  ? KeyOf<`-${Letter}`, O> extends infer Key extends string
    ? TakesValue<`-${Letter}`, O> extends true
      ? More extends ''
        ? Rest extends readonly [infer V extends string, ...infer After extends readonly string[]]
          ? Stack<
              '',
              After,
              O,
              Both<P, readonly [Key, Key, never]>,
              Types | readonly [Key, ValueType<V>]
            >
          : null
        : Stack<
            '',
            Rest,
            O,
            Both<P, readonly [Key, Key, never]>,
            Types | readonly [Key, ValueType<More>]
          >
      : Stack<More, Rest, O, Both<P, readonly [Key, Key, never]>, Types | readonly [Key, boolean]>
    : null
  : readonly [P, Types, Rest];

type KeyOf<Name extends string, O extends Options> = Name extends keyof O
  ? O[Name][0]
  : Stripped<Name>;

type TakesValue<Name extends string, O extends Options> = Name extends keyof O
  ? [O[Name][1]] extends [boolean]
    ? false
    : true
  : false;

// What is said about keys to the record

type Finish<R> = R extends readonly [
  infer P extends Part | null,
  infer Types extends readonly [string, unknown],
  infer O extends Options,
]
  ? P extends Part
    ? RecordOf<P, TypesOf<Types | Undeclared<P, O>>, ByDefault<O[keyof O]>>
    : RecordOf<Nothing, TypesOf<Types>, never>
  : UnknownArgs;

/** What `[options]` stands for. */
type Undeclared<P extends Part, O extends Options> = '[options]' extends P[1]
  ? Pairs<O[keyof O], P[1]>
  : never;

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

type Flat<T> = { [K in keyof T]: T[K] };

// Text

type Replace<
  S extends string,
  From extends string,
  To extends string,
  Out extends string = '',
> = S extends `${infer Before}${From}${infer After}`
  ? Replace<After, From, To, `${Out}${Before}${To}`>
  : `${Out}${S}`;

type Split<
  S extends string,
  Mark extends string,
  Out extends readonly string[] = [],
> = S extends `${infer Before}${Mark}${infer After}`
  ? Split<After, Mark, [...Out, Before]>
  : [...Out, S];

/** The words between spaces; the last one may be empty. */
type Words<
  S extends string,
  Out extends readonly string[] = [],
> = S extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Word extends '' ? Out : [...Out, Word]>
  : [...Out, S];

type Trim<S extends string> = S extends ` ${infer Rest}` ? Trim<Rest> : S;

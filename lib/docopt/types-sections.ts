import type { Apart, Replace, Stripped, Trim, ValueType, Words } from './types-text.ts';

/** An option as the Options sections describe it. */
export type Option = readonly [key: string, type: unknown, byDefault: boolean];
/** Options under each of their names, dashes kept. */
export type Options = Readonly<Record<string, Option>>;

/** What {@link Sections} finds: the text of the usage, the options under each of their names. */
export type Sectioned = readonly [
  usage: string,
  options: readonly [string, Option],
  whole: boolean,
];

/** Goes through the lines and collects the text of the usage and the options described. */
export type Sections<
  Text extends string,
  In extends Section = 'body',
  Indent extends string = '',
  Usage extends string = '',
  Entry extends string = '',
  Found extends readonly [string, Option] = never,
  IsWhole extends boolean = false,
> = Text extends `${infer Line}\n${infer Rest}`
  ? GoesOn<Line, In, Indent, Usage> extends true
    ? In extends 'usage' | 'body'
      ? Sections<Rest, In, Indent, `${Usage} ${Line}`, Entry, Found, IsWhole>
      : IsEntry<Line> extends true
        ? Sections<Rest, In, Indent, Usage, Trim<Line>, Found | Described<Entry>, IsWhole>
        : Sections<Rest, In, Indent, Usage, `${Entry}  ${Trim<Line>}`, Found, IsWhole>
    : Heading<Line> extends infer Now extends Section
      ? Now extends 'usage'
        ? Sections<Rest, Now, IndentOf<Line>, AfterHeading<Line>, Entry, Found, true>
        : Now extends 'options'
          ? Sections<
              Rest,
              Now,
              IndentOf<Line>,
              Usage,
              AfterHeading<Line>,
              Found | Described<Entry>,
              IsWhole
            >
          : Sections<Rest, Now, Indent, Usage, Entry, Found, IsWhole>
      : never
  : readonly [Usage, Found | Described<Entry>, IsWhole];

type Section = 'prose' | 'body' | 'usage' | 'options';

/** Whether a line belongs to the section before it: one indented deeper than its heading does. */
type GoesOn<
  Line extends string,
  In extends Section,
  Indent extends string,
  Usage extends string,
> = In extends 'prose'
  ? false
  : Trim<Line> extends ''
    ? In extends 'usage'
      ? Trim<Usage> extends ''
        ? true
        : false
      : true
    : In extends 'options'
      ? IsDeeper<Line, Indent>
      : In extends 'body'
        ? Heading<Line> extends 'prose'
          ? true
          : false
        : Heading<Line> extends 'options'
          ? false
          : IsDeeper<Line, Indent>;

type IsDeeper<Line extends string, Indent extends string> = Line extends `${Indent} ${string}`
  ? true
  : false;

type IndentOf<Line extends string> = Line extends `${infer Indent}${Trim<Line>}` ? Indent : '';

type Heading<Line extends string> =
  Trim<Line> extends `${'-' | '[' | '(' | '<'}${string}`
    ? 'prose'
    : Lowercase<Line> extends `${infer Before}options:${string}`
      ? Before extends `${string}${'<' | '|' | '='}${string}`
        ? 'prose'
        : 'options'
      : Lowercase<Line> extends `${string}usage:${string}`
        ? 'usage'
        : 'prose';

type AfterHeading<Line extends string> = Line extends `${string}:${infer Rest}` ? Trim<Rest> : '';

type IsEntry<Line extends string> =
  Trim<Line> extends `-${infer Name}`
    ? Name extends '' | '-' | ` ${string}` | `- ${string}` | `--${string}`
      ? false
      : true
    : false;

/** `-o, --out=<f>  Text [default: x]`, under each of its names. */
type Described<Entry extends string> = Entry extends `-${string}`
  ? Entry extends `${infer Head}  ${infer Text}`
    ? Headed<HeadWords<Head>, HeadValue<Head>, HasDefault<Text>>
    : Headed<HeadWords<Entry>, HeadValue<Entry>, false>
  : never;

/** The words of `-o, --out[=<f>]` as a union. */
type HeadWords<Head extends string> = Words<
  Apart<Replace<Replace<Replace<Head, ',', ' '>, '=', ' '>, '[', ' '>, '<'>
>[number];

/** The type of the value, if it takes one: of `[=<x>]` it is `true` when none is given. */
type HeadValue<Head extends string> = Head extends `${string}<${infer Name}>${string}`
  ? ValueType<`<${Name}>`> | (Head extends `${string}[=${string}` ? true : never)
  : Exclude<HeadWords<Head>, `-${string}` | ''> extends never
    ? boolean
    : string;

type HasDefault<Text extends string> =
  Lowercase<Text> extends `${string}[default:${string}]${string}` ? true : false;

type Headed<Word extends string, Value, ByDefault extends boolean> = Under<
  Word,
  readonly [KeyAmong<Word>, Value, [Value] extends [boolean] ? false : ByDefault]
>;

type Under<Word extends string, O extends Option> = Word extends `-${string}`
  ? readonly [Word, O]
  : never;

type KeyAmong<Word extends string> = [Extract<Word, `--${string}`>] extends [never]
  ? Stripped<Extract<Word, `-${string}`>>
  : Stripped<Extract<Word, `--${string}`>>;

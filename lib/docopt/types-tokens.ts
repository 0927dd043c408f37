import type { Apart, Words } from './types-text.ts';

/** Names in angle brackets are kept whole: `--format=<csv|json>` is one token. */
export type Tokens<
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
/** Each repeat of the first word, the program, begins an alternative; a `--` after it is Pipe's. */
export type Alternatives<T extends readonly string[]> = T extends readonly [
  '',
  ...infer Rest extends readonly string[],
]
  ? Alternatives<Rest>
  : T extends readonly [infer Program extends string, ...infer Rest extends readonly string[]]
    ? AtProgram<Rest, Program>
    : [];

/** A body may begin with `--` too. */
export type Undashed<T extends readonly string[]> = T extends readonly [
  '--' | '',
  ...infer Rest extends readonly string[],
]
  ? Rest
  : T;

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

import type { Apart, Replace, Trim } from './types-text.ts';

/*
 * Tokens are kept as text, each followed by one space: as tuples they would take the compiler twice
 * the memory (measured with 100 tasks of 7 options).
 */

/** A name in angle brackets is one token, its spaces turned into tabs. */
export type Tokens<
  Text extends string,
  Out extends string = '',
> = Text extends `${infer Before}<${infer Name}>${infer Rest}`
  ? Tokens<Rest, `${Out}${Spaced<Before>}<${Replace<Name, ' ', '\t'>}>`>
  : Squeezed<Trim<`${Out}${Spaced<Text>} `>>;

type Spaced<S extends string> = Apart<
  Apart<Apart<Apart<Apart<Apart<S, '['>, ']'>, '('>, ')'>, '|'>,
  '...'
>;

type Squeezed<S extends string> = S extends `${infer Before}  ${infer After}`
  ? Squeezed<`${Before} ${After}`>
  : S;

/** Each repeat of the first word, the program, begins an alternative; a `--` after it is Pipe's. */
export type Alternatives<T extends string> = T extends `${infer Program} ${infer Rest}`
  ? UpToProgram<Undashed<Rest>, Program>
  : '';

/** A body may begin with `--` too. */
export type Undashed<T extends string> = T extends `-- ${infer Rest}` ? Rest : T;

type UpToProgram<
  T extends string,
  Program extends string,
  Out extends string = '',
> = T extends `${infer Word} ${infer Rest}`
  ? Word extends Program
    ? UpToProgram<Undashed<Rest>, Program, `${Out}| `>
    : UpToProgram<Rest, Program, `${Out}${Word} `>
  : Out;

/** An option's name without dashes. */
export type Stripped<Name extends string> = Name extends `--${infer Key}`
  ? Key
  : Name extends `-${infer Key}`
    ? Key
    : Name;

/** The words of `<csv|json>`; any other name stands for any text. */
export type ValueType<Name extends string> = Name extends `<${infer First}|${infer Rest}>`
  ? TrimBoth<Split<Replace<`${First}|${Rest}`, '\t', ' '>, '|'>[number]>
  : string;

/** `S` with every `From` replaced. */
export type Replace<
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
export type Words<
  S extends string,
  Out extends readonly string[] = [],
> = S extends `${infer Word} ${infer Rest}`
  ? Words<Rest, Word extends '' ? Out : [...Out, Word]>
  : [...Out, S];

/** `S` without the spaces it begins with. */
export type Trim<S extends string> = S extends ` ${infer Rest}` ? Trim<Rest> : S;

type TrimBoth<S extends string> = S extends ` ${infer Rest}`
  ? TrimBoth<Rest>
  : S extends `${infer Rest} `
    ? TrimBoth<Rest>
    : S;

/** Sets a mark apart from what stands around it. */
export type Apart<S extends string, Mark extends string> = Replace<S, Mark, ` ${Mark} `>;

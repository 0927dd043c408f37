export type Args<Usage extends string> = Usage extends string
  ? Readonly<Record<string, unknown>>
  : never;

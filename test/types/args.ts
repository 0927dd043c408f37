import type { Args } from '../../lib/docopt/types.ts';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile unless its argument is `true`. */
type Expect<T extends true> = T;

/** Bodies: what stands after `<name> -- `. */
export type Bodies = [
  Expect<Equal<Args<'--sites=<list>'>, { readonly sites: string }>>,
  Expect<
    Equal<
      Args<'--sites=<list> [--aggregates=<list>] [ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]'>,
      {
        readonly sites: string;
        readonly aggregates?: string;
        readonly 'start-date'?: string;
        readonly 'end-date'?: string;
        readonly 'days-ago'?: string;
        readonly 'days-ago-end'?: string;
      }
    >
  >,
  Expect<
    Equal<
      Args<'--site=<site> [--format=<auto|clf|jsonl|csv|parquet>] [--ts=<field>] <uri>...'>,
      {
        readonly site: string;
        readonly format?: 'auto' | 'clf' | 'jsonl' | 'csv' | 'parquet';
        readonly ts?: string;
        readonly uri: readonly string[];
      }
    >
  >,
  Expect<Equal<Args<''>, {}>>,
  Expect<Equal<Args<'[--force]'>, { readonly force: boolean }>>,
  Expect<Equal<Args<'add <name>'>, { readonly add: boolean; readonly name: string }>>,
  Expect<
    Equal<
      Args<'(add | remove) [<name>]'>,
      { readonly add: boolean; readonly remove: boolean; readonly name?: string }
    >
  >,
  Expect<Equal<Args<'-v...'>, { readonly v: number }>>,
  Expect<Equal<Args<'[-vvv]'>, { readonly v: number }>>,
  Expect<Equal<Args<'(go <x>)...'>, { readonly go: number; readonly x: readonly string[] }>>,
  Expect<Equal<Args<'[<x>]...'>, { readonly x: readonly string[] }>>,
  Expect<Equal<Args<'[<x>...]'>, { readonly x: readonly string[] }>>,
  Expect<Equal<Args<'<x> <x>'>, { readonly x: readonly string[] }>>,
  Expect<Equal<Args<'<x> | <x>'>, { readonly x: string }>>,
  Expect<Equal<Args<'<x> | <x> <x>'>, { readonly x: readonly string[] }>>,
  Expect<
    Equal<
      Args<'FILE <a b> [-]'>,
      { readonly FILE: string; readonly 'a b': string; readonly '-': boolean }
    >
  >,
  Expect<
    Equal<
      Args<'(--a=<x> | --b=<x>) --c=<x>'>,
      { readonly a?: string; readonly b?: string; readonly c: string }
    >
  >,
  Expect<
    Equal<
      Args<'(--a=<x> --c=<x> | --b=<x> (--c=<x>))'>,
      { readonly a?: string; readonly b?: string; readonly c: string }
    >
  >,
  Expect<
    Equal<
      Args<'[(--a=<x> --b=<x>)] (([--c=<x>] --d=<x>))'>,
      { readonly a?: string; readonly b?: string; readonly c?: string; readonly d: string }
    >
  >,
  Expect<
    Equal<
      Args<'--format=<csv|json>... --to=<a|b>'>,
      { readonly format: readonly ('csv' | 'json')[]; readonly to: 'a' | 'b' }
    >
  >,
  Expect<
    Equal<Args<'--a[=<x>] [--b[=<x>]]'>, { readonly a: string | true; readonly b?: string | true }>
  >,
  Expect<
    Equal<Args<'--a-b=<x>\n  [--c_d=<x>]'>, { readonly 'a-b': string; readonly c_d?: string }>
  >,
  Expect<Equal<Args<'--x=<a>... [--y]...'>, { readonly x: readonly string[]; readonly y: number }>>,
];

/** A body with Options sections: aliases, defaults, arguments after a space. */
export type Described = [
  Expect<
    Equal<
      Args<`[options] --sites=<list> [-v]

Options:
  -o, --out=<f>     Where to write [default: out.csv]
  --format <csv|json>  How
                    to write [default: csv]
  -v, --verbose     More [default: no]
  -n                Dry
  -k FILE           Key
  --sites=<list>    Sites
`>,
      {
        readonly sites: string;
        readonly verbose: boolean;
        readonly out: string;
        readonly format: 'csv' | 'json';
        readonly n: boolean;
        readonly k?: string;
      }
    >
  >,
  Expect<
    Equal<
      Args<'-o <f> -abo <g> -x <y>\nOptions:\n  -o, --out=<f>  File'>,
      {
        readonly out: readonly string[];
        readonly a: boolean;
        readonly b: boolean;
        readonly x: boolean;
        readonly y: string;
      }
    >
  >,
  Expect<
    Equal<
      Args<'-oFILE --out FILE [<other>]\nOptions: -o FILE, --out FILE\n'>,
      { readonly out: readonly string[]; readonly other?: string }
    >
  >,
];

/** What the reader at run time makes of the same texts: see test/docopt/types.test.ts. */
export type Details = [
  Expect<
    Equal<
      Args<'-- [options --y] -o=<f> -p<g>\n\n  Options:\n    --a[=<x>]\tText\n\n    - a bullet\n    -b [<n>], --both[=<n>]\n  prose\n    -c'>,
      {
        readonly a?: string | true;
        readonly y: boolean;
        readonly o: string;
        readonly p: string;
        readonly both?: string | true;
      }
    >
  >,
  Expect<
    Equal<
      Args<'--f=<x> [--g=<c|d>]\nOptions:\n  --f=<a | b>  Words\n  --g=<x>  Memory usage: [default: c]'>,
      { readonly f: 'a' | 'b'; readonly g: 'c' | 'd' }
    >
  >,
];

/** `[options]` twice: each of them may be given twice. */
export type Twice = [
  Expect<
    Equal<
      Args<'add [options] | (rm [options])... [options]\nOptions:\n  -q\n  --x=<y>  X [default: 1]\n  --z=<z>'>,
      {
        readonly add: boolean;
        readonly rm: number;
        readonly q: number;
        readonly x: readonly string[];
        readonly z: readonly string[];
      }
    >
  >,
];

/** Whole docopt texts. */
export type Whole = [
  Expect<
    Equal<
      Args<`Counts things.

Usage:
  stats:multi -- --sites=<list> [--aggregates=<list>]
                 [--since=<date>] <uri>
  stats:multi -- --sites=<list> all
  stats:multi --help

Options:
  -h, --help         Help
  -s, --sites=<list>  Sites
  --since=<date>     Since when [default: 2024-01-01]

More options:
  --unused           Not in a usage line
`>,
      {
        readonly sites: string;
        readonly aggregates?: string;
        readonly since: string;
        readonly uri?: string;
        readonly all: boolean;
        readonly help: boolean;
      }
    >
  >,
  Expect<
    Equal<
      Args<'usage: x:y -- --a=<x> \\\n  --b=<x>\n       x:y -- --a=<x> [options]\n\noptions:\n  -q  Quiet\n  --rate=<n>  Rate\n'>,
      {
        readonly a: string;
        readonly b?: string;
        readonly q: boolean;
        readonly rate?: string;
      }
    >
  >,
  Expect<Equal<Args<'Usage: a:b\n  a:b -- --x=<y>'>, { readonly x?: string }>>,
  Expect<
    Equal<
      Args<'Usage: a:b -- [--] <f>...'>,
      { readonly '--': boolean; readonly f: readonly string[] }
    >
  >,
  Expect<Equal<Args<'Usage:\r\n\ta:b --x=<y>\r\n'>, { readonly x: string }>>,
];

type Unknown = Readonly<Record<string, unknown>>;

/** What is not known when compiling or cannot be read. */
export type Unreadable = [
  Expect<Equal<Args<string>, Unknown>>,
  Expect<Equal<Args<`--${string}`>, Unknown>>,
  Expect<Equal<Args<'(--a=<x>'>, Unknown>>,
  Expect<Equal<Args<'--a=<x>]'>, Unknown>>,
  Expect<Equal<Args<'(--a=<x>]'>, Unknown>>,
];

declare const args: Args<'--sites=<list> [--days-ago=<n>] [--format=<csv|json>] [--force]'>;
const accepted: [string, boolean, string | undefined] = [args.sites, args.force, args['days-ago']];
void accepted;

// @ts-expect-error An absent optional value is undefined when read.
const daysAgo: string = args['days-ago'];
// @ts-expect-error A misspelt key.
const misspelt = args.site;
// @ts-expect-error A word that is not one of the literals.
const wrongWord = args.format === 'xml';
// @ts-expect-error Read-only.
args.sites = 'b';
void [daysAgo, misspelt, wrongWord];

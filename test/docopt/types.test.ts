import { expect, test } from 'vitest';
import { parseArgs } from '../../lib/docopt/args.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import type { Args } from '../../lib/docopt/types.ts';

/** The compiler holds `expected` against the type, this function against what the matcher gives. */
function fits<const Usage extends string>(usage: Usage, argv: string, expected: Args<Usage>): void {
  const words = argv === '' ? [] : argv.split(' ');
  expect(parseArgs(parseUsage(usage, 'a:b'), words)).toEqual(expected);
}

const window =
  '--sites=<list> [--aggregates=<list>] [ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]';

test('optional values that are not given are left out', () => {
  fits(window, '--sites=a', { sites: 'a' });
  fits(window, '--days-ago=007 --sites=a,b', { sites: 'a,b', 'days-ago': '007' });
  fits(window, '--sites=a --end-date=2 --start-date=1', {
    sites: 'a',
    'start-date': '1',
    'end-date': '2',
  });
});

test('words in angle brackets are literals, repeated positionals a list', () => {
  const usage = '--site=<site> [--format=<auto|clf|jsonl|csv|parquet>] [--ts=<field>] <uri>...';
  fits(usage, '--site=a x.gz --format=clf y.gz', {
    site: 'a',
    format: 'clf',
    uri: ['x.gz', 'y.gz'],
  });
});

test('flags and commands are always there, and counted where they repeat', () => {
  fits('[--force] [add | remove] [-v...]', '', { force: false, add: false, remove: false, v: 0 });
  fits('[--force] [add | remove] [-v...]', 'add -vv --force', {
    force: true,
    add: true,
    remove: false,
    v: 2,
  });
});

test('lists are always there', () => {
  fits('[<x>...] [--tag=<t>]...', '', { x: [], tag: [] });
  fits('<from> <from> [<to>]', 'a b', { from: ['a', 'b'] });
});

test('options with a default are always there, under their long name', () => {
  const usage = `[options]

Options:
  -o, --out=<f>        Where to write [default: out.csv]
  --format <csv|json>  How to write
                       [default: csv]

  -q                   Say less
  --tag=<t>            Optional
`;
  fits(usage, '', { out: 'out.csv', format: 'csv', q: false });
  fits(usage, '-o x --format json -q --tag=1', { out: 'x', format: 'json', q: true, tag: '1' });
});

test('a key is demanded only where every usage line demands it', () => {
  const usage = `Copies things.

Usage: a:b -- <from> --to=<dir>
       a:b -- <from> --list
       a:b -- --help

Options:
  --to <dir>  Where to
`;
  fits(usage, 'x --list', { from: 'x', list: true, help: false });
  fits(usage, 'x --to=y', { from: 'x', to: 'y', list: false, help: false });
});

test('an optional argument that is not given is true', () => {
  fits('[--a[=<x>]]', '--a', { a: true });
  fits('[--a[=<x>]]', '--a=1', { a: '1' });
});

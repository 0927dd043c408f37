import { expect, test } from 'vitest';
import { parseArgs } from '../../lib/docopt/args.ts';
import type { ArgValues } from '../../lib/docopt/args.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import type { Args } from '../../lib/docopt/types.ts';

// The compiler holds every expected value against its type, the test against what is matched.

function read(usage: string, argv: string): ArgValues {
  return parseArgs(parseUsage(usage, 'a:b'), argv === '' ? [] : argv.split(' '));
}

test('optional values that are not given are left out', () => {
  const usage =
    '--sites=<list> [--aggregates=<list>] [ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]';
  type A = Args<typeof usage>;
  expect(read(usage, '--sites=a')).toEqual<A>({ sites: 'a' });
  expect(read(usage, '--days-ago=007 --sites=a,b')).toEqual<A>({ sites: 'a,b', 'days-ago': '007' });
  expect(read(usage, '--sites=a --end-date=2 --start-date=1')).toEqual<A>({
    sites: 'a',
    'start-date': '1',
    'end-date': '2',
  });
});

test('words in angle brackets are literals, repeated positionals a list', () => {
  const usage = '--site=<site> [--format=<auto|clf|jsonl|csv|parquet>] [--ts=<field>] <uri>...';
  expect(read(usage, '--site=a x.gz --format=clf y.gz')).toEqual<Args<typeof usage>>({
    site: 'a',
    format: 'clf',
    uri: ['x.gz', 'y.gz'],
  });
});

test('flags and commands are always there, and counted where they repeat', () => {
  const usage = '[--force] [add | remove] [-v...]';
  type A = Args<typeof usage>;
  expect(read(usage, '')).toEqual<A>({ force: false, add: false, remove: false, v: 0 });
  expect(read(usage, 'add -vv --force')).toEqual<A>({
    force: true,
    add: true,
    remove: false,
    v: 2,
  });
});

test('lists are always there', () => {
  const optional = '[<x>...] [--tag=<t>]...';
  expect(read(optional, '')).toEqual<Args<typeof optional>>({ x: [], tag: [] });
  const twice = '<from> <from> [<to>]';
  expect(read(twice, 'a b')).toEqual<Args<typeof twice>>({ from: ['a', 'b'] });
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
  type A = Args<typeof usage>;
  expect(read(usage, '')).toEqual<A>({ out: 'out.csv', format: 'csv', q: false });
  expect(read(usage, '-o x --format json -q --tag=1')).toEqual<A>({
    out: 'x',
    format: 'json',
    q: true,
    tag: '1',
  });
});

test('a key is demanded only where every usage line demands it', () => {
  const usage = `Copies things.

Usage: a:b -- <from> --to=<dir>
       a:b -- <from> --list
       a:b -- --help

Options:
  --to <dir>  Where to
`;
  type A = Args<typeof usage>;
  expect(read(usage, 'x --list')).toEqual<A>({ from: 'x', list: true, help: false });
  expect(read(usage, 'x --to=y')).toEqual<A>({ from: 'x', to: 'y', list: false, help: false });
});

test('an optional argument that is not given is true', () => {
  const usage = '[--a[=<x>]]';
  expect(read(usage, '--a')).toEqual<Args<typeof usage>>({ a: true });
  expect(read(usage, '--a=1')).toEqual<Args<typeof usage>>({ a: '1' });
});

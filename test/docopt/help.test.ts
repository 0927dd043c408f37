import { expect, test } from 'vitest';
import { asksForHelp, describeUsage } from '../../lib/docopt/help.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';

test('a body is shown as it is typed, wrapped, with its options as written', () => {
  const usage = parseUsage(
    `--sites=<sites> [--force]
      [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]

    Options:
      --sites=<sites>  Comma list
        or all
      --force          Compute again`,
    'stats:multi',
  );
  expect(describeUsage(usage)).toBe(`Usage:
  pipe stats:multi -- --sites=<sites> [--force]
      [ (--start-date=<d> --end-date=<d>)
      | (--days-ago=<n> [--days-ago-end=<n>]) ]

Options:
  --sites=<sites>  Comma list
    or all
  --force          Compute again
`);
});

test('a whole text keeps its description and its lines', () => {
  const usage = parseUsage(
    `Counts things.

Usage: a:b -- --x=<in put>
       a:b

Options: -h, --help  Show this`,
    'a:b',
  );
  expect(describeUsage(usage)).toBe(`Counts things.

Usage:
  pipe a:b -- --x=<in put>
  pipe a:b

Options: -h, --help  Show this
`);
});

test('no arguments', () => {
  expect(describeUsage(parseUsage('', 'a:b'))).toBe('Usage:\n  pipe a:b\n');
});

test('help is asked for by --help or -h alone', () => {
  const usage = parseUsage('[-v]', 'a:b');
  const own = parseUsage('[-h <host>]\nOptions: -h <host>  Host', 'a:b');
  expect([['--help'], ['-h'], ['--', '--help']].map((argv) => asksForHelp(usage, argv))).toEqual([
    true,
    true,
    true,
  ]);
  expect([[], ['-v'], ['--help', '-v']].map((argv) => asksForHelp(usage, argv))).toEqual([
    false,
    false,
    false,
  ]);
  expect(asksForHelp(own, ['-h'])).toBe(false);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseArgs } from '../../lib/docopt/args.ts';
import { formatArgs } from '../../lib/docopt/format.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { UsageError } from '../../lib/errors.ts';
import { usageAndArgv } from './arbitraries.ts';

const window = `--sites=<sites> [--force]
  [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]

Options:
  --days-ago=<n>  Days back [default: 0]`;

const format = (body: string, args: Parameters<typeof formatArgs>[1]) =>
  formatArgs(parseUsage(body, 'x:y'), args);

describe('canonical argv', () => {
  test('stands in the order of the usage, with defaults', () => {
    expect(format(window, { force: true, sites: 'a,b' })).toEqual([
      '--sites=a,b',
      '--force',
      '--days-ago=0',
    ]);
  });

  test('leaves a default away where it would be in conflict', () => {
    const args = { sites: 'a', 'start-date': '1', 'end-date': '2', 'days-ago': '0' };
    expect(format(window, args)).toEqual(['--sites=a', '--start-date=1', '--end-date=2']);
  });

  test('has commands and words where the usage has them', () => {
    const body = '(add|rm) [-v...] [-o <f>] [--] <file>...\n\nOptions: -o <f>  Out';
    const args = { rm: true, v: 2, o: 'x y', '--': true, file: ['-a', '--'] };
    expect(format(body, args)).toEqual(['rm', '-v', '-v', '-ox y', '--', '-a', '--']);
    expect(format('-o <f>\nOptions: -o <f>  Out', { o: '' })).toEqual(['-o', '']);
  });

  test('writes options before a --, wherever the usage has them', () => {
    expect(format('[--] <f> [--all]', { '--': true, f: '-x', all: true })).toEqual([
      '--all',
      '--',
      '-x',
    ]);
  });
});

describe('refusals', () => {
  test.each([
    ['--sites=<s>', { stes: 'a' }, "x:y: there is no argument 'stes'; did you mean 'sites'?"],
    ['', { site: 'a' }, "x:y: there is no argument 'site'; it takes no arguments"],
    ['[--n=<n>]', { n: 7 }, "x:y: 'n' must be text, not the number 7"],
    ['[--force]', { force: 'yes' }, "x:y: 'force' must be true or false, not the text 'yes'"],
    ['<f>...', { f: 'a' }, "x:y: 'f' must be a list of texts, not the text 'a'"],
    ['[-v...]', { v: true }, "x:y: 'v' must be a count, not the boolean true"],
    ['--sites=<s>', {}, 'x:y: missing --sites=<s>'],
    ['(--a | --b)', { a: true, b: true }, 'x:y: --b cannot be combined with --a'],
    ['<f>', { f: '-x' }, "x:y: 'f' cannot be '-x', which would be read as an option"],
    ['[<a>] [<b>]', { b: '1' }, "x:y: 'b' cannot be written as argv with these arguments"],
    ['--as=<csv|json>', { as: 'xml' }, "x:y: --as takes csv or json, not 'xml'"],
  ])('%s with %j', (body, args, message) => {
    const run = () => format(body, args as Parameters<typeof formatArgs>[1]);
    expect(run).toThrow(UsageError);
    expect(run).toThrow(message);
  });
});

test('what was formatted reads as it was', () => {
  fc.assert(
    fc.property(usageAndArgv, ({ body, argv }) => {
      const usage = parseUsage(body, 'x:y');
      const args = parseArgs(usage, argv);
      const written = formatArgs(usage, args);
      expect(parseArgs(usage, written)).toEqual(args);
      expect(formatArgs(usage, parseArgs(usage, written))).toEqual(written);
    }),
    { numRuns: 2000 },
  );
});

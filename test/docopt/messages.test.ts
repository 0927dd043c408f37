import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ArgvError } from '../../lib/docopt/argv-error.ts';
import { parseArgs } from '../../lib/docopt/args.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { messageOf } from '../../lib/errors.ts';
import { usageAndArgv } from './arbitraries.ts';

const usage = parseUsage(
  `--sites=<sites> [--force] [--aggregates=<aggs>]
   [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]`,
  'stats:multi',
);

function messageFor(command: string, of = usage, width = 130): string {
  try {
    parseArgs(
      of,
      command.split(' ').filter((word) => word !== ''),
      { width },
    );
  } catch (error) {
    return `\n${messageOf(error)}\n`;
  }
  return 'no error';
}

describe('the sixteen messages', () => {
  test.each([
    '--days-ago=7',
    '',
    '--sites=a --bogus',
    '--stes=a',
    '--sites=a --start-date=D --end-date=D --days-ago=7',
    '--sites=a --start-date=1 --days-ago=7',
    '--sites=a --start-date=D',
    '--sites=a --days-ago-end=1',
    '--sites',
    '--sites=a extra',
    'force --sites=a',
    '--sites=a --force=yes',
    '--sites=a --sites=b',
    '--sites=a --days=7',
    '-sites=a',
    '--help --sites=a',
  ])('%s', (command) => {
    expect(messageFor(command)).toMatchSnapshot();
  });
});

test('a narrow terminal gets the relevant group, wrapped', () => {
  const command = '--sites=a --start-date=2024-01-01 --end-date=2024-02-01 --days-ago=7';
  expect(messageFor(command, usage, 80)).toMatchInlineSnapshot(`
    "
    stats:multi: --days-ago cannot be combined with --start-date and --end-date

      pipe stats:multi -- --sites=a --start-date=2024-01-01 --end-date=2024-02-01
                                    ^^^^^^^^^^^^^^^^^^^^^^^ ^^^^^^^^^^^^^^^^^^^^^
                          --days-ago=7
                          ^^^^^^^^^^^^

      usage: stats:multi -- --sites=<sites> [...]
                            [ (--start-date=<d> --end-date=<d>)
                               ~~~~~~~~~~~~~~~~ ~~~~~~~~~~~~~~
                            | (--days-ago=<n> [--days-ago-end=<n>]) ]
                               ~~~~~~~~~~~~~~  ~~~~~~~~~~~~~~~~~~

      give either --start-date=<d> --end-date=<d>
      or          --days-ago=<n> [--days-ago-end=<n>]
    "
  `);
});

describe('other usages', () => {
  const naval = parseUsage(
    `Usage:
       fleet:ctl -- ship new <name>...
       fleet:ctl -- ship [<name>] move <x> <y> [--speed=<kn>]
       fleet:ctl -- ship shoot <x> <y>
       fleet:ctl -- mine (set|remove) <x> <y> [--moored|--drifting]`,
    'fleet:ctl',
  );

  test.each([
    'ship shoot 1',
    'mine ste 1 2',
    'mine 1 2',
    'ship shoot 1 2 --moored',
    'sihp new a',
    '',
  ])('several lines: %s', (command) => {
    expect(messageFor(command, naval)).toMatchSnapshot();
  });

  test.each([
    ['[(--a --b=<x> --c)]', '--a'],
    ['(--a=<x> --b=<x> | --c)', '--a=1'],
    ['(--a=<x> | --b)', ''],
    ['[--as=<csv|json|parquet>]', '--as=jsno'],
    ['<csv|json> [-v...]', 'xml -vv'],
    ['[-o <f>]\nOptions: -o <f>  Out', '-o'],
    ['[--] <f>', '-5'],
    ['--sites=<s>', '-- --sites=a -- b'],
    ['[--all] [<f>...]\nOptions:\n -q  Quiet', '-q'],
  ])('%j: %s', (body, command) => {
    expect(messageFor(command, parseUsage(body, 'x:y'))).toMatchSnapshot();
  });
});

test("pipe's own command line has no task in front", () => {
  const own = parseUsage('Usage: pipe [-n] [--store=<uri>] <task> [<argument>...]', 'pipe');
  expect(messageFor('-n --stroe=x a:b', own)).toMatchSnapshot();
});

test('marks stand under what is shown of a word that holds a secret', () => {
  const own = parseUsage('--token=<token> <file>', 'x:y');
  const hide = (text: string): string => text.replace('s3cret-s3cret', '***');
  expect(() => parseArgs(own, ['--token=s3cret-s3cret', 'a', '--b'], { hide })).toThrow(
    /\n {2}pipe x:y -- --token=\*\*\* a --b\n {28}\^{3}\n/,
  );
});

test('an error tells programs what is wrong', () => {
  const error = errorOf(['--sites=a', '--start-date=D']);
  expect(error.toJSON()).toEqual({
    kind: 'incomplete',
    message: 'stats:multi: --start-date also needs --end-date=<d>',
    tokens: ['--start-date=D'],
    missing: ['--end-date=<d>'],
    alternatives: ['--days-ago=<n> [--days-ago-end=<n>]'],
  });
  expect(error.exitCode).toBe(2);
});

function errorOf(argv: readonly string[]): ArgvError {
  try {
    parseArgs(usage, argv);
  } catch (error) {
    if (error instanceof ArgvError) return error;
  }
  throw new Error('no ArgvError');
}

test('whatever is typed is read or explained', () => {
  const token = fc.constantFrom('a', 'add', '-v', '-x', '--all', '--out=1', '--si', '--', '-', '');
  fc.assert(
    fc.property(usageAndArgv, fc.array(token, { maxLength: 6 }), ({ body, argv }, more) => {
      const tokens = [...argv.slice(1), ...more];
      const message = messageFor(tokens.join(' '), parseUsage(body, 'x:y'), 60);
      expect(message).toMatch(/^no error$|^\nx:y: \S[^\n]+\n\n  pipe x:y/);
      expect(message).not.toMatch(/no usage line takes|undefined/);
    }),
    { numRuns: 1000 },
  );
});

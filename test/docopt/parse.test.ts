import { describe, expect, test } from 'vitest';
import { parseArgs } from '../../lib/docopt/args.ts';
import { checkForTask, parseUsage } from '../../lib/docopt/parse.ts';
import { messageOf, UsageError } from '../../lib/errors.ts';

const read = (text: string, argv: readonly string[], name = 'stats:multi') =>
  parseArgs(parseUsage(text, name), argv);

describe('a body', () => {
  test('wraps over lines, with and without a backslash', () => {
    const body = '\n  --sites=<sites> \\\n    [--force]\n\n  [--out=<o>]\n';
    expect(read(body, ['--sites=a', '--out=b'])).toEqual({ sites: 'a', force: false, out: 'b' });
  });

  test('may have Options sections, indented as the source is', () => {
    const body = `--sites=<sites> [options]

      Options:
        -j, --jobs=<n>  At once [default: 4]

        -q, --quiet     Say little

      Output options:
        --as=<csv|json>  Format`;
    expect(read(body, ['--sites', 'a', '-qj8', '--as=csv'])).toEqual({
      sites: 'a',
      jobs: '8',
      quiet: true,
      as: 'csv',
    });
  });

  test('may be empty', () => {
    expect(read('', [])).toEqual({});
    expect(() => read('', ['x'])).toThrow("unexpected argument 'x'");
  });

  test('takes a word before usage: in a description for no heading', () => {
    const body = '[--mem=<n>]\n\nOptions:\n  --mem=<n>  Memory usage: bytes\n    Peak usage: too';
    expect(read(body, ['--mem=1'])).toEqual({ mem: '1' });
  });

  test('reads CRLF as line ends', () => {
    const body = '[-o <f>]\r\n\r\nOptions:\r\n  -o <f>  Out [default: a]\r\n';
    expect(read(body, [])).toEqual({ o: 'a' });
  });
});

describe('a whole text', () => {
  const text = `
    Counts things.

    Usage:
      a_b:c-d -- --sites=<sites>
        [--force]
      a_b:c-d -- list \\
        [<site>...]

    Options:
      --force  Compute again

    See also the README.
  `;

  test('has lines that start with the name', () => {
    expect(read(text, ['list', 'a', '--', 'b'].slice(0, 2), 'a_b:c-d')).toEqual({
      force: false,
      list: true,
      site: ['a'],
    });
    expect(read(text, ['--force', '--sites=x'], 'a_b:c-d')).toEqual({
      sites: 'x',
      force: true,
      list: false,
      site: [],
    });
  });

  test('of another name is refused', () => {
    expect(() => parseUsage(text, 'a_b:c')).toThrow(
      'a_b:c: a usage line starts with the name a_b:c (line 5, column 7)',
    );
  });
});

describe('argv', () => {
  test('may start with the separator', () => {
    expect(read('[--all] [<f>]', ['--', '--all'])).toEqual({ all: true });
    expect(() => read('[--all] [<f>]', ['--', '--', '--all'])).toThrow('unexpected argument');
  });

  test('keeps a -- that the usage declares', () => {
    expect(read('[--] <f>...', ['--', '-x', '--'])).toEqual({ '--': true, f: ['-x', '--'] });
  });

  test('is never coerced', () => {
    const values = ['007', '1e3', 'true', '2024-01-01', '', ' a ', '-5'];
    for (const value of values) expect(read('--n=<n>', ['--n', value])).toEqual({ n: value });
  });

  test('gives an option the next token, but not --', () => {
    expect(read('--n=<n> [--foo]', ['--n', '--foo'])).toEqual({ n: '--foo', foo: false });
    expect(() => read('--n=<n> [--] [<x>]', ['--n', '--'])).toThrow('--n needs a value');
  });

  test('of options first ends the options at the first word', () => {
    const usage = parseUsage('[-n] [--jobs=<n>] <task> [<argument>...]', 'pipe');
    const argv = ['-n', '--jobs', '2', 'stats:multi', '--', '--sites=a', '-n'];
    expect(parseArgs(usage, argv, { optionsFirst: true })).toEqual({
      n: true,
      jobs: '2',
      task: 'stats:multi',
      argument: ['--', '--sites=a', '-n'],
    });
  });

  test('may be long', () => {
    const words = Array.from({ length: 50_000 }, (_, index) => `file-${index}`);
    expect(read('[-v] <f>... [--site=<s>...]', words)['f']).toEqual(words);
    expect(() => read('--site=<s> <f>...', words)).toThrow('missing --site=<s>');
    expect(() => read('<f>', words)).toThrow("unexpected arguments 'file-1', 'file-2', ");
    const options = words.map((word) => `--in=${word}`);
    expect(() => read('--in=<s>... <f>', options)).toThrow('missing <f>');
  });

  test('is matched in time by nested repeats', () => {
    const words = Array.from({ length: 60 }, () => 'a');
    expect(() => read('((<a>... <b>)...)... --z', words)).toThrow('missing --z');
  });

  test('is matched by going back where a greedy reading fails', () => {
    expect(read('<p>... stop', ['4', '4', 'stop'])).toEqual({ p: ['4', '4'], stop: true });
    expect(read('prog [FILE] <q>', ['prog', '4'])).toEqual({ prog: true, q: '4' });
    expect(read('((--all)... | add) [(([<file>])... add)]', ['add'])).toEqual({
      all: 0,
      add: 1,
      file: [],
    });
  });
});

describe('malformed usages', () => {
  test.each([
    ['--a\n  [--b]\n  --sites=<s> ( --x', "unmatched '(' (line 3, column 15)", 15],
    ['[--a', "unmatched '[' (line 1, column 1)", 1],
    ['--a) --b', "unexpected ')' (line 1, column 4)", 4],
    ['(--a]', "unmatched '(' (line 1, column 1)", 1],
    ['[...]', "'...' with nothing before it (line 1, column 2)", 2],
    ['--a | ... --b', "'...' with nothing before it (line 1, column 7)", 7],
    ['--a | ', "'|' with nothing beside it (line 1, column 5)", 5],
    ['<a', "unmatched '<' (line 1, column 1)", 1],
    ['()', "nothing between '(' and ')' (line 1, column 1)", 1],
    ['[-m]\nOptions: -m <msg>', '-m needs an argument name here (line 1, column 2)', 2],
    ['--a=(x|y)', '--a needs an argument name here (line 1, column 1)', 1],
    ['--a=<x>\nOptions: --a  Flag', '--a takes no argument elsewhere', 1],
    ['[options]\nOptions:\n -a  A\n -a  B', '-a is described twice (line 4, column 2)', 2],
    ['Usage: x:y\nUsage: x:y', "more than one 'usage:' heading (line 2, column 1)", 1],
  ])('%j: %s', (text, sentence, column) => {
    const message = refusal(() => parseUsage(text, 'x:y'));
    expect(message).toContain(`x:y: ${sentence}`);
    expect(message.split('\n').at(-1)?.indexOf('^')).toBe(column + 1);
  });

  test('show the line and a caret', () => {
    expect(refusal(() => parseUsage('--a\n\n  --sites=<s> [--b', 'x:y'))).toBe(
      "x:y: unmatched '[' (line 3, column 15)\n\n    --sites=<s> [--b\n                ^",
    );
  });
});

describe('usages no task can have', () => {
  test.each([
    ['--x=<x> <x>', "<x> and --x are both 'x' in args; rename one (line 1, column 9)"],
    ['[-xy...]', "a stack of options cannot be repeated; write each with its own '...'"],
    ['[--a[=<x>]]', '--a cannot take an argument that may be left away (line 1, column 2)'],
    ['[--a]\nOptions: -b  B', '-b is described, but no usage line takes it'],
    ['--as=<csv|json>\nOptions: --as=<a>  As [default: xml]', "the default 'xml' of --as is not"],
    ['<__proto__>', '<__proto__> cannot be the name of an argument'],
    ['[--constructor]', '--constructor cannot be the name of an argument'],
  ])('%j: %s', (text, sentence) => {
    const usage = parseUsage(text, 'x:y');
    expect(refusal(() => checkForTask(usage))).toContain(`x:y: ${sentence}`);
  });

  test('others are let through', () => {
    const usage = parseUsage('(-a | -b)... [-v] <f>... [--]\nOptions: -h, --help  Help', 'x:y');
    expect(() => checkForTask(usage)).not.toThrow();
  });
});

describe('Options sections', () => {
  test.each([
    ['[x]', '[x]'],
    ['"q"', '"q"'],
    ['a\\b=c', 'a\\b=c'],
    ['', ''],
    ['ünï', 'ünï'],
    ['-5', '-5'],
    ['1] [values: 1, 7', '1'],
  ])('keep the default %j', (written, value) => {
    expect(read(`[--n=<n>]\nOptions: --n=<n>  N [default: ${written}]`, [])).toEqual({ n: value });
  });

  test('split the default of a list, and ignore that of a flag', () => {
    const text = '[--n=<n>]... [-q]\nOptions:\n --n=<n>  N [default: 1 2]\n -q  Q [default: x]';
    expect(read(text, [])).toEqual({ n: ['1', '2'], q: false });
    expect(read(text, ['--n=3'])).toEqual({ n: ['3'], q: false });
  });
});

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return messageOf(error);
    throw error;
  }
  return 'nothing was refused';
}

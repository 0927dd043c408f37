import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expectedAt } from '../../lib/docopt/complete.ts';
import type { Expected } from '../../lib/docopt/complete.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { usageAndArgv } from './arbitraries.ts';

const window = `--sites=<list> [--force] [--format=<csv|json>]
  [ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]`;

const textOf = (each: Expected): string => {
  if (each.type === 'option') return each.option.key;
  return each.type === 'command' ? each.name : `${each.prefix}<${each.argument}>`;
};

const at = (usage: string, argv: readonly string[], current = ''): readonly string[] =>
  expectedAt(parseUsage(usage, 'x:y'), argv, current).map(textOf);

describe('an option fits', () => {
  test('although others are still missing', () => {
    expect(at(window, [])).toEqual([
      '--sites',
      '--force',
      '--format',
      '--start-date',
      '--end-date',
      '--days-ago',
      '--days-ago-end',
    ]);
  });

  test('unless it is given already, or excluded by another', () => {
    const rest = ['--force', '--format', '--start-date'];
    expect(at(window, ['--sites=a', '--end-date=2026-11-20'])).toEqual(rest);
    expect(at(window, ['--', '--days-ago', '7', '--force'], '--')).toEqual([
      '--sites',
      '--format',
      '--days-ago-end',
    ]);
  });

  test('again where it may be repeated', () => {
    expect(at('[-v...] [--tag=<t>]...', ['-v', '--tag=a'])).toEqual(['-v', '--tag']);
  });

  test('among very many', () => {
    const names = Array.from({ length: 60 }, (_, n) => `--option-${n}`);
    const usage = names.map((name) => `[${name}]`).join(' ');
    expect(at(usage, names.slice(1))).toEqual(['--option-0']);
    expect(at(usage, names)).toEqual([]);
  });
});

describe('a value is asked for', () => {
  test('behind the equals sign and behind the option', () => {
    expect(expectedAt(parseUsage(window, 'x:y'), [], '--format=c')).toEqual([
      {
        type: 'value',
        name: 'format',
        argument: 'csv|json',
        choices: ['csv', 'json'],
        prefix: '--format=',
      },
    ]);
    expect(at(window, ['--force', '--start-date'])).toEqual(['<date>']);
    expect(at('[-qo <file>]\nOptions: -o <file>  Out', ['-qo'])).toEqual(['<file>']);
  });

  test('not of a flag, of an option that fits no more, or of one nobody knows', () => {
    expect(at(window, [], '--force=')).toEqual([]);
    expect(at(window, ['--days-ago=1'], '--start-date=')).toEqual([]);
    expect(at(window, [], '--nobody=')).toEqual([]);
    expect(at(window, ['--nobody'])).toEqual([]);
  });
});

describe('words', () => {
  const usage = `Usage:
  x:y add [--loud] <name> <file>...
  x:y (remove | rm) <name>
  x:y run <task> [--] [<argument>...]`;

  test('come in their order, commands by name', () => {
    expect(at(usage, [])).toEqual(['add', 'remove', 'rm', 'run', '--loud']);
    expect(at(usage, ['add'])).toEqual(['<name>', '--loud']);
    expect(at(usage, ['rm'])).toEqual(['<name>']);
    expect(at(usage, ['rm', 'a'])).toEqual([]);
    expect(at(usage, ['add', 'a', 'f', 'g'], 'h')).toEqual(['<file>']);
  });

  test('behind a --, nothing is an option', () => {
    expect(at(usage, ['run', 'a'])).toEqual(['--', '<argument>']);
    expect(at(usage, ['run', 'a', '--', 'b'], '-')).toEqual(['<argument>']);
  });
});

test('whatever is typed next in argv that a usage takes is expected', () => {
  fc.assert(
    fc.property(usageAndArgv, fc.nat(), ({ body, argv }, cut) => {
      const usage = parseUsage(body, 'x:y');
      const end = cut % (argv.length + 1);
      const next = argv[end];
      if (next === undefined) return;
      const expected = expectedAt(usage, argv.slice(0, end), '');
      const [name = ''] = next.split('=', 1);
      const isValue = expected.some(({ type }) => type === 'value');
      const isNamed = expected.map(textOf).includes(name);
      expect(isValue || isNamed, JSON.stringify({ body, argv, end })).toBe(true);
    }),
    { numRuns: 500 },
  );
});

import { describe, expect, test } from 'vitest';
import { UsageError } from '../../lib/errors.ts';
import { defineTask } from '../../lib/task/define.ts';
import { secretsIn, withoutSecrets } from '../../lib/task/secrets.ts';

const task = defineTask({
  name: 'api:get',
  summary: 'Get something',
  usage: `[-p <password>] --token=<token> [--page=<n>] <key>...

Options:
  -p <password>  The password.`,
  secret: ['token', 'key', 'p'],
  run: () => undefined,
});

describe('secrets of a task', () => {
  test('are the values of its arguments, however they are given', () => {
    const secrets = ['hunter2', 'abc', 'k1', 'k2'];
    for (const argv of [
      ['-phunter2', '--token=abc', '--page=2', 'k1', 'k2'],
      ['k1', '--tok', 'abc', '-p', 'hunter2', 'k2'],
    ]) {
      expect(secretsIn(task, argv).toSorted(), argv.join(' ')).toEqual(secrets.toSorted());
    }
  });

  test('are found in argv that the usage does not take', () => {
    expect(secretsIn(task, ['--token=abc', '--pag'])).toEqual(['abc']);
    expect(secretsIn(task, ['--tok', 'abc', '--unknown'])).toEqual(['abc']);
    expect(secretsIn(task, ['--token'])).toEqual(['']);
  });

  test('are hidden in argv, and nothing else is', () => {
    const argv = ['-phunter2', '--token=abc', '--page=2', 'k1', 'k2'];
    expect(withoutSecrets(task, argv)).toEqual(['-p***', '--token=***', '--page=2', '***', '***']);
    const open = defineTask({ ...hello, name: 'a:b' });
    expect(withoutSecrets(open, argv)).toBe(argv);
    expect(secretsIn(open, argv)).toEqual([]);
  });

  test('must be arguments of the usage', () => {
    // @ts-expect-error There is no argument of this name.
    expect(() => defineTask({ ...hello, secret: ['tokn'] })).toThrow(UsageError);
  });
});

const hello = {
  name: 'hello:one',
  summary: 'Greet somebody',
  usage: '--token=<token>',
  run: () => undefined,
} as const;

describe('a task that shows', () => {
  async function* show() {
    yield 'text';
  }

  test('has neither plan nor run, and its window is not pinned', () => {
    const { takesWindow } = defineTask({
      name: 'a:look',
      summary: 'Look',
      usage: '[--start-date=<date> --end-date=<date>] [--days-ago=<n>]',
      show,
    });
    expect(takesWindow).toBe(false);
    expect(() => defineTask({ ...hello, show })).toThrow(/show beside plan or run/);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../lib/errors.ts';
import { integer, limit, list, oneOf, someOf, window } from '../../lib/task/values.ts';

describe('list', () => {
  test.each([
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['b,a', ['b', 'a']],
    ['a, b ,c', ['a', 'b', 'c']],
    ['007,1e3,true', ['007', '1e3', 'true']],
    ['a,b,a', ['a', 'b']],
  ])('reads %j', (value, items) => {
    expect(list(value)).toEqual(items);
  });

  test.each([',', 'a,', ',a', 'a,,b', 'a, ,b'])('refuses %j', (value) => {
    expect(() => list(value, '--sites')).toThrow(
      new UsageError(`--sites: '${value}' has an empty item; write for example --sites=a,b`),
    );
  });

  test('refuses an empty list, and blames the value alone without an option', () => {
    expect(() => list('')).toThrow(new UsageError("'' is an empty list; write for example a,b"));
  });

  test('reads what it has written', () => {
    const item = fc
      .string({ minLength: 1 })
      .filter((text) => !text.includes(',') && text.trim() === text);
    fc.assert(
      fc.property(fc.uniqueArray(item, { minLength: 1 }), (items) => {
        expect(list(items.join(','))).toEqual(items);
      }),
    );
  });
});

describe('integer', () => {
  test.each([
    ['0', 0],
    ['7', 7],
    ['007', 7],
    ['-3', -3],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (value, number) => {
    expect(integer(value)).toBe(number);
  });

  test('takes both ends of its range', () => {
    expect(integer('1', { min: 1, max: 3 })).toBe(1);
    expect(integer('3', { min: 1, max: 3 })).toBe(3);
  });

  test.each([
    '1.5',
    '1e3',
    '0x7',
    ' 7',
    '7 ',
    '+7',
    '',
    '--1',
    '1_000',
    '1,000',
    '9007199254740992',
    '٧',
  ])('refuses %j', (value) => {
    expect(() => integer(value, { option: '--days', min: 1 })).toThrow(
      new UsageError(
        `--days: '${value}' is not a whole number, 1 or more; write for example --days=7`,
      ),
    );
  });

  test.each([
    ['0', { min: 1 }, 'is not a whole number, 1 or more; write for example --n=7'],
    ['0', { min: 10 }, 'is not a whole number, 10 or more; write for example --n=10'],
    ['9', { max: 5 }, 'is not a whole number, at most 5; write for example --n=5'],
    ['9', { min: 1, max: 3 }, 'is not a whole number from 1 to 3; write for example --n=3'],
    ['x', {}, 'is not a whole number; write for example --n=7'],
  ])('says what it takes: %s in %j', (value, range, message) => {
    expect(() => integer(value, { option: '--n', ...range })).toThrow(
      new UsageError(`--n: '${value}' ${message}`),
    );
  });
});

const aggregates = ['pageloads', 'clicks', 'conversions'] as const;

describe('oneOf', () => {
  test('gives the choice', () => {
    expect(oneOf('clicks', aggregates)).toBe('clicks');
  });

  test('lists the choices and names the nearest', () => {
    expect(() => oneOf('pagelods', aggregates, '--aggregates')).toThrow(
      new UsageError(
        "--aggregates: 'pagelods' is not one of pageloads, clicks, conversions; did you mean pageloads?",
      ),
    );
  });

  test('gives an example where nothing is near', () => {
    expect(() => oneOf('', aggregates, '--aggregates')).toThrow(
      new UsageError(
        "--aggregates: '' is not one of pageloads, clicks, conversions; write for example --aggregates=pageloads",
      ),
    );
  });
});

describe('someOf', () => {
  test('gives the choices in the order they are written', () => {
    expect(someOf('clicks, pageloads,clicks', aggregates)).toEqual(['clicks', 'pageloads']);
  });

  test('blames the item that is none', () => {
    expect(() => someOf('clicks,conversion', aggregates, '--aggregates')).toThrow(
      "--aggregates: 'conversion' is not one of pageloads, clicks, conversions; did you mean conversions?",
    );
    expect(() => someOf('clicks,', aggregates, '--aggregates')).toThrow('has an empty item');
  });
});

describe('limit', () => {
  test.each([
    ['0', { count: 0 }],
    ['100', { count: 100 }],
    ['0%', { fraction: 0 }],
    ['5%', { fraction: 0.05 }],
    ['0.5%', { fraction: 0.005 }],
    ['100%', { fraction: 1 }],
    ['100.0%', { fraction: 1 }],
  ])('reads %s', (value, expected) => {
    expect(limit(value)).toEqual(expected);
  });

  test.each([
    '',
    '%',
    '-1',
    '-1%',
    '1.5',
    '1e3',
    '100.1%',
    '101%',
    '1 %',
    '.5%',
    '5.%',
    '5%%',
    '99999999999999999999',
  ])('refuses %j', (value) => {
    expect(() => limit(value, '--max-rejects')).toThrow(
      new UsageError(
        `--max-rejects: '${value}' is neither a whole number, 0 or more, nor a percentage from 0% to 100%; ` +
          'write for example --max-rejects=100 or --max-rejects=0.5%',
      ),
    );
  });
});

test('window reads the days as of the pinned now, in the zone of the run', () => {
  const context = { now: Date.parse('2026-11-19T23:30:00Z'), timezone: 'Europe/Berlin' };
  expect(window({ 'days-ago': '7' }, context)).toEqual({
    start: '2026-11-13',
    end: '2026-11-20',
    timezone: 'Europe/Berlin',
  });
  expect(() => window({ 'days-ago': '1.5' }, context)).toThrow(
    new UsageError(
      "--days-ago: '1.5' is not a whole number of days, 0 or more; write for example --days-ago=7",
    ),
  );
});

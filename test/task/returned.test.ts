import { describe, expect, test } from 'vitest';
import { UserError } from '../../lib/errors.ts';
import {
  checkCall,
  checkIterable,
  checkOutputs,
  checkResult,
  checkShown,
  checkTable,
} from '../../lib/task/returned.ts';

const table = { title: 't', columns: [{ name: 'a', kind: 'text' }], rows: [['x']], notes: [] };
const plot = { kind: 'line', title: 't', x: {}, y: {}, series: [], notes: [] };
const output = { partition: { dataset: 'd', keys: { day: '1' } }, inputs: [{ name: 'f' }] };
const rows = { in: 3, out: 2, rejected: 1, filtered: 0 };

describe('what a task gives back', () => {
  test.each<[string, () => void]>([
    ['a call', () => checkCall({ task: 'a:b', args: {} }, 'a:a')],
    ['a call with words', () => checkCall({ task: 'a:b', args: ['--x'] }, 'a:a')],
    ['a list of calls', () => checkIterable([], 'a:a', 'plan')],
    ['a table', () => checkTable(table, 'a:a', 'summarize')],
    ['a table with charts', () => checkTable({ ...table, rows: [[[1, null]]] }, 'a:a', 'show')],
    ['text', () => checkShown('text', 'a:a')],
    ['a plot', () => checkShown(plot, 'a:a')],
    ['outputs', () => checkOutputs([output], 'a:a')],
    [
      'a partition as input',
      () => checkOutputs([{ ...output, inputs: [output.partition] }], 'a:a'),
    ],
    ['counts', () => checkResult({ rows, output: 'text' }, 'a:a')],
    ['whatever an arrow function has at hand', () => checkResult(7, 'a:a')],
  ])('may be %s', (_, check) => {
    expect(check).not.toThrow();
  });

  test.each<[string, RegExp, () => void]>([
    ['a text for a call', /plan gave 'hello'.*task: 'name/, () => checkCall('hello', 'a:a')],
    ['a call without args', /'{"task":"a:b"}'/, () => checkCall({ task: 'a:b' }, 'a:a')],
    [
      'a promise',
      /plan gave 'an instance of Promise'.*yield/,
      () => checkIterable(Promise.resolve(), 'a:a', 'plan'),
    ],
    [
      'no notes',
      /notes 'undefined'.*notes: \[\]/,
      () => checkTable({ ...table, notes: undefined }, 'a:a', 'summarize'),
    ],
    [
      'a kind that is none',
      /column '{"name":"a","kind":"txt"}'/,
      () => checkTable({ ...table, columns: [{ name: 'a', kind: 'txt' }] }, 'a:a', 'estimate'),
    ],
    [
      'a kind that every object has',
      /column/,
      () => checkTable({ ...table, columns: [{ name: 'a', kind: 'toString' }] }, 'a:a', 'estimate'),
    ],
    [
      'a bigint in a cell',
      /cell '12n'/,
      () => checkTable({ ...table, rows: [[12n]] }, 'a:a', 'summarize'),
    ],
    [
      'a date in a cell',
      /cell 'an instance of Date'/,
      () => checkTable({ ...table, rows: [[new Date(0)]] }, 'a:a', 'summarize'),
    ],
    [
      'a row that is no list',
      /row '{}'/,
      () => checkTable({ ...table, rows: [{}] }, 'a:a', 'summarize'),
    ],
    ['something to show', /show gave '{"a":1}'/, () => checkShown({ a: 1 }, 'a:a')],
    [
      'a name for a partition',
      /partition 'd'/,
      () => checkOutputs([{ partition: 'd', inputs: [] }], 'a:a'),
    ],
    [
      'a key without a value',
      /partition/,
      () =>
        checkOutputs([{ ...output, partition: { dataset: 'd', keys: { day: undefined } } }], 'a:a'),
    ],
    [
      'no inputs',
      /inputs 'undefined'/,
      () => checkOutputs([{ partition: output.partition }], 'a:a'),
    ],
    [
      'an input without a name',
      /input '{}'/,
      () => checkOutputs([{ ...output, inputs: [{}] }], 'a:a'),
    ],
    ['one output', /gave '{"partition/, () => checkOutputs(output, 'a:a')],
    ['a number of rows', /rows '5'/, () => checkResult({ rows: 5 }, 'a:a')],
    [
      'bigints for rows',
      /rows '{"in":"3n"/,
      () => checkResult({ rows: { ...rows, in: 3n } }, 'a:a'),
    ],
    ['a number for text', /output '7'/, () => checkResult({ output: 7 }, 'a:a')],
  ])('is refused by name: %s', (_, message, check) => {
    expect(check).toThrow(UserError);
    expect(check).toThrow(message);
    expect(check).toThrow(/^a:a: its \w+ gave /);
  });

  test('is told in part where it is long', () => {
    const check = (): void => checkCall('x'.repeat(1000), 'a:a');
    expect(check).toThrow(/'x{60}…'/);
  });
});

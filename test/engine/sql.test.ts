import { expect, test } from 'vitest';
import { identifier, join, literal, raw, sql, textOf } from '../../lib/engine/sql.ts';

test('values are numbered in the order of the text, through fragments and lists', () => {
  const inner = sql`x = ${'a'} or y in (${[1, 2]})`;
  const statement = sql`select ${identifier('a"b')} from t where ${inner} and z = ${null} limit ${3n}`;
  expect(textOf(statement)).toBe(
    'select "a""b" from t where x = $1 or y in ($2, $3) and z = $4 limit $5',
  );
  expect(statement.values).toEqual(['a', 1, 2, null, 3n]);
});

test('joined fragments keep their values', () => {
  const statement = join([sql`a = ${1}`, raw('true'), sql`b = ${2}`], ' and ');
  expect(textOf(statement)).toBe('a = $1 and true and b = $2');
  expect(statement.values).toEqual([1, 2]);
});

test('an escape that JavaScript does not know is a mistake in the task', () => {
  expect(() => sql`regexp_replace(x, '(a)', '\1')`).toThrow('Write backslashes twice');
  expect(textOf(literal(String.raw`\1`))).toBe(String.raw`'\1'`);
});

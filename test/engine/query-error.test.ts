import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine } from '../../lib/engine/engine.ts';
import { caretUnder, queryError } from '../../lib/engine/query-error.ts';
import { raw, sql } from '../../lib/engine/sql.ts';
import { messageOf, UsageError, UserError } from '../../lib/errors.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDB();
});
afterAll(() => engine.close());

/** The error of a condition within a longer statement. */
async function errorOf(condition: string): Promise<unknown> {
  const statement = sql`select 'a, b and c or d and e or f, and so on' as x
    from (select 1 as id, 'x' as n) where (${raw(condition)}\n) and 1 = 1`;
  const error: unknown = await engine.rows(statement).catch((thrown: unknown) => thrown);
  return queryError('--where', condition, error);
}

test.each([
  ['nope = 1', UsageError, '\n  nope = 1\n  ^'],
  ['id = 1 and nope = 1', UsageError, '\n  id = 1 and nope = 1\n             ^'],
  ['id = 1 and\n  nope = nope', UsageError, '\n    nope = nope\n    ^'],
  ['n::integer = 1', UserError, '\n  n::integer = 1\n   ^'],
])('points into what was typed: %s', async (condition, kind, end) => {
  const error = await errorOf(condition);
  expect(error).toBeInstanceOf(kind);
  expect(error instanceof UsageError).toBe(kind === UsageError);
  expect(messageOf(error)).toMatch(/^--where: /);
  expect(messageOf(error).slice(-end.length)).toBe(end);
  expect(messageOf(error)).not.toMatch(/LINE|Error:|duckdb/);
});

test('an error of something else passes unchanged', () => {
  const error = new Error('x');
  expect(queryError('--where', 'a', error)).toBe(error);
});

test('a caret stands below the line of its place', () => {
  expect(caretUnder('select\n a,\n b', 12)).toBe('   b\n   ^');
});

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import { textAt } from '../../lib/engine/row.ts';
import { raw, sql } from '../../lib/engine/sql.ts';
import { engineContract } from './contract.ts';

describe('DuckDB', () => {
  engineContract(() => openDuckDB({ threads: 2, memoryLimit: '1GB' }));
});

test('the id matches the version of the loaded engine', async () => {
  const engine = await openDuckDB();
  try {
    const [row = {}] = await engine.rows(sql`select version() as version`);
    expect(engineId()).toBe(`duckdb ${textAt(row, 'version').replace('v', '')}`);
    expect(engine.id).toBe(engineId());
  } finally {
    await engine.close();
  }
});

test('spills into a folder of its own, removed at close; out of memory says what to do', async () => {
  const spillFolder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  const engine = await openDuckDB({ threads: 2, memoryLimit: '100MB', spillFolder });
  try {
    expect(await readdir(spillFolder)).toHaveLength(1);
    // A list of one group cannot be spilled.
    const tooLarge = sql`select list(repeat('x', 100) || x order by x desc) as y from range(5000000) as t(x)`;
    await expect(engine.rows(tooLarge)).rejects.toMatchObject({
      failure: 'out-of-memory',
      // Its own settings are none of a user's.
      message: expect.stringMatching(/^(?![^]*(?:SET threads|duckdb\.org))[^]*--jobs=1/),
    });
  } finally {
    await engine.close();
  }
  expect(await readdir(spillFolder)).toEqual([]);
  await rm(spillFolder, { recursive: true });
});

test('settings that cannot be used are an error and leave no folder', async () => {
  const spillFolder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  await expect(openDuckDB({ memoryLimit: 'much', spillFolder })).rejects.toThrow('duckdb 1.');
  expect(await readdir(spillFolder)).toEqual([]);
  await rm(spillFolder, { recursive: true });
});

test('never fetches an extension', async () => {
  const engine = await openDuckDB();
  try {
    const rows = await engine.rows(
      sql`select name, value from duckdb_settings() where name in (${['autoinstall_known_extensions', 'autoload_known_extensions']}) order by name`,
    );
    expect(rows.map((row) => row['value'])).toEqual(['false', 'false']);
    await expect(engine.rows(raw("select * from read_xlsx('a.xlsx')"))).rejects.toThrow(
      'extension',
    );
  } finally {
    await engine.close();
  }
});

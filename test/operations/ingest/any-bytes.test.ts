import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDuckDB } from '../../../lib/engine/duckdb.ts';
import type { Engine } from '../../../lib/engine/engine.ts';
import { parquet } from '../../../lib/engine/parquet.ts';
import { sql } from '../../../lib/engine/sql.ts';
import { load, unload } from '../../../lib/operations/ingest/incoming.ts';
import { kindOf } from '../../../lib/operations/ingest/kind.ts';
import { writeRejects } from '../../../lib/operations/ingest/rejects.ts';
import { sourceOf } from '../../../lib/operations/ingest/source.ts';

let engine: Engine;
let folder: string;

beforeAll(async () => {
  engine = await openDuckDB({ threads: 2 });
  folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
});

afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

const request = '1.2.3.4 - - [17/May/2015:23:30:00 +0200] "GET /é HTTP/1.1" 200 1';

/** Lines as bytes with what is expected of them. */
const kinds = {
  jsonl: {
    good: [
      '{"ts":"2026-11-10","event":"e"}',
      ' {"ts":1794268800, "event":"🦆"} ',
      '{"ts":"2026-11-10","event":"é","x":{"y":"\\ud83e\\udd86"}}',
    ],
    bad: [
      '{"ts":"2026-11-10","event":"e"',
      '{"ts":"2026-02-30","event":"é–"}',
      '{"event":"e"}',
      '[]',
      'À',
      '"',
      '}{',
      '\0',
      '\u0001',
    ],
  },
  clf: {
    good: [request, `${request} "-" "🦆 \\"x\\""`, request.replace('GET /é', '-')],
    bad: [
      request.slice(1, 50),
      request.replace('17/May', '31/Feb'),
      `${request} "-" "À`,
      '"',
      "'; drop table incoming",
      '\0',
    ],
  },
};
const blank = ['', ' ', '\t '];
const notUtf8 = ['ff', '7b22c3227d', 'f09fa6', '80', '31ed a0 80'.replaceAll(' ', '')];

function lineOf(format: keyof typeof kinds) {
  const text = (is: 'good' | 'bad' | 'blank', texts: readonly string[]) =>
    fc.constantFrom(...texts).map((each) => ({ is, bytes: Buffer.from(each), text: each }));
  return fc.oneof(
    { weight: 4, arbitrary: text('good', kinds[format].good) },
    { weight: 3, arbitrary: text('bad', kinds[format].bad) },
    { weight: 2, arbitrary: text('blank', blank) },
    fc
      .constantFrom(...notUtf8)
      .map((hex) => ({ is: 'bad' as const, bytes: Buffer.from(hex, 'hex'), text: undefined })),
  );
}

test.each(['jsonl', 'clf'] as const)(
  '%s: every line is an event, a reject under its number, or blank',
  async (format) => {
    // One good line shows where the fields are.
    const [first = ''] = kinds[format].good;
    const good = { is: 'good' as const, bytes: Buffer.from(first), text: first };
    const lines = fc.array(lineOf(format), { maxLength: 40 }).map((more) => [good, ...more]);
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.boolean(),
        async (all, end, endsWithLine, isGzip) => {
          const joined = Buffer.concat(all.flatMap(({ bytes }) => [bytes, Buffer.from(end)]));
          const bytes = endsWithLine ? joined : joined.subarray(0, -end.length);
          const file = path.join(folder, 'log');
          await writeFile(file, isGzip ? gzipSync(bytes) : bytes);
          const source = await sourceOf(file);
          const [loaded] = await load(engine, [
            { source, kind: await kindOf(engine, source, { format }) },
          ]);
          if (!loaded) throw new Error('nothing loaded');
          const out = path.join(folder, 'rejects.parquet');
          await writeRejects(engine, loaded, out);
          const rejects = await engine.rows(
            sql`select line, reason, text from ${parquet([out])} order by line`,
          );
          await unload(engine);
          const bad = all.flatMap(({ is, text }, index) =>
            is === 'bad' ? [[index + 1, text ?? 'not UTF-8']] : [],
          );
          expect(
            rejects.map(({ line, reason, text }) => [line, reason === 'not UTF-8' ? reason : text]),
          ).toEqual(bad);
          expect(loaded.rows - loaded.unusable).toBe(all.filter(({ is }) => is === 'good').length);
        },
      ),
      { numRuns: 60 },
    );
  },
);

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Partition } from '../../lib/dataset/layout.ts';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import type { Draft, Publisher } from '../../lib/dataset/publish.ts';
import type { Staging, Store } from '../../lib/store/store.ts';

export const partition: Partition = { dataset: 'events', keys: { site: 'a', date: '2026-11-19' } };

export const prefix = 'events/site=a/date=2026-11-19/';

/** A publisher whose command line is the text. */
export function publisher(text = 'pipe events:ingest -- --site=a'): Publisher {
  return {
    run: 'run-1',
    command: text,
    at: '2026-11-20T00:00:00.000Z',
    inputs: [{ name: 'file:///log', version: '1' }],
    fingerprint: {
      task: 'events:ingest',
      argv: ['--site=a'],
      settings: { timezone: 'UTC' },
      code: 'abc',
      engine: 'duckdb 1.5.6',
    },
  };
}

/** A draft whose files, one row each, are staged with these contents. */
export async function draft(
  staging: Staging,
  contents: Readonly<Record<string, string>>,
  extra: Partial<Draft> = {},
): Promise<Draft> {
  const files = [];
  for (const [name, text] of Object.entries(contents)) {
    const path = staging.path(name);
    await writeFile(path, text);
    files.push({ name, path, rows: 1 });
  }
  const out = files.length;
  return {
    partition,
    files,
    rows: { in: out, out, rejected: 0, filtered: 0 },
    schema: [{ name: 'ts', type: 'TIMESTAMP' }],
    ...extra,
  };
}

/** A manifest of one file with this content, as a publish would make it. */
export function manifestOf(text: string, extra: Partial<Manifest> = {}): Manifest {
  const { at, ...provenance } = publisher();
  return {
    format: 1,
    dataset: partition.dataset,
    partition: partition.keys,
    commit: `commit-of-${text}`,
    publishedAt: at,
    files: [{ name: 'data.parquet', bytes: text.length, sha256: sha256(text), rows: 1 }],
    rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
    schema: [],
    ...provenance,
    ...extra,
  };
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Names of all objects below the partition. */
export async function namesIn(store: Pick<Store, 'list'>): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(prefix)) names.push(key.slice(prefix.length));
  return names;
}

export async function textOf(
  store: Pick<Store, 'read'>,
  name: string,
): Promise<string | undefined> {
  const stored = await store.read(prefix + name);
  return stored && Buffer.from(stored.bytes).toString();
}

import { writeFile } from 'node:fs/promises';
import type { Partition } from '../../lib/dataset/layout.ts';
import type { Draft, Publisher } from '../../lib/dataset/publish.ts';
import type { Store } from '../../lib/store/store.ts';

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
  store: Store,
  contents: Readonly<Record<string, string>>,
  extra: Partial<Draft> = {},
): Promise<Draft> {
  const staging = await store.openStaging('draft');
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

/** Every object of a store with its text. */
export async function contentOf(store: Store, below = ''): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { key } of store.list(below)) {
    content[key] = Buffer.from((await store.read(key))?.bytes ?? []).toString();
  }
  return content;
}

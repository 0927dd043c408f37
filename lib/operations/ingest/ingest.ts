import { DATA_FILE } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Input } from '../../dataset/manifest.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { checkWhole } from './check-whole.ts';
import { daysWith, newDays, publishDay, readDay } from './days.ts';
import type { Effects, NewDay } from './days.ts';
import { load, unload } from './incoming.ts';
import type { Loaded } from './incoming.ts';
import { kindOf } from './kind.ts';
import type { KindOptions } from './kind.ts';
import { writeRejects } from './rejects.ts';
import { hashStart, sourceKey } from './source.ts';
import type { Source } from './source.ts';

export interface IngestOptions extends KindOptions {
  readonly site: string;
  /** More rejected records than that, or more than this part of all, fail the run. */
  readonly maxRejects?: { readonly count: number } | { readonly fraction: number };
}

/** A source to ingest. */
export interface Incoming {
  readonly source: Source;
  /** It was ingested before, so days may hold rows of it. */
  readonly isKnown: boolean;
}

export interface IngestEffects extends Effects {
  log(message: string): void;
}

/** The partition that accounts for a source: its rejected records and, in the manifest, its rows. */
export function accountOf(site: string, { sha256 }: Pick<Source, 'sha256'>): Partition {
  return { dataset: 'rejects/events', keys: { site, source: sourceKey(sha256) } };
}

/** A source as an input of what is made of it. */
export function inputOf({ uri, sha256, bytes }: Source): Input {
  return { name: uri, version: sha256, bytes };
}

/**
 * Reads sources and publishes their rows in the days of the dataset `events`, in place of what
 * these days hold of the same sources or of shorter versions of them; then each one's account.
 * The days come first: a run that is cut off between leaves sources without account, so the next
 * run does them again. Throws UserError for what cannot be read and for too many rejects; nothing
 * is published then.
 */
export async function ingest(
  effects: IngestEffects,
  options: IngestOptions,
  sources: readonly Incoming[],
): Promise<RowCounts> {
  const { engine } = effects;
  try {
    const readings = [];
    for (const { source } of sources) {
      readings.push({ source, kind: await kindOf(engine, source, options) });
    }
    const loaded = await load(engine, readings);
    for (const one of loaded) await checkWhole(one);
    const accounts = await writeAccounts(effects, loaded);
    checkRejects(accounts, options.maxRejects);
    for (const account of accounts) report(effects, account);
    await publishDays(effects, options.site, sources, loaded);
    for (const account of accounts) await publishAccount(effects, options.site, account);
    return total(accounts);
  } finally {
    await unload(engine);
  }
}

interface Account {
  readonly loaded: Loaded;
  readonly path: string;
  readonly rows: RowCounts;
  readonly schema: readonly { readonly name: string; readonly type: string }[];
}

async function writeAccounts(
  { engine, staging }: IngestEffects,
  loaded: readonly Loaded[],
): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const one of loaded) {
    const path = staging.path(DATA_FILE);
    const written = await writeRejects(engine, one, path);
    const rows = {
      in: one.rows + one.unparsed,
      out: one.rows - one.unusable,
      rejected: written.rows,
      filtered: 0,
    };
    accounts.push({ loaded: one, path, rows, schema: written.schema });
  }
  return accounts;
}

function checkRejects(accounts: readonly Account[], max: IngestOptions['maxRejects']): void {
  if (max === undefined) return;
  const { in: records, rejected } = total(accounts);
  const allowed = 'count' in max ? max.count : max.fraction * records;
  if (rejected <= allowed) return;
  const limit = 'count' in max ? String(max.count) : `${Number((max.fraction * 100).toFixed(6))}%`;
  const worst = accounts.reduce((a, b) => (b.rows.rejected > a.rows.rejected ? b : a));
  throw new UserError(
    `${rejected} of ${records} records cannot be read, more than --max-rejects=${limit}; ` +
      `most of them in "${worst.loaded.source.path}". Nothing was published. ` +
      'Raise the limit to keep the good ones and see the others in rejects/events.',
  );
}

function report({ log }: IngestEffects, { loaded, rows }: Account): void {
  if (rows.rejected === 0) return;
  log(`${loaded.source.path}: ${rows.rejected} of ${rows.in} records rejected`);
}

/** Days with new rows, and days that hold rows of what is replaced. */
async function publishDays(
  effects: IngestEffects,
  site: string,
  sources: readonly Incoming[],
  loaded: readonly Loaded[],
): Promise<void> {
  const days = await newDays(effects.engine);
  const replaced = new Set(loaded.map(({ source }) => source.sha256));
  for (const version of await shorterVersions(effects, site, loaded, days)) replaced.add(version);
  const known = new Set(
    sources.filter(({ isKnown }) => isKnown).map(({ source }) => source.sha256),
  );
  const held = known.size > 0 ? await daysWith(effects.store, site, known) : [];
  const isNew = new Set(days.map(({ day }) => day));
  const emptied = held.filter((day) => !isNew.has(day)).map((day) => ({ day, rows: new Map() }));
  for (const day of [...days, ...emptied]) {
    await publishDay(effects, site, loaded, replaced, day);
  }
}

/**
 * Hashes of sources, in the days that get new rows, that are the beginning of a new one: a log that
 * has grown since. Its old rows have the same days as before, so no other day can hold any.
 */
async function shorterVersions(
  { store }: IngestEffects,
  site: string,
  loaded: readonly Loaded[],
  days: readonly NewDay[],
): Promise<ReadonlySet<string>> {
  const plain = loaded.filter(
    ({ kind }) => kind.compression === 'uncompressed' && kind.format !== 'parquet',
  );
  const versions = new Set<string>();
  if (plain.length === 0) return versions;
  const inputs = new Map<string, Input>();
  for (const { day } of days) {
    const published = await readDay(store, site, day);
    for (const input of published?.manifest.inputs ?? []) inputs.set(input.version, input);
  }
  for (const { version, bytes = 0 } of inputs.values()) {
    for (const { source } of plain) {
      const isLonger = bytes > 0 && bytes < source.bytes;
      if (isLonger && (await hashStart(source.path, bytes)) === version) versions.add(version);
    }
  }
  return versions;
}

function publishAccount(
  { publish }: IngestEffects,
  site: string,
  { loaded, path, rows, schema }: Account,
): Promise<unknown> {
  return publish({
    partition: accountOf(site, loaded.source),
    files: [{ name: DATA_FILE, path, rows: rows.rejected }],
    rows: { ...rows },
    schema,
    inputs: [{ ...inputOf(loaded.source), rows: rows.in }],
  });
}

function total(accounts: readonly Account[]): RowCounts {
  return accounts.reduce(
    (sum, { rows }) => ({
      in: sum.in + rows.in,
      out: sum.out + rows.out,
      rejected: sum.rejected + rows.rejected,
      filtered: 0,
    }),
    { in: 0, out: 0, rejected: 0, filtered: 0 },
  );
}

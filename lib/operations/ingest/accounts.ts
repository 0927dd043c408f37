import { DATA_FILE, prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Column, Input } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import { readManifest } from '../../dataset/published.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { Effects } from './days.ts';
import type { Loaded } from './incoming.ts';
import { writeNoRejects, writeRejects } from './rejects.ts';
import type { Source } from './source.ts';

/** What became of the records of a source, with its rejects in a staged file. */
export interface Account {
  readonly input: Input;
  readonly rows: RowCounts;
  readonly path: string;
  readonly schema: readonly Column[];
  /** What decided the rows, where it is not the running invocation. */
  readonly argv?: readonly string[];
}

/**
 * The partition that accounts for a source: its rejected records and, in the manifest, its rows. A
 * file is known by its content; an object by what a listing shows of it, so that it need not be
 * fetched to see whether there is anything to do.
 */
export function accountOf(site: string, id: string): Partition {
  return { dataset: 'rejects/events', keys: { site, source: id.slice(0, 16) } };
}

/** What the account of an input goes by. */
export function idOf({ version, sight }: Pick<Input, 'version' | 'sight'>): string {
  return sight ?? version;
}

/** A source as an input of what is made of it. */
export function inputOf({ uri, sha256, bytes, sight }: Source): Input {
  return { name: uri, version: sha256, bytes, ...(sight !== undefined && { sight }) };
}

/** Writes the account of a source whose rows are published, unless they are in a longer version of it. */
export async function writeAccount(
  { engine, staging }: Effects,
  loaded: Loaded,
  isSuperseded: boolean,
): Promise<Account> {
  const path = staging.path(DATA_FILE);
  const records = loaded.rows + loaded.unparsed;
  const input = { ...inputOf(loaded.source), rows: records };
  if (isSuperseded) {
    const { schema } = await writeNoRejects(engine, path);
    return { input, rows: allFiltered(records), path, schema };
  }
  const { rows: rejected, schema } = await writeRejects(engine, loaded, path);
  const out = loaded.rows - loaded.unusable;
  return { input, rows: { in: records, out, rejected, filtered: 0 }, path, schema };
}

/** The account of a source that was published before, now that its rows are another one's; none if it has one already. */
export async function writeSuperseded(
  { engine, store, staging }: Effects,
  site: string,
  before: Input,
): Promise<Account[]> {
  const published = await readManifest(store, prefixOf(accountOf(site, idOf(before))));
  const [input] = published?.manifest.inputs ?? [];
  const isOther = input?.version !== before.version;
  if (!published || isOther || published.manifest.rows.filtered > 0) return [];
  const path = staging.path(DATA_FILE);
  const { schema } = await writeNoRejects(engine, path);
  const { rows, fingerprint } = published.manifest;
  return [{ input, rows: allFiltered(rows.in), path, schema, argv: fingerprint.argv }];
}

export function publishAccount(
  effects: Effects,
  site: string,
  { input, path, rows, schema, argv }: Account,
): Promise<unknown> {
  const draft: Draft = {
    partition: accountOf(site, idOf(input)),
    files: [{ name: DATA_FILE, path, rows: rows.rejected }],
    rows,
    holds: 'rejected',
    schema,
    inputs: [input],
    ...(argv && { argv }),
  };
  return effects.publish(draft);
}

/** More rejected records than that, or more than this part of all, are too many. */
export type MaxRejects = { readonly count: number } | { readonly fraction: number };

/** Throws UserError when too many records are rejected. */
export function checkRejects(accounts: readonly Account[], max: MaxRejects): void {
  const { in: records, rejected } = total(accounts);
  const allowed = 'count' in max ? max.count : max.fraction * records;
  if (rejected <= allowed) return;
  const limit = 'count' in max ? String(max.count) : `${Number((max.fraction * 100).toFixed(6))}%`;
  const worst = accounts.reduce((a, b) => (b.rows.rejected > a.rows.rejected ? b : a));
  throw new UserError(
    `${rejected} of ${records} records cannot be read, more than --max-rejects=${limit}; ` +
      `${worst.rows.rejected} of them in '${worst.input.name}'. Nothing was published. ` +
      'Raise the limit to keep the good ones and find the others in the dataset rejects/events.',
  );
}

/** The rows of all accounts together. */
export function total(accounts: readonly Account[]): RowCounts {
  return totalRows(accounts.map(({ rows }) => rows));
}

export function totalRows(counts: readonly RowCounts[]): RowCounts {
  return counts.reduce(
    (sum, rows) => ({
      in: sum.in + rows.in,
      out: sum.out + rows.out,
      rejected: sum.rejected + rows.rejected,
      filtered: sum.filtered + rows.filtered,
    }),
    { in: 0, out: 0, rejected: 0, filtered: 0 },
  );
}

function allFiltered(records: number): RowCounts {
  return { in: records, out: 0, rejected: 0, filtered: records };
}

import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { RowCounts } from '../ledger/events.ts';
import { DATA_FILE } from './layout.ts';
import type { SnapshotSet } from './snapshot.ts';

/** What `_manifest.json` beside a partition's files says. Times are ISO texts. */
export interface Manifest extends Provenance {
  readonly format: 1;
  readonly dataset: string;
  /** The partition's keys and values in layout order. */
  readonly partition: Readonly<Record<string, string>>;
  /** Unique to each publish: tells this manifest from every other one, also with the same content. */
  readonly commit: string;
  /** Of the lease under which it was published: higher than that of every publish before. */
  readonly generation?: number;
  readonly publishedAt: string;
  /** Set once what it was made from has changed and somebody has said that it is good all the same. */
  readonly accepted?: Accepted;
  readonly files: readonly DataFile[];
  readonly rows: RowCounts;
  /** What else was counted, by name: a join says how many rows found a partner. */
  readonly counts?: Counts;
  readonly schema: readonly Column[];
  /** Where the partition is a day of a snapshot dataset. */
  readonly snapshot?: SnapshotSet;
  /** Files of the partition that this publish makes needless; as long as its journal is there they may be, too. */
  readonly replaced?: readonly string[];
}

export type Counts = Readonly<Record<string, number>>;

/** When (ISO text) and by which run. */
export interface Accepted {
  readonly at: string;
  readonly run: string;
}

/** How a partition came about: what decides between skip and run, and who did it. */
export interface Provenance {
  readonly run: string;
  /** The command line that makes this partition. */
  readonly command: string;
  readonly fingerprint: Fingerprint;
  readonly inputs: readonly Input[];
}

export interface Fingerprint {
  readonly task: string;
  readonly argv: readonly string[];
  /** Settings outside argv that change the result, such as `timezone`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Hash of the task's module graph. */
  readonly code: string;
  /** Name and version of the engine. */
  readonly engine: string;
}

/** Something that was read: a partition (`name` is its prefix) or a file (`name` is its URI). */
export interface Input {
  readonly name: string;
  /** Changes when the content changes. */
  readonly version: string;
  readonly bytes?: number;
  /** What a listing showed of a partition (see `sightOf`) or of an object: the same as long as it holds the same. */
  readonly sight?: string;
  /** Rows that came from this input, where that is known. */
  readonly rows?: number;
}

export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
  /** Where the rows are sorted by a text column: which values they have, so that one can be looked up. */
  readonly range?: Range;
}

/** The least and the greatest value of a column, by their UTF-8 bytes, both inclusive. */
export interface Range {
  readonly column: string;
  readonly first: string;
  readonly last: string;
}

export interface Column {
  readonly name: string;
  /** The engine's type name. */
  readonly type: string;
}

/** The text of a manifest: JSON for people, what matters to them first, in the same order always. */
export function formatManifest(manifest: Manifest): string {
  const { format, dataset, partition, publishedAt, command, rows, counts, ...more } = manifest;
  const { files, schema, snapshot, inputs, fingerprint, accepted, run, ...last } = more;
  const { commit, generation, replaced } = last;
  const content = { format, dataset, partition, publishedAt, command, rows, counts, files, schema };
  const origin = { snapshot, inputs, fingerprint, accepted, run, commit, generation, replaced };
  return `${JSON.stringify({ ...content, ...origin }, null, 2)}\n`;
}

/** Whether a partition has one file under the fixed name, which a publish replaces in place. */
export function isInPlace({
  files,
}: {
  readonly files: readonly { readonly name: string }[];
}): boolean {
  return files.length === 1 && files[0]?.name === DATA_FILE;
}

/** The identity of a partition's content: the same whenever its files hold the same bytes. */
export function versionOf(manifest: Pick<Manifest, 'files'>): string {
  const sums = manifest.files.map(({ sha256 }) => sha256);
  return createHash('sha256').update(sums.join('\n')).digest('hex');
}

/** Throws {@link UserError} with the numbers unless every row that came in is accounted for. */
export function checkRows(rows: RowCounts): void {
  const kept = rows.aggregated ?? rows.out;
  const counts = [rows.in, rows.out, kept, rows.rejected, rows.filtered];
  const isWhole = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (isWhole && rows.in === kept + rows.rejected + rows.filtered) return;
  throw new UserError(
    `Rows do not add up: ${rows.in} in, but ${kept} ${rows.aggregated === undefined ? 'out' : 'aggregated'} + ${rows.rejected} rejected + ${rows.filtered} filtered = ${kept + rows.rejected + rows.filtered}. Nothing was published; report this as a fault of the task.`,
  );
}

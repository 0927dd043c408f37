import type { Column, Counts, Input, Manifest } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import type { Reader } from '../../dataset/published.ts';
import { setPartition } from '../../dataset/snapshot.ts';
import type { Bucket, SnapshotSet, StoredBucket, StoredSet } from '../../dataset/snapshot.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Staging, Store } from '../../store/store.ts';
import { named } from './bucket-files.ts';
import type { BucketFile, BucketSize } from './bucket-files.ts';
import type { SnapshotSource } from './source.ts';

/** What making a set touches. */
export interface SetEffects {
  readonly engine: Engine;
  readonly store: Reader & Pick<Store, 'download'>;
  readonly staging: Staging;
  readonly publish: (draft: Draft) => Promise<Manifest>;
  readonly log: (message: string) => void;
}

/** How a set is made of a source. */
export interface SetOptions {
  readonly dataset: string;
  readonly day: string;
  readonly source: SnapshotSource;
  /** For people, as it was typed. */
  readonly from: string;
  /** Which rows come of the source: the arguments that decide it. */
  readonly recipe: string;
  readonly acceptSchema: boolean;
  readonly allowShrink: boolean;
  readonly bucketSize: BucketSize;
}

/** A set that is ready to be published. */
export interface SetDraft {
  readonly kind: SnapshotSet['kind'];
  readonly key: readonly string[];
  readonly schema: readonly Column[];
  /** New files, and those of other sets that are taken over, in the order of their keys. */
  readonly buckets: readonly (BucketFile | StoredBucket)[];
  readonly rows: RowCounts;
  readonly counts?: Counts;
  readonly after?: string;
  readonly keys?: number;
  readonly source?: string | undefined;
  readonly inputs: readonly Input[];
}

/** Publishes a set of a day in the place of what is there now. */
export async function publishSet(
  { publish }: Pick<SetEffects, 'publish'>,
  { dataset, day }: Pick<SetOptions, 'dataset' | 'day'>,
  present: StoredSet | undefined,
  draft: SetDraft,
): Promise<void> {
  const { kind, key, schema, rows, counts, after, keys, source, inputs } = draft;
  const made = named(draft.buckets.filter(isNew), kind);
  const numbers = new Map(draft.buckets.filter(isNew).map((bucket, index) => [bucket, index]));
  const buckets = draft.buckets.map((bucket): Bucket => {
    const { first, last } = bucket;
    if (!isNew(bucket)) return { first, last, date: bucket.date, file: bucket.file };
    return { first, last, file: numbers.get(bucket) ?? 0 };
  });
  await publish({
    partition: setPartition(dataset, day),
    files: made.map(({ file }) => file),
    rows,
    ...(counts && { counts }),
    schema,
    snapshot: {
      kind,
      key,
      ...(after !== undefined && { after }),
      ...(keys !== undefined && { keys }),
      ...(source !== undefined && { source }),
      buckets,
    },
    inputs,
    replaces: present?.etag ?? null,
  });
}

/** The same text for the same files, read the same way. */
export function sourceText({ source, recipe }: Pick<SetOptions, 'source' | 'recipe'>): string {
  return `${recipe} ${source.version}`;
}

function isNew(bucket: BucketFile | StoredBucket): bucket is BucketFile {
  return 'path' in bucket.file;
}

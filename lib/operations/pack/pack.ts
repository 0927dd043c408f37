import { dataPaths } from '../../dataset/catalog.ts';
import { prefixOf } from '../../dataset/layout.ts';
import { versionOf } from '../../dataset/manifest.ts';
import type { Manifest } from '../../dataset/manifest.ts';
import type { Draft } from '../../dataset/publish.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Published } from '../../dataset/published.ts';
import type { Engine } from '../../engine/engine.ts';
import { parquet } from '../../engine/parquet.ts';
import { sql } from '../../engine/sql.ts';
import { NoDataError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import { compareKeys } from '../../store/key.ts';
import type { ForeignObjects, Staging, Store } from '../../store/store.ts';
import { listOfChunk, packedChunk, rejectsOfChunk } from './chunks.ts';
import { Failures } from './failures.ts';
import type { MaxFailures } from './failures.ts';
import { fetchObject } from './fetch.ts';
import type { Fetched } from './fetch.ts';
import { inOrder } from './in-order.ts';
import { jsonLines } from './lines.ts';
import { listFrom } from './lists.ts';
import { packedRecords } from './read.ts';
import type { PackedLine } from './read.ts';
import { listedColumns, parseListed } from './records.ts';
import type { Format, Listed, Packed } from './records.ts';
import { RecordFile } from './write.ts';

export interface PackEffects {
  readonly source: Pick<ForeignObjects, 'uri' | 'read'>;
  readonly store: Store;
  readonly engine: Engine;
  readonly staging: Staging;
  readonly signal: AbortSignal;
  readonly publish: (draft: Draft) => Promise<unknown>;
}

export interface PackOptions {
  readonly dataset: string;
  readonly chunk: string;
  readonly format: Format;
  /** Objects that are downloaded at once. */
  readonly concurrency: number;
  readonly maxFailures?: MaxFailures;
  /** Whether records that were packed before are kept where their objects have not changed. */
  readonly reuse: boolean;
}

export interface Packing {
  /** `in`: keys of the list; `out`: packed; `rejected`: failed; `filtered`: missing. */
  readonly rows: RowCounts;
  /** Of the packed objects. */
  readonly bytes: number;
  /** Of the packed records, those that were there before. */
  readonly kept: number;
}

/** Bodies of objects that are under way or wait for an earlier one. */
const BUFFER_BYTES = 64 * 1024 * 1024;

/**
 * Packs the objects of a chunk's list into one file, sorted by id, and publishes it; what could not
 * be packed goes to the rejects before that. Records that are there already are kept, so that
 * packing a chunk again costs the objects that are new, have changed, or failed last time.
 *
 * Throws {@link UserError} where too many fail; nothing is published then.
 */
export async function packChunk(effects: PackEffects, options: PackOptions): Promise<Packing> {
  const { staging, store } = effects;
  const list = await readList(effects, options);
  const before = await readManifest(store, prefixOf(packedChunk(options.dataset, options.chunk)));
  const records = await RecordFile.create(staging);
  const failures = await Failures.create(staging, options.maxFailures);
  try {
    const due = beside(
      await objectsIn(effects, list),
      before && options.reuse ? await recordsOf(effects, before.manifest) : nothing(),
    );
    const { missing, kept } = await collect(effects, due, options.concurrency, records, failures);
    await records.close();
    await failures.close();
    failures.check(list.rows.out);
    const rows = {
      in: list.rows.out,
      out: records.rows,
      rejected: failures.count,
      filtered: missing,
    };
    await publishRejects(effects, options, failures);
    await publishRecords(effects, options, { records, rows, list, before });
    return { rows, bytes: records.bytes, kept };
  } finally {
    await Promise.allSettled([records.close(), failures.close()]);
  }
}

async function readList(
  { store, source }: PackEffects,
  { dataset, chunk }: PackOptions,
): Promise<Manifest> {
  const prefix = prefixOf(listOfChunk(dataset, chunk));
  const published = await readManifest(store, prefix);
  if (published && listFrom(chunk, published.manifest).source === source.uri) {
    return published.manifest;
  }
  throw new NoDataError(
    `${prefix}: there is no list of objects below ${source.uri}; make one with pipe harvest:list`,
  );
}

async function objectsIn(
  { engine, store, staging }: PackEffects,
  list: Manifest,
): Promise<AsyncIterable<Buffer>> {
  const paths = await dataPaths(store, list, staging);
  return jsonLines(engine, sql`select ${listedColumns} from ${parquet(paths)}`, staging);
}

async function recordsOf(
  { engine, store, staging }: PackEffects,
  manifest: Manifest,
): Promise<AsyncIterator<PackedLine>> {
  const paths = await dataPaths(store, manifest, staging);
  return packedRecords(() => Promise.resolve(engine), staging, paths);
}

async function* nothing(): AsyncGenerator<never> {}

/** An object of the list, and its record if it was packed before and has not changed since. */
interface Due {
  readonly object: Listed;
  readonly old: PackedLine | undefined;
}

/** Both come in the order of ids. */
async function* beside(
  lines: AsyncIterable<Buffer>,
  records: AsyncIterator<PackedLine>,
): AsyncGenerator<Due> {
  let next = await records.next();
  for await (const line of lines) {
    const object = parseListed(line);
    while (!next.done && compareKeys(next.value.record.id, object.id) < 0) {
      next = await records.next();
    }
    const isThere = !next.done && isSame(next.value.record, object);
    yield { object, old: isThere ? next.value : undefined };
  }
}

function isSame(record: Packed, object: Listed): boolean {
  return (
    record.id === object.id &&
    record.key === object.key &&
    record.etag === object.etag &&
    record.size === object.size &&
    record.last_modified === object.last_modified
  );
}

/** Downloads what is due and puts each object where it belongs. */
async function collect(
  { source, signal }: PackEffects,
  due: AsyncIterable<Due>,
  concurrency: number,
  records: RecordFile,
  failures: Failures,
): Promise<{ readonly missing: number; readonly kept: number }> {
  const bytesOf = ({ object }: Due): number => object.size ?? 0;
  const work = ({ object, old }: Due): Promise<Fetched> =>
    old ? Promise.resolve({ kind: 'kept', ...old }) : fetchObject(source, object);
  let missing = 0;
  let kept = 0;
  for await (const each of inOrder(due, { concurrency, maxBytes: BUFFER_BYTES, bytesOf }, work)) {
    signal.throwIfAborted();
    if (each.kind === 'missing') missing += 1;
    else if (each.kind === 'failed') await failures.add(each.failed, each.error, records.rows);
    else await records.add(each);
    if (each.kind === 'kept') kept += 1;
  }
  return { missing, kept };
}

/** A chunk without failures has rejects only if it had some before. */
async function publishRejects(
  { engine, staging, store, publish }: PackEffects,
  { dataset, chunk }: PackOptions,
  failures: Failures,
): Promise<void> {
  const partition = rejectsOfChunk(dataset, chunk);
  const before = await readManifest(store, prefixOf(partition));
  if (failures.count === 0 && (before?.manifest.rows.rejected ?? 0) === 0) return;
  const { file, schema } = await failures.write(engine, staging);
  const rows = { in: failures.count, out: 0, rejected: failures.count, filtered: 0 };
  await publish({ partition, files: [file], rows, holds: 'rejected', schema });
}

async function publishRecords(
  { engine, staging, publish }: PackEffects,
  { dataset, chunk, format }: PackOptions,
  packing: {
    readonly records: RecordFile;
    readonly rows: RowCounts;
    readonly list: Manifest;
    readonly before: Published | undefined;
  },
): Promise<void> {
  const { records, rows, list, before } = packing;
  const { file, schema } = await records.write(engine, staging, format);
  const name = prefixOf(listOfChunk(dataset, chunk));
  await publish({
    partition: packedChunk(dataset, chunk),
    files: [file],
    rows,
    schema,
    inputs: [{ name, version: versionOf(list), bytes: records.bytes, rows: rows.in }],
    replaces: before?.etag ?? null,
  });
}

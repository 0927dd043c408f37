import { rm, statfs } from 'node:fs/promises';
import type { Column } from '../../dataset/manifest.ts';
import type { DraftFile } from '../../dataset/publish.ts';
import type { Engine } from '../../engine/engine.ts';
import { EngineError } from '../../engine/error.ts';
import { sql } from '../../engine/sql.ts';
import { UserError } from '../../errors.ts';
import type { Staging } from '../../store/store.ts';
import { bytesText } from '../pack/wording.ts';
import { inWrittenOrder } from './in-written-order.ts';
import { joinQuery } from './query.ts';
import type { JoinSpec } from './spec.ts';
import type { HotKey, Part } from './split.ts';

export interface PartEffects {
  readonly engine: Engine;
  readonly staging: Staging;
  readonly log: (message: string) => void;
}

export interface PartOptions {
  readonly build: 'left' | 'right';
  readonly rowGroupRows: number;
  /** See `QueryOptions`. */
  readonly isUnique?: boolean;
  /** What a plain join is cut by where it turns out to need more memory than there is. */
  readonly heavy: readonly HotKey[];
  /** Bytes that may have to be spilled. */
  readonly spillBytes: number;
}

/** A file of rows, with its columns. */
export interface Joined {
  readonly file: DraftFile;
  readonly schema: readonly Column[];
}

/** How many a part is cut into when it does not fit. */
const CUT = 8;
const MOST_PARTS = 4096;

/**
 * Joins one part and writes it to a local file. A part that runs out of memory is done again by one
 * thread, then in smaller parts of it one after the other, each of which makes a file. The bytes of
 * a file follow from its rows and `rowGroupRows` alone: neither threads nor memory change them.
 */
export async function joinPart(
  effects: PartEffects,
  spec: JoinSpec,
  part: Part,
  options: PartOptions,
): Promise<readonly Joined[]> {
  const joined = await attempt(effects, spec, part, options);
  if (joined) return [joined];
  effects.log(`${nameOf(part)} does not fit into memory; trying again with one thread`);
  await effects.engine.execute(sql`set threads = 1`);
  const again = await attempt(effects, spec, part, options);
  return again ? [again] : await joinSmaller(effects, spec, part, options);
}

async function joinSmaller(
  effects: PartEffects,
  spec: JoinSpec,
  part: Part,
  options: PartOptions,
): Promise<readonly Joined[]> {
  const whole = divisible(part, options);
  const parts = whole.parts * CUT;
  if (parts > MOST_PARTS) {
    throw new UserError(
      `${nameOf(part)} does not fit into memory; give the join more with --memory=<size>, or try --strategy=hot`,
    );
  }
  effects.log(`${nameOf(part)} does not fit into memory; cutting it into ${CUT}`);
  const all: Joined[] = [];
  for (let turn = 0; turn < CUT; turn++) {
    const smaller = { ...whole, part: whole.part + turn * whole.parts, parts };
    const joined = await attempt(effects, spec, smaller, options);
    all.push(...(joined ? [joined] : await joinSmaller(effects, spec, smaller, options)));
  }
  return all;
}

/** The same rows as a part that more parts make smaller: those of one key are never cut by its hash. */
function divisible(part: Part, { heavy }: PartOptions): Part {
  const { strategy, part: number, parts } = part;
  if (strategy === 'plain') {
    return { ...part, strategy: heavy.length > 0 ? 'hot' : 'shards', hotKeys: heavy };
  }
  if (strategy !== 'shards' || heavy.length === 0) return part;
  const within = { part: number, parts };
  return { strategy: 'hot', within, part: 0, parts: 1, hotKeys: heavy };
}

/** Undefined where memory does not suffice. */
async function attempt(
  { engine, staging }: PartEffects,
  spec: JoinSpec,
  part: Part,
  { build, rowGroupRows, spillBytes, isUnique = false }: PartOptions,
): Promise<Joined | undefined> {
  const { query, isOrdered } = joinQuery(spec, part, { build, isUnique });
  const path = staging.path('joined.parquet');
  try {
    const { rows, schema } = await inWrittenOrder(engine, isOrdered, () =>
      engine.write(query, path, { rowGroupRows }),
    );
    return { file: { name: fileName(part), path, rows }, schema };
  } catch (error) {
    await rm(path, { force: true });
    if (!(error instanceof EngineError)) throw error;
    if (error.failure === 'out-of-memory') return undefined;
    throw error.failure === 'disk-full' ? await diskFull(error, staging, spillBytes) : error;
  }
}

async function diskFull(
  error: EngineError,
  { folder }: Staging,
  spillBytes: number,
): Promise<UserError> {
  const { bavail, bsize } = await statfs(folder);
  return new UserError(
    `The disk is full: the join spills what does not fit into memory to ${folder}, and needs about ${bytesText(spillBytes)} there, of which ${bytesText(bavail * bsize)} are free. ` +
      'Free some space and run the same command again, give it more with --memory=<size>, or cut it smaller with --strategy=shards --shards=<n>.',
    { cause: error },
  );
}

function fileName({ part, parts }: Part): string {
  const number = (value: number): string => String(value).padStart(5, '0');
  return parts === 1 ? 'data.parquet' : `part-${number(part + 1)}-of-${number(parts)}.parquet`;
}

function nameOf({ part, parts }: Part): string {
  return parts === 1 ? 'the join' : `part ${part + 1}/${parts}`;
}

import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { readManifest } from '../../dataset/published.ts';
import type { Reader } from '../../dataset/published.ts';
import { bytesText } from '../pack/wording.ts';
import { advise, tableBytes } from './advice.ts';
import type { Advice, Wishes } from './advice.ts';
import { lookFrom } from './facts.ts';
import type { Look, SideFacts } from './look.ts';
import { lookPartition, mainOf, sidesOf } from './request.ts';
import type { JoinRequest } from './request.ts';
import type { Source } from './sources.ts';

/** What a join would take, before it is done. */
export interface JoinEstimate {
  /** The left side as an argument names it. */
  readonly left: string;
  readonly advice: Advice;
  /** Of the files of both sides that a part reads rows of. */
  readonly leftBytes: number;
  readonly rightBytes: number;
  /** Of a part's hash tables. */
  readonly tableBytes: number;
  /** Whether the keys were looked at; else sizes of files are all that is known. */
  readonly isLookedAt: boolean;
}

/** Columns are compressed to about a quarter in a file, and rows are of about 100 bytes. */
const PACKED = 4;
const GUESSED_WIDTH = 100;

/** Estimates a join by what a former look has found, or by the sizes of its files. Reads manifests only. */
export async function estimateJoin(
  store: Reader,
  request: JoinRequest,
  wishes: Wishes,
): Promise<JoinEstimate> {
  const bytes: number[] = [];
  for (const { source } of sidesOf(request)) bytes.push(await bytesOf(store, source));
  const looked = await readManifest(store, prefixOf(lookPartition(request)));
  const look = looked ? lookFrom(looked.manifest.counts ?? {}) : guess(bytes);
  const advice = advise(request.how, look, wishes, mainOf(request));
  const [leftBytes = 0, ...rightBytes] = bytes;
  const built = advice.build === 'left' ? [look.left] : look.rights;
  const tables = built.reduce((sum, facts) => sum + tableBytes(facts, false), 0);
  return {
    left: request.left.text,
    advice,
    leftBytes,
    rightBytes: rightBytes.reduce((sum, each) => sum + each, 0),
    tableBytes: tables,
    isLookedAt: looked !== undefined,
  };
}

async function bytesOf(store: Reader, source: Source): Promise<number> {
  if (source.kind === 'files') return source.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const sizes = source.partitions.map((partition) => bytesOfPartition(store, partition));
  return (await Promise.all(sizes)).reduce((sum, bytes) => sum + bytes, 0);
}

async function bytesOfPartition(store: Reader, partition: Partition): Promise<number> {
  const published = await readManifest(store, prefixOf(partition));
  return (published?.manifest.files ?? []).reduce((sum, { bytes }) => sum + bytes, 0);
}

function guess(bytes: readonly number[]): Look {
  const sides = bytes.map((size): SideFacts => {
    const rows = Math.ceil((size * PACKED) / GUESSED_WIDTH);
    const width = GUESSED_WIDTH;
    return { rows, width, keyWidth: 16, groupBytes: 0, sampled: 0, nulls: 0, distinct: 0, keys: 0 };
  });
  const [left, ...rights] = sides;
  if (!left) throw new Error('a join has a left side');
  return { left, rights, heavy: [] };
}

interface EstimateTable {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly kind: 'text' | 'number' }[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly notes: readonly string[];
}

/** Estimates as a table, `more` being those that are not in it. */
export function estimateTable(estimates: readonly JoinEstimate[], more: number): EstimateTable {
  const isGuess = estimates.some(({ isLookedAt }) => !isLookedAt);
  return {
    title: 'What each join takes',
    columns: [
      { name: 'left', kind: 'text' },
      { name: 'strategy', kind: 'text' },
      { name: 'parts', kind: 'number' },
      { name: 'left bytes a part', kind: 'text' },
      { name: 'right bytes a part', kind: 'text' },
      { name: 'memory a part', kind: 'text' },
    ],
    rows: estimates.map(({ left, advice, leftBytes, rightBytes, tableBytes: table }) => {
      const { strategy, shards } = advice;
      // By salt the right side goes to every part.
      const rightParts = strategy === 'salted' ? 1 : shards;
      return [
        left,
        strategy,
        shards,
        bytesText(Math.ceil(leftBytes / shards)),
        bytesText(Math.ceil(rightBytes / rightParts)),
        bytesText(
          Math.ceil(table / (strategy === 'salted' && advice.build === 'right' ? 1 : shards)),
        ),
      ];
    }),
    notes: [
      ...(more > 0 ? [`and ${more} more`] : []),
      'Each is join:look, join:shard for each of several parts, and join:collect. Bytes of files; memory of hash tables.',
      ...(isGuess ? ['Guessed by the sizes of files; the run looks at the keys first.'] : []),
    ],
  };
}

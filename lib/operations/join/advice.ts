import type { HeavyKey, Look, SideFacts } from './look.ts';
import { engineBytes, SCAN_FACTOR } from './memory.ts';
import type { How, Strategy } from './spec.ts';

/** How a join is to be done, and why in words. */
export interface Advice {
  readonly strategy: Strategy;
  readonly shards: number;
  /** The side to build hash tables of. */
  readonly build: 'left' | 'right';
  /** Default: as many as there are cores. */
  readonly threads?: number;
  readonly hotKeys: number;
  /** Positions of sides (0: left) to be written in smaller row groups first, since theirs do not fit into memory. */
  readonly repack: readonly number[];
  readonly because: string;
}

export interface Wishes {
  readonly strategy: Strategy | 'auto';
  readonly memoryBytes: number;
  readonly shards?: number;
  readonly hotKeys?: number;
}

/** Beside its columns a row of a hash table takes its hash, a pointer and its share of the table of pointers. */
const ROW_OVERHEAD_BYTES = 32;

/**
 * A hash table of so many times the engine's memory is still built at once: it spills, which is
 * faster than to read both sides once for each of several parts (measured: 25 s against 39 s).
 */
const SPILL_FACTOR = 2;

/**
 * A part's hash table is to take this share of the engine's memory at most. Fewer parts that spill a
 * little are faster than more that do not, since each part reads both sides again.
 */
const PART_SHARE = 0.8;

/** Reading row groups may take this share of the engine's memory. */
const SCAN_SHARE = 0.5;

/**
 * Rows of so many bytes are few to a block of the engine's, and sorting more of them than fit into
 * memory fails; rows of fewer bytes are sorted in pieces on disk, however many they are.
 */
const WIDE_ROW_BYTES = 512;

const DEFAULT_SHARDS = 8;
const MOST_SHARDS = 1024;
const DEFAULT_HOT_KEYS = 32;

/** Chooses a strategy by what is known of the keys and the memory there is. */
export function advise(how: How, look: Look, wishes: Wishes, main = 0): Advice {
  const engine = engineBytes(wishes.memoryBytes);
  const right = look.rights[main] ?? look.left;
  const isKeysOnly = how === 'semi' || how === 'anti' || how === 'rest';
  const leftBytes = tableBytes(look.left, how === 'rest');
  const rightBytes = tableBytes(right, isKeysOnly && how !== 'rest');
  const build = look.rights.length === 1 && leftBytes < rightBytes ? 'left' : 'right';
  const bytes = build === 'left' ? leftBytes : rightBytes;
  const others = look.rights.reduce(
    (sum, facts, index) => sum + (index === main ? 0 : tableBytes(facts, isKeysOnly)),
    0,
  );
  const room = Math.max(engine * PART_SHARE - others, engine * 0.05);
  const repack = tooWide(look, engine);
  const threads = needsOneThread(look, engine) ? { threads: 1 } : {};
  const hot = hotOf(
    look.heavy,
    build,
    bytes / Math.max((build === 'left' ? look.left : right).rows, 1),
  );
  const sorting = sortingParts(how, look, engine);
  const fitting = clamp(Math.max(Math.ceil(bytes / room), sorting));
  const size = `a hash table of the ${build} side takes about ${mb(bytes)} of the ${mb(engine)} that the engine may use`;
  const found = { build, ...threads, hotKeys: 0, repack } as const;
  const { strategy } = wishes;
  const shards = wishes.shards ?? (fitting > 1 ? fitting : DEFAULT_SHARDS);
  const hotKeys = Math.min(wishes.hotKeys ?? DEFAULT_HOT_KEYS, look.heavy.length);
  if (strategy === 'plain') return { ...found, strategy, shards: 1, because: 'asked for' };
  if (strategy !== 'auto') {
    return {
      ...found,
      strategy,
      shards,
      hotKeys: strategy === 'hot' ? hotKeys : 0,
      because: 'asked for',
    };
  }
  if (sorting === 1 && bytes + others <= engine * SPILL_FACTOR && hot.bytes <= room) {
    const spills = bytes + others > engine * PART_SHARE ? ', which spills a little' : '';
    return { ...found, strategy: 'plain', shards: 1, because: `${size}${spills}` };
  }
  const wide = sorting > 1 ? ', and the rows of the result are too wide to be sorted at once' : '';
  if (hot.bytes <= room) return { ...found, strategy: 'shards', shards, because: size + wide };
  return {
    ...found,
    strategy: 'hot',
    shards,
    hotKeys: wishes.hotKeys ?? Math.max(hot.keys, 1),
    because: `${size}, ${mb(hot.bytes)} of it for one key, which parts by key cannot make smaller`,
  };
}

/** `shards in 8 parts: …` */
export function adviceText({ strategy, shards, threads, repack, because }: Advice): string {
  const parts = shards > 1 ? ` in ${shards} parts` : '';
  const alone = threads === 1 ? ' by one thread' : '';
  const packed = repack.length > 0 ? ', of sides in smaller row groups' : '';
  return `${strategy}${parts}${alone}${packed}: ${because}`;
}

/** What a hash table of a side takes in memory. */
export function tableBytes({ rows, width, keyWidth }: SideFacts, isKeysOnly: boolean): number {
  return rows * ((isKeysOnly ? keyWidth : Math.max(width, keyWidth)) + ROW_OVERHEAD_BYTES);
}

/** In how many parts the result has to be sorted, if every row of the larger side comes out once. */
function sortingParts(how: How, { left, rights }: Look, engine: number): number {
  const isLeftOnly = how === 'semi' || how === 'anti';
  const width = left.width + (isLeftOnly ? 0 : rights.reduce((sum, side) => sum + side.width, 0));
  return width < WIDE_ROW_BYTES ? 1 : Math.max(1, Math.ceil((left.rows * width) / engine));
}

/** Sides of which not even one row group may be read at a time. */
function tooWide({ left, rights }: Look, engine: number): readonly number[] {
  const sides = [left, ...rights].entries();
  return [...sides].flatMap(([side, { groupBytes }]) =>
    groupBytes * SCAN_FACTOR > engine * SCAN_SHARE ? [side] : [],
  );
}

/** Whether two threads would hold too much of those row groups that one may read. */
function needsOneThread({ left, rights }: Look, engine: number): boolean {
  const room = engine * SCAN_SHARE;
  const sizes = [left, ...rights].map(({ groupBytes }) => groupBytes * SCAN_FACTOR);
  return sizes.some((bytes) => bytes <= room && bytes * 2 > room);
}

/** The most frequent key of the side that is built, and how many keys have as good as its share. */
function hotOf(
  heavy: readonly HeavyKey[],
  build: 'left' | 'right',
  rowBytes: number,
): { readonly bytes: number; readonly keys: number } {
  const bytes = heavy.map((key) => key[build] * rowBytes).sort((a, b) => b - a);
  const most = bytes[0] ?? 0;
  return { bytes: most, keys: bytes.filter((each) => each * 20 >= most).length };
}

function clamp(shards: number): number {
  return Math.min(Math.max(shards, 1), MOST_SHARDS);
}

function mb(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

import { checkDataset } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import { UsageError } from '../../errors.ts';

/** What a join keeps beside its result: `joins/<to>/looks`, `…/sides` and, until it is done, `…/shards`. */
const BESIDE = 'joins';

/** Throws UsageError for what cannot be the name of a join's result. */
export function checkTarget(to: string): void {
  checkDataset(to);
  if (to.split('/')[0] !== BESIDE) return;
  throw new UsageError(
    `--to: '${to}' begins with '${BESIDE}/', where joins keep their work; choose another name`,
  );
}

/** What is known of the keys of a join whose result is this partition. */
export function lookOf({ dataset, keys }: Partition): Partition {
  return { dataset: `${BESIDE}/${dataset}/looks`, keys };
}

/** A side that was read from text, or a part of it. */
export function sideOf(to: string, side: string, part: string): Partition {
  return { dataset: `${BESIDE}/${to}/sides`, keys: { side, part } };
}

/** A side in smaller row groups, until all parts are there. */
export function packedOf({ dataset, keys }: Partition, side: string): Partition {
  return { dataset: `${BESIDE}/${dataset}/packed`, keys: { ...keys, side } };
}

/** The rows of one part of a join, until all parts are there. */
export function shardOf({ dataset, keys }: Partition, shard: string): Partition {
  return { dataset: `${BESIDE}/${dataset}/shards`, keys: { ...keys, shard } };
}

/** The folders of what a join needs until it is done, as partitions without their last key. */
export function intermediateOf({ dataset, keys }: Partition): readonly Partition[] {
  return ['shards', 'packed'].map((name) => ({ dataset: `${BESIDE}/${dataset}/${name}`, keys }));
}

/** Which of how many, from 1. */
export interface Fraction {
  readonly number: number;
  readonly of: number;
}

/** Reads `3/8`. Throws UsageError for anything else. */
export function parseFraction(text: string, option: string): Fraction {
  const [, number, of] = /^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? [];
  if (Number(number) >= 1 && Number(number) <= Number(of)) {
    return { number: Number(number), of: Number(of) };
  }
  throw new UsageError(
    `${option}: '${text}' is not a part of a whole; write for example ${option}=3/8`,
  );
}

/** `3/8` as an option's value. */
export function fractionText({ number, of }: Fraction): string {
  return `${number}/${of}`;
}

/** `00003-of-00008`, as the value of a partition's key. */
export function fractionKey({ number, of }: Fraction): string {
  return `${String(number).padStart(5, '0')}-of-${String(of).padStart(5, '0')}`;
}

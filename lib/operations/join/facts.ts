import type { Counts } from '../../dataset/manifest.ts';
import type { HeavyKey, Look, SideFacts } from './look.ts';

/** What a look found, as the counts of a manifest; the values of the frequent keys are in its file. */
export function countsOfLook({ left, rights, heavy }: Look): Counts {
  const sides = [left, ...rights].flatMap((facts, side) =>
    Object.entries(facts).map(([name, value]): [string, number] => [`side${side}.${name}`, value]),
  );
  const keys = heavy.flatMap((key, index): [string, number][] => [
    [`heavy${index}.left`, key.left],
    [`heavy${index}.right`, key.right],
  ]);
  return Object.fromEntries([...sides, ...keys]);
}

/** The same read back; `values` are those of the frequent keys, none where only their rows matter. */
export function lookFrom(counts: Counts, values: readonly (readonly string[])[] = []): Look {
  const has = (name: string): boolean => counts[name] !== undefined;
  const rights: SideFacts[] = [];
  for (let side = 1; has(`side${side}.rows`); side++) rights.push(factsFrom(counts, side));
  const heavy: HeavyKey[] = [];
  for (let index = 0; has(`heavy${index}.left`); index++) {
    heavy.push({
      values: values[index] ?? [],
      left: counts[`heavy${index}.left`] ?? 0,
      right: counts[`heavy${index}.right`] ?? 0,
    });
  }
  return { left: factsFrom(counts, 0), rights, heavy };
}

function factsFrom(counts: Counts, side: number): SideFacts {
  const at = (name: keyof SideFacts): number => counts[`side${side}.${name}`] ?? 0;
  return {
    rows: at('rows'),
    width: at('width'),
    keyWidth: at('keyWidth'),
    groupBytes: at('groupBytes'),
    sampled: at('sampled'),
    nulls: at('nulls'),
    distinct: at('distinct'),
    keys: at('keys'),
  };
}

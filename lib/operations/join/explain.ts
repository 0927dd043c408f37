import type { Engine } from '../../engine/engine.ts';
import { numberAt } from '../../engine/row.ts';
import { raw, sql } from '../../engine/sql.ts';
import { bytesText, countText } from '../pack/wording.ts';
import { adviceText, tableBytes } from './advice.ts';
import type { Advice } from './advice.ts';
import type { LocalFile } from './load.ts';
import { sampleOf } from './look.ts';
import type { HeavyKey, Look, SideFacts } from './look.ts';
import { joinCondition, keysOf } from './query.ts';
import type { JoinSpec } from './spec.ts';

interface ExplainTable {
  readonly title: string;
  readonly columns: readonly {
    readonly name: string;
    readonly kind: 'text' | 'number' | 'bar';
  }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  readonly notes: readonly string[];
}

/** Frequent keys shown. */
const SHOWN = 15;

/** The most frequent keys of both sides, with the part of the rows that each has, as numbers and as bars. */
export function keysTable({ left, rights, heavy }: Look, spec: JoinSpec): ExplainTable {
  const right = rights[spec.main] ?? left;
  const share = (rows: number, { rows: all }: SideFacts): number =>
    all === 0 ? 0 : Math.round((rows / all) * 10_000) / 100;
  return {
    title: 'Most frequent keys, by samples of both sides',
    columns: [
      { name: 'key', kind: 'text' },
      { name: 'left rows', kind: 'number' },
      { name: '% of left', kind: 'bar' },
      { name: 'right rows', kind: 'number' },
      { name: '% of right', kind: 'bar' },
    ],
    rows: heavy
      .slice(0, SHOWN)
      .map((key) => [
        key.values.join(', '),
        key.left,
        share(key.left, left),
        key.right,
        share(key.right, right),
      ]),
    notes: heavy.length === 0 ? ['No key has as much as 0.1 % of the rows of a side.'] : [],
  };
}

/** What is known of the sides, and the strategy that follows from it. */
export function sidesTable(look: Look, names: readonly string[], advice: Advice): ExplainTable {
  const sides = [look.left, ...look.rights];
  return {
    title: 'Sides',
    columns: [
      { name: 'side', kind: 'text' },
      { name: 'rows', kind: 'number' },
      { name: 'hash table', kind: 'text' },
      { name: 'NULL keys %', kind: 'number' },
      { name: 'rows a key', kind: 'number' },
      { name: 'skew', kind: 'number' },
    ],
    rows: sides.map((facts, index) => [
      names[index] ?? '',
      facts.rows,
      bytesText(tableBytes(facts, false)),
      percent(facts.nulls, facts.sampled),
      rounded(facts.sampled / Math.max(facts.distinct, 1)),
      skewOf(facts, look.heavy, index),
    ]),
    notes: [
      'Rows a key and NULLs: of a sample. Skew: rows of the most frequent key, in times of the mean.',
      `Advice: ${adviceText(advice)}`,
    ],
  };
}

function skewOf(
  { rows, sampled, distinct }: SideFacts,
  heavy: readonly HeavyKey[],
  index: number,
): number {
  const most = Math.max(0, ...heavy.map((key) => (index === 0 ? key.left : key.right)));
  const share = rows === 0 ? 0 : most / rows;
  const mean = 1 / Math.max(Math.min(distinct, sampled), 1);
  return rounded(Math.max(share / mean, 1));
}

/** What part of the left side's rows matches nothing on each right side, by a sample of them. */
export async function unmatchedNotes(
  engine: Engine,
  spec: JoinSpec,
  files: readonly LocalFile[],
): Promise<readonly string[]> {
  const left = await sampleOf(engine, spec.left, files);
  const sample = keysOf({ ...spec, left }, 'left', raw('true'));
  const notes: string[] = [];
  for (const index of spec.rights.keys()) {
    const right = keysOf(spec, index, raw('true'));
    const [row = {}] = await engine.rows(sql`
      select (select count(*) from (${sample})) as rows,
        (select count(*) from (${sample}) l semi join (${right}) ${raw(`r${index}`)}
          on ${joinCondition(spec, index)}) as matched`);
    const rows = numberAt(row, 'rows');
    const share = percent(rows - numberAt(row, 'matched'), rows);
    const which = spec.rights.length > 1 ? ` ${index + 1}` : '';
    notes.push(
      `About ${share} % of the left side's rows match nothing on right side${which} (of ${countText(rows)} looked at).`,
    );
  }
  return notes;
}

function percent(part: number, whole: number): number {
  return rounded((part / Math.max(whole, 1)) * 100);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

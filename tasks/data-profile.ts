import { findPlace } from '../lib/operations/relation/place.ts';
import { profile } from '../lib/operations/relation/profile.ts';
import type { ColumnProfile, Profile } from '../lib/operations/relation/profile.ts';
import { openRelation } from '../lib/operations/relation/relation.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Summary } from '../lib/task/task.ts';
import { notesOf } from './data-show.ts';
import { cellOf } from './data-table.ts';

export const dataProfile = defineTask({
  name: 'data:profile',
  summary: 'Show what the values of every column are like',
  usage: `Usage:
  data:profile -- <uri>

Of each column: its type, NULLs, distinct values, the most frequent ones; of numbers and times also the quartiles and
how the values are spread between the least and the greatest. <uri> is what data:show understands.

For example:
  pipe data:profile -- events
  pipe data:profile -- people.csv`,
  async *show({ uri }, context) {
    const engine = await context.engine();
    const relation = await openRelation(engine, await findPlace(uri, context));
    const found = await profile(engine, relation);
    const notes = [...notesOf(relation), ...estimated(found)];
    yield valuesTable(uri, found, notes);
    const measured = found.columns.filter(({ quartiles }) => quartiles);
    if (measured.length > 0) yield spreadTable(measured);
  },
});

function estimated({ isExact }: Profile): string[] {
  return isExact ? [] : ['So many rows: distinct values and quartiles are estimates'];
}

function valuesTable(uri: string, { rows, columns }: Profile, notes: readonly string[]): Summary {
  return {
    title: `${uri}: ${rows} rows, ${columns.length} columns`,
    columns: [
      { name: 'column', kind: 'text' },
      { name: 'type', kind: 'text' },
      { name: 'NULLs', kind: 'number' },
      { name: 'distinct', kind: 'number' },
      { name: 'most frequent', kind: 'text' },
    ],
    rows: columns.map((each) => [
      each.name,
      shortType(each.type),
      each.nulls === 0 ? null : `${percent(each.nulls, rows)} %`,
      each.distinct,
      each.distinct === rows && rows > 1 ? 'every value once' : topText(each),
    ]),
    notes,
  };
}

function spreadTable(columns: readonly ColumnProfile[]): Summary {
  return {
    title: 'Numbers and times',
    columns: [
      { name: 'column', kind: 'text' },
      { name: 'min', kind: 'number' },
      { name: '25 %', kind: 'number' },
      { name: 'median', kind: 'number' },
      { name: '75 %', kind: 'number' },
      { name: 'max', kind: 'number' },
      { name: 'spread', kind: 'spark' },
    ],
    rows: columns.map(({ name, min = null, max = null, quartiles = [], histogram = null }) => {
      const [low = null, median = null, high = null] = quartiles;
      return [name, min, low, median, high, max, histogram];
    }),
    notes: [],
  };
}

function topText({ top }: ColumnProfile): string {
  return top.map(({ value, rows }) => `${short(cellOf(value))} (${rows})`).join(', ');
}

/** Long enough to know a value by, short enough for three of them. */
function short(text: string): string {
  return text.length > 30 ? `${text.slice(0, 29)}…` : text;
}

function shortType(type: string): string {
  return type.replace('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ');
}

/** `0.1`, and never 0 for what is something. */
function percent(part: number, whole: number): string {
  return String(Math.max(0.1, Math.round((part * 1000) / whole) / 10));
}

import { compare, examplesOf, sharedOf } from '../lib/operations/relation/diff.ts';
import type { Difference } from '../lib/operations/relation/diff.ts';
import { NotHeldError } from '../lib/errors.ts';
import { findPlace } from '../lib/operations/relation/place.ts';
import { demandWhole, openRelation } from '../lib/operations/relation/relation.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Summary } from '../lib/task/task.ts';
import { integer, list } from '../lib/task/values.ts';
import { cellOf } from './data-table.ts';

export const dataDiff = defineTask({
  name: 'data:diff',
  summary: 'Compare two datasets or files row by row',
  usage: `--key=<columns> [--examples=<n>] <a> <b>

Options:
  --key=<columns>  Columns that tell rows apart, separated by commas.
  --examples=<n>   How many rows of each kind to show [default: 5].

<a> and <b> are what data:show understands. The exit code is 0 when they are the same and 5 when they differ.

For example:
  pipe data:diff -- --key=id before.csv after.csv
  pipe data:diff -- --key=site,date,hour stats/pageloads s3://bucket/pageloads.parquet`,
  async *show({ a, b, ...args }, context) {
    const key = list(args.key, '--key');
    const count = integer(args.examples, { option: '--examples', min: 0 });
    const engine = await context.engine();
    const left = await openRelation(engine, await findPlace(a, context));
    await demandWhole(engine, left);
    const right = await openRelation(engine, await findPlace(b, context));
    await demandWhole(engine, right);
    const found = await compare(engine, left, right, key);
    yield countsOf(a, b, found);
    if (found.columns.length > 0) yield columnsOf(a, b, found);
    if (!hasDifference(found)) return;
    const examples = await examplesOf(engine, left, right, { key, count });
    if (examples.length > 0) {
      const names = [...key, ...sharedOf(left, right, key)];
      yield {
        title: 'Examples',
        columns: ['', ...names].map((name) => ({ name, kind: 'text' })),
        rows: examples.map(({ what, row }) => [
          what,
          ...names.map((name) => cellOf(row[name] ?? null)),
        ]),
        notes: [],
      };
    }
    throw new NotHeldError(`'${a}' and '${b}' differ`);
  },
});

function hasDifference({ added, removed, changed, columns }: Difference): boolean {
  return added + removed + changed + columns.length > 0;
}

function countsOf(a: string, b: string, found: Difference): Summary {
  const changes = found.changes.map(({ column, rows }) => `${column} (${rows})`).join(', ');
  return {
    title: `${a} and ${b}`,
    columns: [
      { name: 'rows', kind: 'text' },
      { name: 'number', kind: 'number' },
    ],
    rows: [
      [`in ${a}`, found.rows.a],
      [`in ${b}`, found.rows.b],
      ['the same', found.same],
      ['changed', found.changed],
      [`added, in ${b} alone`, found.added],
      [`removed, in ${a} alone`, found.removed],
    ],
    notes: changes === '' ? [] : [`Changed: ${changes}`],
  };
}

function columnsOf(a: string, b: string, { columns }: Difference): Summary {
  return {
    title: 'Columns that differ',
    columns: ['column', a, b].map((name) => ({ name, kind: 'text' })),
    rows: columns.map((each) => [each.column, each.a ?? 'none', each.b ?? 'none']),
    notes: [],
  };
}

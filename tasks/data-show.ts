import { raw, sql } from '../lib/engine/sql.ts';
import type { Engine } from '../lib/engine/engine.ts';
import { numberAt } from '../lib/engine/row.ts';
import { UserError } from '../lib/errors.ts';
import { findPlace } from '../lib/operations/relation/place.ts';
import { openRelation } from '../lib/operations/relation/relation.ts';
import type { Relation } from '../lib/operations/relation/relation.ts';
import { defineTask } from '../lib/task/define.ts';

import { integer } from '../lib/task/values.ts';
import { rowsAs } from './data-rows.ts';
import { tableOf } from './data-table.ts';

const uriHelp = `Arguments:
  <uri>  A dataset of the store (events) or some of its partitions (events/site=a), a file, a folder, a glob,
         s3://bucket/key, or - for stdin. A dataset wins over a path of the same name; ./events is the path.`;

export const dataShow = defineTask({
  name: 'data:show',
  summary: 'Show the first rows of a dataset, a file or an S3 object',
  usage: `Usage:
  data:show -- [--rows=<n>] [--format=<table|csv|jsonl>] <uri>

${uriHelp}

Options:
  --rows=<n>      How many, or all [default: 20].
  --format=<table|csv|jsonl>  How to print them [default: table].

For example:
  pipe data:show -- stats/pageloads
  pipe data:show -- --rows=all --format=csv events/site=a > a.csv`,
  async *show(args, context) {
    const rows = args.rows === 'all' ? undefined : integer(args.rows, { option: '--rows', min: 0 });
    const engine = await context.engine();
    const look = rows === undefined ? 'all' : 'start';
    const relation = await openRelation(engine, await findPlace(args.uri, context), { look });
    yield* rowsAs(args.format, limited(relation, rows), context, notesOf(relation));
  },
});

export const dataSchema = defineTask({
  name: 'data:schema',
  summary: 'Show the columns of a dataset or a file and their types',
  usage: `Usage:
  data:schema -- <uri>

${uriHelp}

For example:
  pipe data:schema -- events/site=a
  pipe data:schema -- 'logs/**/*.csv.gz'`,
  async *show({ uri }, context) {
    const place = await findPlace(uri, context);
    const relation = await openRelation(await context.engine(), place);
    const keys = new Set(place.files.flatMap((file) => Object.keys(file.keys ?? {})));
    const files = place.files.length === 1 ? '1 file' : `${place.files.length} files`;
    yield tableOf(
      ['column', 'type', 'from'].map((name) => ({ name, type: 'VARCHAR' })),
      relation.columns.map(({ name, type }) => ({
        column: name,
        type,
        from: keys.has(name) ? 'partition' : 'file',
      })),
      { title: `${uri}: ${relation.columns.length} columns of ${files}`, notes: notesOf(relation) },
    );
  },
});

export const dataCount = defineTask({
  name: 'data:count',
  summary: 'Count the rows of a dataset or a file',
  usage: `Usage:
  data:count -- <uri>

${uriHelp}

For example:
  pipe data:count -- events
  cat people.csv | pipe data:count -- -`,
  async *show({ uri }, context) {
    const engine = await context.engine();
    const relation = await openRelation(engine, await findPlace(uri, context));
    yield `${await countOf(engine, relation)}\n`;
    if (relation.rejected === 0) return;
    throw new UserError(
      `'${uri}': ${unread(relation.rejected)}, and not counted; ${convertHint(uri)}`,
    );
  },
});

async function countOf(engine: Engine, { query, rows }: Relation): Promise<number> {
  if (rows !== undefined) return rows;
  const [row = {}] = await engine.rows(sql`select count(*) as n from (${query})`);
  return numberAt(row, 'n');
}

function limited(relation: Relation, rows: number | undefined): Relation {
  if (rows === undefined) return relation;
  return { ...relation, query: sql`from (${relation.query}) limit ${raw(String(rows))}` };
}

/** What a person has to know who sees these rows. */
export function notesOf({ name, rejected }: Relation): string[] {
  return rejected === 0 ? [] : [`${unread(rejected)}, and left out here; ${convertHint(name)}`];
}

function unread(count: number): string {
  return `${count} ${count === 1 ? 'record' : 'records'} cannot be read`;
}

function convertHint(name: string): string {
  return `pipe data:convert -- ${name} <to> keeps them with their lines and reasons`;
}

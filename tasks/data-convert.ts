import { sql } from '../lib/engine/sql.ts';
import { UsageError, UserError } from '../lib/errors.ts';
import { formatNamed } from '../lib/formats/file-name.ts';
import { copyRows } from '../lib/operations/relation/copy.ts';
import { writeTo } from '../lib/operations/relation/output.ts';
import { findPlace } from '../lib/operations/relation/place.ts';
import { dataRejects } from '../lib/operations/relation/rejects.ts';
import { columnsOf, openRelation } from '../lib/operations/relation/relation.ts';
import type { Relation } from '../lib/operations/relation/relation.ts';
import { parseTypes } from '../lib/operations/relation/types.ts';
import { defineTask } from '../lib/task/define.ts';
import type { RunContext } from '../lib/task/task.ts';
import { limit } from '../lib/task/values.ts';
import type { Limit } from '../lib/task/values.ts';

export const dataConvert = defineTask({
  name: 'data:convert',
  summary: 'Convert files between CSV, TSV, JSON lines, JSON and Parquet',
  usage: `[--types=<types>] [--max-rejects=<limit>] <from> <to>

Options:
  --types=<types>        Types of columns that are not to be told from their values: id:text,price:decimal(10,2).
  --max-rejects=<limit>  Fail when more records cannot be read: a number, or a part such as 0.5%.

<from> is what data:show understands, or - for stdin; <to> is a file or s3://bucket/key whose name says the format:
.csv, .tsv, .jsonl, .json or .parquet, and .gz or .zst behind to compress text; .zst takes less than half of the time, and
no room for the text as it is. The file appears when it is whole.
Records that cannot be read go to <to>.rejects.jsonl with their source, line, reason and text.

For example:
  pipe data:convert -- 'logs/*.csv.gz' logs.parquet
  pipe data:convert -- --types=id:text s3://bucket/people.csv people.jsonl`,
  async run({ from, to, types, 'max-rejects': max }, context) {
    const format = formatNamed(to);
    if (!format) {
      throw new UsageError(
        `'${to}' does not say its format; end it in .csv, .tsv, .jsonl, .json or .parquet, with .gz or .zst behind if text is to be compressed` +
          (to === '-'
            ? '. For stdout there is pipe data:show -- --rows=all --format=csv <uri>'
            : ''),
      );
    }
    const most = max === undefined ? undefined : limit(max, '--max-rejects');
    const engine = await context.engine();
    const relation = await openRelation(engine, await findPlace(from, context), {
      ...(types !== undefined && { types: parseTypes(types) }),
    });
    const out = await writeTo(to, context, async (path) => {
      const rows = await copyRows(engine, relation, path, format);
      demandAll(relation, rows);
      demandFew(relation, rows, most);
      await writeRejects(relation, `${to}.rejects.jsonl`, context);
      return rows;
    });
    context.log(`${out} ${out === 1 ? 'row' : 'rows'} in ${to}`);
    const { rejected } = relation;
    return { rows: { in: out + rejected, out, rejected, filtered: 0 } };
  },
});

/** Records are counted before they are written, by another statement. */
function demandAll({ name, rows, rejected }: Relation, out: number): void {
  if (rows === undefined || rows === out) return;
  throw new Error(
    `'${name}': ${rows} records and ${rejected} rejected were read, but ${out} written`,
  );
}

function demandFew({ name, rejected }: Relation, out: number, most: Limit | undefined): void {
  if (most === undefined) return;
  const allowed = 'count' in most ? most.count : most.fraction * (out + rejected);
  if (rejected <= allowed) return;
  throw new UserError(
    `'${name}': ${rejected} of ${out + rejected} records cannot be read, more than --max-rejects allows; nothing was written. Leave the option out to see them in a file of their own`,
  );
}

/** Before the rows: who sees these sees the rejects, too. */
async function writeRejects(
  { rejected }: Relation,
  uri: string,
  context: RunContext,
): Promise<void> {
  if (rejected === 0) return;
  const engine = await context.engine();
  const query = sql`select * from ${dataRejects}`;
  const columns = await columnsOf(engine, query);
  const format = { format: 'jsonl', compression: 'uncompressed' } as const;
  await writeTo(uri, context, (path) => copyRows(engine, { query, columns }, path, format));
  context.log(`${rejected} ${rejected === 1 ? 'record' : 'records'} that cannot be read in ${uri}`);
}

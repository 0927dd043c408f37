import { queryError } from '../lib/engine/query-error.ts';
import { UsageError } from '../lib/errors.ts';
import { formatNamed } from '../lib/formats/file-name.ts';
import type { NamedFormat } from '../lib/formats/file-name.ts';
import { copyRows } from '../lib/operations/relation/copy.ts';
import { writeTo } from '../lib/operations/relation/output.ts';
import { openQuery } from '../lib/operations/relation/query.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Shown, SummaryContext } from '../lib/task/task.ts';
import { rowsAs } from './data-rows.ts';

export const dataSql = defineTask({
  name: 'data:sql',
  summary: 'Ask the datasets of the store in SQL, which are its tables',
  usage: `[--format=<table|csv|jsonl|parquet>] [--out=<uri>] [--table=<name=uri>]... <query>

Options:
  --format=<table|csv|jsonl|parquet>  Of the rows; by the name of --out, else table.
  --out=<uri>         File or s3://bucket/key for the rows; it appears when it is whole.
  --table=<name=uri>  A table beside the datasets, made of what data:show understands.

A dataset is a table by its name with dots, stats.pageloads, or in quotes, "stats/pageloads"; the keys of its
partitions are columns. Of S3 only what the query names is fetched. The query reaches no other file and no network.

For example:
  pipe data:sql -- "select site, sum(pageloads) from stats.pageloads where hour is null group by all"
  pipe data:sql -- --table=people=people.csv --out=grown-ups.parquet "from people where age >= 18"`,
  async *show(args, context) {
    const tables = tablesOf(args.table);
    try {
      if (args.out === undefined) yield* toStdout(args.query, tables, args.format, context);
      else yield await toFile(args.query, tables, { uri: args.out, format: args.format }, context);
    } catch (error) {
      throw queryError('the query', args.query, error);
    }
  },
});

type Format = 'table' | 'csv' | 'jsonl' | 'parquet';

async function* toStdout(
  query: string,
  tables: ReadonlyMap<string, string>,
  format: Format = 'table',
  context: SummaryContext,
): AsyncGenerator<Shown, void, undefined> {
  if (format === 'parquet') {
    throw new UsageError(
      '--format: parquet is not for a terminal; name a file, such as --out=rows.parquet',
    );
  }
  yield* rowsAs(format, await openQuery(query, { tables }, context), context);
}

async function toFile(
  query: string,
  tables: ReadonlyMap<string, string>,
  out: { readonly uri: string; readonly format: Format | undefined },
  context: SummaryContext,
): Promise<Shown> {
  const format = formatOf(out.uri, out.format);
  const rows = await writeTo(out.uri, context, async (path) => {
    const relation = await openQuery(query, { tables, writable: [path] }, context);
    return await copyRows(await context.engine(), relation, path, format);
  });
  return `${rows} ${rows === 1 ? 'row' : 'rows'} in ${out.uri}\n`;
}

function formatOf(uri: string, format: Format | undefined): NamedFormat {
  const named = formatNamed(uri);
  if (format === undefined && named) return named;
  if (format === undefined || format === 'table') {
    throw new UsageError(
      `--out: '${uri}' does not say its format; end it in .csv, .tsv, .jsonl, .json or .parquet (.gz or .zst behind), or add --format=<csv|jsonl|parquet>`,
    );
  }
  return { format, compression: named?.compression ?? 'uncompressed' };
}

function tablesOf(given: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    given.map((text): [string, string] => {
      const [, name = '', uri = ''] = /^([a-z_]\w*)=(.+)$/is.exec(text) ?? [];
      if (name === '')
        throw new UsageError(
          `--table: '${text}' is not a name and a place; write for example --table=people=people.csv`,
        );
      return [name, uri];
    }),
  );
}

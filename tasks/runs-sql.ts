import type { Row, Value } from '../lib/engine/engine.ts';
import { queryError } from '../lib/engine/query-error.ts';
import { raw } from '../lib/engine/sql.ts';
import { csvLine } from '../lib/formats/csv.ts';
import { ledgerKey } from '../lib/ledger/ledger.ts';
import { runsIn } from '../lib/ledger/read.ts';
import { makeLedgerTables } from '../lib/operations/ledger-tables.ts';
import type { LedgerFile } from '../lib/operations/ledger-tables.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Summary, SummaryCell, SummaryContext } from '../lib/task/task.ts';

export const runsSql = defineTask({
  name: 'runs:sql',
  summary: 'Ask the ledger in SQL: the tables are runs, invocations and logs',
  usage: `[--format=<table|csv|jsonl>] <query>

Options:
  --format=<table|csv|jsonl>  How to print the rows [default: table].

For example:
  pipe runs:sql -- "select task, avg(duration_ms) from invocations group by all"
  pipe runs:sql -- "describe invocations"`,
  async *show(args, context) {
    const engine = await context.engine();
    await makeLedgerTables(engine, await filesOf(context));
    // The query is the user's own: it may do what the user may.
    const rows = await engine.rows(raw(args.query)).catch((error: unknown) => {
      throw queryError('the query of runs, invocations and logs', args.query, error);
    });
    const names = Object.keys(rows[0] ?? {});
    if (args.format === 'table') yield tableOf(names, rows);
    if (args.format === 'csv' && rows.length > 0) yield csvLine(names);
    for (const row of args.format === 'table' ? [] : rows) {
      yield args.format === 'csv'
        ? csvLine(names.map((name) => textOf(row[name] ?? null)))
        : `${jsonOf(row)}\n`;
    }
  },
});

async function filesOf(context: SummaryContext): Promise<LedgerFile[]> {
  const { store } = context;
  const staging = await context.staging();
  const files: LedgerFile[] = [];
  for (const { run, bytes } of await runsIn(store)) {
    // A run that was killed at once leaves a file without a line.
    if (bytes > 0) files.push({ run, path: await store.download(ledgerKey(run), staging) });
  }
  return files;
}

function tableOf(names: readonly string[], rows: readonly Row[]): Summary {
  const isNumber = (name: string): boolean =>
    rows.every((row) => row[name] === null || typeof row[name] === 'number');
  return {
    title: '',
    columns: names.map((name) => ({ name, kind: isNumber(name) ? 'number' : 'text' })),
    rows: rows.map((row) => names.map((name) => cellOf(row[name] ?? null))),
    notes: [],
  };
}

function cellOf(value: Value): SummaryCell {
  return typeof value === 'number' ? value : value === null ? null : textOf(value);
}

function textOf(value: Value): string {
  if (value === null) return '';
  return typeof value === 'object' ? jsonOf(value) : String(value);
}

/** Numbers that are too wide for JSON's readers are texts. */
function jsonOf(value: Value): string {
  return JSON.stringify(value, (_, field: unknown) =>
    typeof field === 'bigint' ? String(field) : field,
  );
}

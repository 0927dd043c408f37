import type { Engine } from '../engine/engine.ts';
import { exactly } from '../engine/parquet.ts';
import { identifier, join, literal, raw, sql } from '../engine/sql.ts';
import type { Sql } from '../engine/sql.ts';

/** The ledger of a run as a local file. */
export interface LedgerFile {
  readonly run: string;
  readonly path: string;
}

/**
 * Makes the tables `runs`, `invocations` and `logs` of ledgers, for queries in this engine. Lines
 * that cannot be read and fields that nobody knows are left out. Durations are in milliseconds.
 */
export async function makeLedgerTables(
  engine: Engine,
  files: readonly LedgerFile[],
): Promise<void> {
  const columns = Object.entries(fields).map(
    ([name, type]) => sql`${identifier(name)} ${raw(type)}`,
  );
  await engine.execute(sql`create temp table ledger (run varchar, ${columns})`);
  if (files.length > 0) await engine.execute(sql`insert into ledger ${eventsOf(files)}`);
  for (const statement of views) await engine.execute(raw(statement));
}

/** Fields of events with their types, see `lib/ledger/events.ts`; one column for each name. */
const fields = {
  type: 'varchar',
  at: 'timestamptz',
  version: 'varchar',
  host: 'varchar',
  user: 'varchar',
  pid: 'bigint',
  command: 'varchar',
  store: 'varchar',
  timezone: 'varchar',
  now: 'timestamptz',
  leaves: 'bigint',
  id: 'bigint',
  parent: 'bigint',
  kind: 'varchar',
  task: 'varchar',
  argv: 'varchar[]',
  status: 'varchar',
  durationMs: 'double',
  attempts: 'bigint',
  reason: 'varchar',
  rows: 'struct("in" bigint, "out" bigint, rejected bigint, filtered bigint, aggregated bigint)',
  outputs: 'varchar[]',
  error: 'struct(message varchar, command varchar, exitCode bigint)',
  message: 'varchar',
  exitCode: 'bigint',
  counts: 'struct(done bigint, skipped bigint, "no-data" bigint, failed bigint, cancelled bigint)',
};

/** `ignore_errors` gives a row of nulls for a line that is cut off. */
function eventsOf(files: readonly LedgerFile[]): Sql {
  const names = Object.keys(fields).map((name) => sql`events.${identifier(name)}`);
  const types = Object.entries(fields).map(
    ([name, type]) => sql`${identifier(name)}: ${literal(type)}`,
  );
  const runs = files.map(({ run, path }) => sql`(${literal(run)}, ${literal(path)})`);
  return sql`select files.run, ${names}
    from read_json(${exactly(files.map(({ path }) => path))}, format = 'newline_delimited',
      ignore_errors = true, filename = true, columns = {${join(types, ', ')}}) as events
    join (values ${runs}) as files(run, filename) using (filename)
    where events.type is not null`;
}

const counted = ['done', 'skipped', 'no-data', 'failed', 'cancelled'].map((status) => {
  const count = `count(*) filter (type = 'invocation-finished' and status = '${status}' and (kind = 'leaf' or error is not null))`;
  return `coalesce(any_value(counts."${status}"), ${count}) as ${status.replace('-', '_')}`;
});

const views = [
  `create temp view runs as
    select run, min("at") as started_at, max("at") as ended_at,
      coalesce(any_value(durationMs) filter (type = 'run-finished'),
        epoch_ms(max("at")) - epoch_ms(min("at"))) as duration_ms,
      any_value(exitCode) as exit_code,
      case when any_value(exitCode) is null then 'unfinished' when any_value(exitCode) = 0 then 'done' else 'failed' end as outcome,
      any_value(command) as command, any_value("user") as "user", any_value(host) as host,
      any_value(pid) as pid, any_value(version) as version, any_value(store) as store,
      any_value(timezone) as timezone, any_value("now") as "now", any_value(leaves) as leaves,
      ${counted.join(', ')}
    from ledger group by run`,
  `create temp view invocations as
    select run, id, began.parent, began.kind, began.task, began.argv,
      coalesce(ended.status, 'unfinished') as status, began."at" as started_at,
      ended.durationMs as duration_ms, coalesce(ended.attempts, 1) as attempts, ended.rows."in" as rows_in, ended.rows."out" as rows_out,
      ended.rows.rejected as rows_rejected, ended.rows.filtered as rows_filtered,
      ended.rows.aggregated as rows_aggregated, ended.outputs, ended.reason, ended.error.message as error,
      ended.error.command as rerun, ended.error.exitCode as exit_code
    from (select * from ledger where type = 'invocation-started') as began
    left join (select * from ledger where type = 'invocation-finished') as ended using (run, id)`,
  `create temp view logs as
    select run, "at", id, began.task, spoken.message
    from (select * from ledger where type = 'log') as spoken
    left join (select run, id, task from ledger where type = 'invocation-started') as began using (run, id)`,
];

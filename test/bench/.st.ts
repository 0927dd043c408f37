import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { raw, sql } from '../../lib/engine/sql.ts';
import { findFiles } from '../../lib/operations/ingest/files.ts';
import { sourceOf } from '../../lib/operations/ingest/source.ts';
import { kindOf } from '../../lib/operations/ingest/kind.ts';
import { load, eventColumns, incoming } from '../../lib/operations/ingest/incoming.ts';
import { eventsOf } from '../../lib/operations/ingest/read.ts';
import { checkWhole } from '../../lib/operations/ingest/check-whole.ts';
import { newDays } from '../../lib/operations/ingest/days.ts';
import { writeRejects } from '../../lib/operations/ingest/rejects.ts';
const k = process.argv[2] ?? 'whole';
const e = await openDuckDB();
let u = process.cpuUsage(),
  t = performance.now();
const lap = (n: string) => {
  const d = process.cpuUsage(u);
  console.log(
    n.padEnd(12),
    ((performance.now() - t) / 1000).toFixed(2),
    'cpu',
    ((d.user + d.system) / 1e6).toFixed(2),
  );
  u = process.cpuUsage();
  t = performance.now();
};
const src = [];
for (const f of await findFiles(['/tmp/ing/' + k], '/')) src.push(await sourceOf(f));
lap('hash');
const r = [];
for (const source of src) r.push({ source, kind: await kindOf(e, source, { format: 'auto' }) });
lap('kind');
const l = await load(e, r);
lap('load');
for (const x of l) await checkWhole(x);
lap('check');
for (const [i, x] of l.entries()) await writeRejects(e, x, `/tmp/ing/rej${i}.parquet`);
lap('rejects');
const days = await newDays(e);
lap('days');
for (const { day } of days)
  await e.write(
    sql`select ${eventColumns} from ${incoming} where ts >= make_timestamptz(${raw(String(day * 86400e6))}) and ts < make_timestamptz(${raw(String((day + 1) * 86400e6))}) and reason is null`,
    `/tmp/ing/day${day}.parquet`,
  );
lap('write');
await e.rows(
  sql`select count(*), sum(strlen(properties)), sum(strlen(url)), count(ts) from (${eventsOf(
    r[0]!.kind,
    src.map((s) => s.path),
    'caller',
  )})`,
);
lap('read only');
await e.close();

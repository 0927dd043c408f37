import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckDB } from '../../lib/engine/duckdb.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const log = new URL('../../../shared/data/apache_access.log', import.meta.url).pathname;
const isAbsent = !existsSync(log);
if (isAbsent) console.warn(`skipped: there is no real access log at ${log}`);

/** Page loads and distinct addresses by day, counted from the log itself. */
const awk = String.raw`awk -F'"' '
  NF == 7 {
    split($1, left, "["); day = substr(left[2], 1, 11); split($1, host, " ")
    split($3, answer, " "); status = answer[1]
    split($2, request, " "); path = request[2]; sub(/[?#].*/, "", path)
    n = split(path, segments, "/"); last = tolower(segments[n])
    isPage = last !~ /\./ || last ~ /\.(html?|php|aspx?|jsp)$/
    if (request[1] == "GET" && (status ~ /^2/ || status == 304) && isPage) {
      loads[day]++
      if (!seen[day, host[1]]++) visitors[day]++
    }
  }
  END { for (day in loads) print day, loads[day], visitors[day] }'`;

describe.skipIf(isAbsent)('a real access log', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
    await rig.write({ 'package.json': '{}' });
  });
  afterAll(() => rig.remove());

  test('gives the totals that awk counts, and its one broken line to the rejects', async () => {
    const ingested = await rig.pipe(['events:ingest', '--', '--site=blog', log]);
    expect(ingested.code, ingested.stderr).toBe(0);
    expect(ingested.stdout).toMatch(/10,000\s+9,999\s+1$/m);
    const days = ['--start-date=2015-05-17', '--end-date=2015-05-20'];
    const { code, stderr } = await rig.pipe(['stats:multi', '--', '--sites=blog', ...days]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/^12 done/);
    const counted = await rig.shell(`${awk} '${log}' | sort`);
    expect(counted.stdout.split('\n')).toHaveLength(5);
    expect(await published()).toBe(counted.stdout);
  });

  /** The same lines from the published files, read by a plain glob. */
  async function published(): Promise<string> {
    const engine = await openDuckDB();
    const files = literal(rig.path('data/stats/pageloads/**/*.parquet'));
    const rows = await engine.rows(sql`
      select strftime(date, '%d/%b/%Y') as day, pageloads::integer as pageloads, visitors::integer as visitors
      from read_parquet(${files}, hive_partitioning = true) where hour is null order by day`);
    await engine.close();
    return rows.map((row) => `${Object.values(row).map(String).join(' ')}\n`).join('');
  }
});

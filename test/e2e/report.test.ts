import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const now = '--now=2026-11-20T06:00:00Z';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
  for (const line of [
    'events:sample -- --sites=a,b --days=3 --rows=500',
    'events:ingest -- --site=a data/samples/site=a',
  ]) {
    const { code, stderr } = await rig.pipe([now, ...line.split(' ')]);
    if (code !== 0) throw new Error(stderr);
  }
  const options = ['--events=events.jsonl', '--openlineage=lineage.jsonl'];
  await rig.pipe([now, ...options, 'stats:multi', '--', '--sites=a,b', '--days-ago=2']);
});
afterAll(() => rig.remove());

async function linesOf(name: string): Promise<readonly unknown[]> {
  const lines = (await readFile(rig.path(name), 'utf8')).trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
}

describe('runs:report', () => {
  test('writes the last run as a page, and no run of its own', async () => {
    const { code, stdout, stderr } = await rig.pipe(['runs:report']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^pipe-report-\w+-\w+\.html\n$/);
    const page = await readFile(rig.path(stdout.trim()), 'utf8');
    expect(page).toContain('pipe</i> <i>stats:multi</i>');
    expect(page.match(/<td class="c-done">/g)).toHaveLength(9);
    expect(page.match(/<td class="c-no-data">/g)).toHaveLength(9);
    expect(page).toContain('>events site=a<');
    expect((await rig.pipe(['runs:report'])).stdout).toBe(stdout);
  });

  test('writes a run that is named to where it is told', async () => {
    const [run = ''] = (await rig.shell('ls data/.pipe/runs | sed -n 2p')).stdout.split('\n');
    const { code, stdout } = await rig.pipe(['runs:report', '--', '--out=ingest.html', run]);
    expect([code, stdout]).toEqual([0, 'ingest.html\n']);
    expect(await readFile(rig.path('ingest.html'), 'utf8')).toContain('<h1>events:ingest');
    const { size } = await stat(rig.path('ingest.html'));
    expect(size).toBeLessThan(100_000);
  });

  test('refuses a run and a place that are not there', async () => {
    const unknown = await rig.pipe(['runs:report', '--', '19990101']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("there is no run '19990101'");
    const nowhere = await rig.pipe(['runs:report', '--', '--out=no/such/file.html']);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain("--out: '$RIG/no/such/file.html' cannot be written");
  });
});

describe('a run that was killed', () => {
  test('shows what it never came to, as it is now', async () => {
    const killed = '20991231T235959Z-00000000';
    await rig.shell(
      `run=$(ls data/.pipe/runs | tail -1)
       mkdir data/.pipe/runs/${killed}
       head -n 3 data/.pipe/runs/$run/events.jsonl > data/.pipe/runs/${killed}/events.jsonl
       rm -r data/stats/clicks/site=a/date=2026-11-20`,
    );
    const { code, stderr } = await rig.pipe(['runs:report', '--', '--out=killed.html', killed]);
    expect(code, stderr).toBe(0);
    const page = await readFile(rig.path('killed.html'), 'utf8');
    await rig.shell(`rm -r data/.pipe/runs/${killed}`);
    const count = (state: string): number => page.split(`<td class="c-${state}">`).length - 1;
    expect([count('kept'), count('missing'), count('no-data')]).toEqual([8, 1, 9]);
    expect(page).toContain('Unfinished');
    expect(page).toContain(`<i>runs:resume</i> <i>--</i> <i>${killed}</i>`);
  });
});

describe('events outside', () => {
  test('are those of the ledger', async () => {
    const [run = ''] = (await rig.shell('ls data/.pipe/runs | tail -1')).stdout.split('\n');
    expect(await linesOf('events.jsonl')).toEqual(
      await linesOf(`data/.pipe/runs/${run}/events.jsonl`),
    );
  });

  test('are OpenLineage, too', async () => {
    const events = await linesOf('lineage.jsonl');
    expect(events).toHaveLength(2 * (1 + 3 + 18));
    expect(events).toContainEqual(
      expect.objectContaining({
        eventType: 'COMPLETE',
        outputs: [expect.objectContaining({ name: `${rig.folder}/data/stats/clicks` })],
      }),
    );
  });

  test('reach whom they concern when a run fails', async () => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { code } = await rig.pipe([now, 'stats:clicks', '--', '--sites=b', '--days-ago=0'], {
      env: { PIPE_NOTIFY: `http://127.0.0.1:${port}/hook` },
    });
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    expect(code).toBe(3);
    expect(bodies.map((body): unknown => JSON.parse(body))).toMatchObject([
      {
        type: 'run-failed',
        exitCode: 3,
        failures: [{ command: expect.stringContaining('stats:clicks') }],
      },
    ]);
  });
});

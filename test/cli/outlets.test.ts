import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodyFor } from '../../lib/cli/notify.ts';
import { withOutlets } from '../../lib/cli/outlets.ts';
import type { ArgValues } from '../../lib/docopt/args.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { eventsOf } from '../ledger/events.ts';

interface Posted {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let folder: string;
let server: Server;
let base: string;
let posted: Posted[];
let said: string[];
let status: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  [posted, said, status] = [[], [], 200];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push({ path: request.url, headers: request.headers, body });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true });
});

const events = eventsOf('20261120T060000Z-00000001');

async function handOver(
  options: ArgValues,
  environment: Readonly<Record<string, string>> = {},
  all: readonly RunEvent[] = events,
): Promise<void> {
  const effects = {
    cwd: folder,
    environment,
    say: (line: string) => said.push(line),
    mask: (secret: string) => secret.replace('hunter2', '***'),
  };
  await withOutlets(options, effects, async (listen) => {
    for (const event of all) listen(event);
  });
}

describe('--events', () => {
  test('writes every event as a line', async () => {
    await handOver({ events: 'events.jsonl' });
    const lines = (await readFile(join(folder, 'events.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(events);
  });

  test('refuses a file that cannot be before anything runs', async () => {
    let ran = false;
    const effects = { cwd: folder, environment: {}, say: () => undefined, mask: String };
    const run = withOutlets({ events: 'no/such/file' }, effects, async () => (ran = true));
    await expect(run).rejects.toThrow(/^--events: '.*no\/such\/file' cannot be written/);
    expect(ran).toBe(false);
  });

  test('does not fail the run when the disk is full', async () => {
    await handOver({ events: '/dev/full' });
    expect(said).toEqual([expect.stringContaining("--events: '/dev/full' could not be written")]);
  });
});

describe('--openlineage', () => {
  test('writes lines to a file', async () => {
    await handOver({ openlineage: 'lineage.jsonl' });
    const lines = (await readFile(join(folder, 'lineage.jsonl'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ eventType: 'START' });
  });

  test('posts one after the other to where services take them', async () => {
    const environment = { OPENLINEAGE_API_KEY: 'key', OPENLINEAGE_NAMESPACE: 'prod' };
    await handOver({ openlineage: base }, environment);
    const bodies = posted.map(({ body }): unknown => JSON.parse(body));
    expect(bodies).toMatchObject(
      ['START', 'START', 'COMPLETE', 'START', 'FAIL', 'FAIL'].map((eventType) => ({
        eventType,
        job: { namespace: 'prod' },
      })),
    );
    expect(new Set(posted.map(({ path }) => path))).toEqual(new Set(['/api/v1/lineage']));
    expect(posted[0]?.headers.authorization).toBe('Bearer key');
    expect(said).toEqual([]);
  });

  test('gives up on a service that fails, says so, and goes on', async () => {
    status = 503;
    await handOver({ openlineage: `${base}/lineage` });
    expect(posted).toHaveLength(3);
    expect(said).toEqual([
      `--openlineage: 6 events were lost (${new URL(base).host} answered with status 503)`,
    ]);
  });
});

describe('--notify', () => {
  test('posts what failed', async () => {
    await handOver({}, { PIPE_NOTIFY: `${base}/hook` });
    expect(posted.map(({ body }): unknown => JSON.parse(body))).toEqual([
      expect.objectContaining({
        type: 'run-failed',
        command: 'pipe stats:multi -- --sites=a,b',
        exitCode: 1,
        failures: [{ message: 'it is bad', command: 'pipe stats:clicks -- --sites=b' }],
        more: 0,
      }),
    ]);
  });

  test('says nothing of a run that went well', async () => {
    const well = events.map((event) =>
      event.type === 'run-finished' ? { ...event, exitCode: 0 } : event,
    );
    await handOver({ notify: base }, {}, well);
    expect(posted).toEqual([]);
  });

  test('tells of a run that ended before it began, without secrets', async () => {
    const effects = {
      cwd: folder,
      environment: {},
      say: (line: string) => said.push(line),
      mask: (secret: string) => secret.replace('hunter2', '***'),
    };
    const failed = withOutlets({ notify: base }, effects, () =>
      Promise.reject(new Error('no site has events with hunter2')),
    );
    await expect(failed).rejects.toThrow('no site has events');
    expect(JSON.parse(posted[0]?.body ?? '')).toMatchObject({
      failures: [{ message: 'no site has events with ***' }],
    });
  });

  test('does not fail the run, and keeps what is secret in the address', async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await handOver({ notify: `${base}/services/T0/B0/secret` });
    expect(said).toEqual([
      expect.stringMatching(/^--notify: nobody was told \(127\.0\.0\.1:\d+: /),
    ]);
    expect(said.join()).not.toContain('secret');
  });

  test('refuses what is no address', async () => {
    await expect(handOver({ notify: 'example.com' })).rejects.toThrow(
      "--notify: 'example.com' is not an address; write for example --notify=https://example.com/hook",
    );
  });

  test('writes to Slack as Slack reads, and nothing of it is a mention', () => {
    const failures = [{ message: '<!channel> & all', command: 'pipe `a`' }];
    const body = bodyFor(new URL('https://hooks.slack.com/services/x'), {
      type: 'run-failed',
      command: 'pipe a:b',
      exitCode: 1,
      failures: [...failures, ...failures, ...failures, ...failures, ...failures, ...failures],
      more: 3,
    });
    expect(body).toEqual({ text: expect.stringContaining('&lt;!channel&gt; &amp; all') });
    expect(body).toEqual({ text: expect.stringContaining("`pipe 'a'`") });
    expect(body).toEqual({ text: expect.stringContaining('and 4 more') });
  });

  test('of pages of a message Slack gets the beginning, and the command that shows the run', () => {
    const failures = Array.from({ length: 5 }, () => ({ message: '😴'.repeat(5000) }));
    const notice = { type: 'run-failed', run: 'r-1', failures, more: 0 } as const;
    const body = bodyFor(new URL('https://hooks.slack-gov.com/services/x'), notice);
    expect(body).toEqual({ text: expect.stringMatching(/😴…\nMore: `pipe runs:show -- r-1`$/) });
  });
});

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineDataset, defineTask, invoke, testTask, type RunEvent } from '../../lib/pipe.ts';

const orders = defineDataset('shop/orders', ['site', 'date']);
const clean = defineDataset('shop/clean', ['site', 'date']);

const revenue = defineTask({
  name: 'shop:revenue',
  summary: 'Add up orders',
  usage: '--site=<site> --status=<text>',
  outputs: (args) => [{ partition: clean({ site: args.site, date: '2026-01-15' }), inputs: [] }],
  async run(args, context) {
    const { sql, write } = context;
    const days = ['2026-01-14', '2026-01-15'].map((date) => orders({ site: args.site, date }));
    await write(
      clean({ site: args.site, date: '2026-01-15' }),
      sql`select site, date, sum(price)::bigint as total from ${days}
        where status in (${[args.status, "it's"]}) group by all order by date`,
    );
  },
});

describe('sql', () => {
  test('partitions are tables with their keys, values are bound', async () => {
    const { rows, status } = await testTask(
      revenue,
      { site: 'a', status: "x'; drop table y" },
      {
        given: [
          [orders({ site: 'a', date: '2026-01-14' }), [{ price: 5, status: "it's" }]],
          [
            orders({ site: 'a', date: '2026-01-15' }),
            [
              { price: 7, status: "x'; drop table y" },
              { price: 1, status: 'no' },
            ],
          ],
          [orders({ site: 'b', date: '2026-01-15' }), [{ price: 9, status: "it's" }]],
        ],
      },
    );
    expect(status).toBe('done');
    expect(rows['shop/clean']).toEqual([
      { site: 'a', date: '2026-01-14', total: 5 },
      { site: 'a', date: '2026-01-15', total: 7 },
    ]);
  });

  test('no partition at all is no data, with its name', async () => {
    const { exitCode, error } = await testTask(revenue, { site: 'a', status: 'x' });
    expect(exitCode).toBe(3);
    expect(error).toContain('shop/orders/site=a/date=2026-01-14/ and 1 more');
  });
});

const people = defineDataset('people', ['date']);

const load = defineTask({
  name: 'people:load',
  summary: 'Read people',
  usage: '<file> [--max=<n>]',
  async run(args, { rows, write, log }) {
    async function* adults(): AsyncGenerator<Record<string, unknown>> {
      for await (const row of rows(args.file)) {
        if (Number(row['age']) >= 18) yield { name: row['name'], age: Number(row['age']) };
      }
    }
    const options = args.max === undefined ? {} : { maxRejects: Number(args.max) };
    const { rows: counts } = await write(people({ date: '2026-01-15' }), adults(), options);
    log(JSON.stringify(counts));
  },
});

const csv = 'name,age\nAnn,30\n"broken"x,1\nBob,7\nÉva,18\n';

describe('rows and write', () => {
  const kept = [
    { name: 'Ann', age: 30, date: '2026-01-15' },
    { name: 'Éva', age: 18, date: '2026-01-15' },
  ];

  test('records of a file become a partition, bad ones rejects, and rows add up', async () => {
    for (const [file, content] of [
      ['people.csv', csv],
      ['people.csv.gz', gzipSync(csv)],
    ] as const) {
      const { rows, log, error } = await testTask(load, [file], { files: { [file]: content } });
      expect(error).toBeUndefined();
      expect(rows['people']).toEqual(kept);
      expect(rows['rejects/people']).toEqual([
        {
          source: expect.stringContaining(`/${file}`),
          line: 3,
          reason: expect.stringContaining('a quote'),
          text: '"broken"x,1',
          date: '2026-01-15',
        },
      ]);
      expect(log).toEqual([JSON.stringify({ in: 4, out: 2, rejected: 1, filtered: 1 })]);
    }
  });

  test('too many rejects publish nothing', async () => {
    const { rows, error } = await testTask(load, ['people.csv', '--max=0'], {
      files: { 'people.csv': csv },
    });
    expect(error).toContain("1 of 4 records for 'people/date=2026-01-15/' cannot be read");
    expect(rows).toEqual({});
  });

  test('JSON lines and a file that is cut off', async () => {
    const lines = '{"name":"Ann","age":30}\n{"name":"Éva","age":18}\n';
    const { rows } = await testTask(load, ['p.jsonl'], { files: { 'p.jsonl': lines } });
    expect(rows['people']).toEqual(kept);
    const cut = gzipSync(csv).subarray(0, 30);
    const { error, rows: none } = await testTask(load, ['p.gz'], { files: { 'p.gz': cut } });
    expect(error).toMatch(/p\.gz' cannot be read to its end/);
    expect(none).toEqual({});
  });

  test('a file that is not there is named', async () => {
    expect(await testTask(load, ['none.csv'])).toMatchObject({
      exitCode: 3,
      error: "'none.csv' does not exist. Expected a file, a folder or a glob.",
    });
  });
});

const shell = defineTask({
  name: 'shell:run',
  summary: 'Run a command',
  usage: '<script>',
  async run(args, { exec, log }) {
    const options = {
      env: { WHO: 'Ann' },
      noDataOn: [3],
      capture: args.script.includes('captured'),
    };
    const out = await exec('sh', ['-c', args.script], options);
    if (out !== '') log(`captured: ${out.trim()}`);
  },
});

describe('exec', () => {
  test('output is logged line by line, or handed over', async () => {
    const { log } = await testTask(shell, ['echo "hello $WHO"; echo oops >&2; true']);
    expect(log.toSorted()).toEqual(['hello Ann', 'oops']);
    expect((await testTask(shell, ['echo captured'])).log).toEqual(['captured: captured']);
  });

  test('exit codes are mapped, with the last lines', async () => {
    const failed = await testTask(shell, ['echo no disk >&2; exit 9']);
    expect(failed).toMatchObject({ exitCode: 1, status: 'failed' });
    expect(failed.error).toBe(
      "'sh -c 'echo no disk >&2; exit 9'' ended with exit code 9:\nno disk",
    );
    expect(await testTask(shell, ['exit 3'])).toMatchObject({ exitCode: 3, status: 'no-data' });
    expect((await testTask(shell, ['kill -9 $$'])).error).toContain('ended with SIGKILL');
  });

  test('a command that is not there is said so', async () => {
    const missing = defineTask({
      name: 'shell:missing',
      summary: 'Run nothing',
      usage: '',
      run: async (_, { exec }) => void (await exec('no-such-command')),
    });
    expect((await testTask(missing)).error).toContain(
      "'no-such-command' cannot be started: no such file or directory (ENOENT); is it installed",
    );
  });

  test('a cancelled run stops the command and what it started', async () => {
    const stop = new AbortController();
    const listening = testTask(shell, ['sleep 60 & sleep 60'], { signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    expect((await listening).status).not.toBe('done');
  });
});

describe('request', () => {
  const get = defineTask({
    name: 'web:get',
    summary: 'Ask',
    usage: '<url>',
    run: async (args, { request }) => ({ output: await (await request(args.url)).text() }),
  });

  async function serve(
    answers: readonly (readonly [number, Record<string, string>, string])[],
    use: (url: string) => Promise<void>,
  ): Promise<number> {
    let asked = 0;
    const server = createServer((_, response) => {
      const [status, headers, body] = answers[Math.min(asked++, answers.length - 1)] ?? [
        500,
        {},
        '',
      ];
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as AddressInfo;
    try {
      await use(`http://127.0.0.1:${address.port}/page`);
    } finally {
      server.close();
    }
    return asked;
  }

  test('waits as Retry-After says and asks again', async () => {
    const asked = await serve(
      [
        [429, { 'retry-after': '0' }, 'slow down'],
        [503, { 'retry-after': new Date(0).toUTCString() }, ''],
        [200, {}, 'page'],
      ],
      async (url) => {
        expect(await testTask(get, [url])).toMatchObject({ status: 'done', output: 'page' });
      },
    );
    expect(asked).toBe(3);
  });

  test('what does not pass is asked once, and told with its body', async () => {
    const asked = await serve([[403, {}, 'no key']], async (url) => {
      expect((await testTask(get, [url])).error).toBe(
        `GET ${url}: 403 Forbidden: no key; check the credentials`,
      );
    });
    expect(asked).toBe(1);
  });
});

describe('progress', () => {
  const count = defineTask({
    name: 'count:up',
    summary: 'Count',
    usage: '',
    run(_, { progress }) {
      for (let done = 0; done <= 10_000; done++) progress(done, 10_000);
    },
  });

  test('is told at once and at the end, and not every time, and stays out of the ledger', async () => {
    const seen: RunEvent[] = [];
    await inFolder(async (cwd) => {
      const listen = (event: RunEvent): void => void seen.push(event);
      await invoke('count:up', [], { cwd, tasks: [count], listen });
      const runs = path.join(cwd, 'data/.pipe/runs');
      const [run = ''] = await readdir(runs);
      const ledger = await readFile(path.join(runs, run, 'events.jsonl'), 'utf8');
      expect(ledger).toContain('invocation-finished');
      expect(ledger).not.toContain('leaf-progressed');
    });
    const told = seen.filter(({ type }) => type === 'leaf-progressed');
    expect(told[0]).toMatchObject({ done: 0, total: 10_000 });
    expect(told.at(-1)).toMatchObject({ done: 10_000, total: 10_000 });
    expect(told.length).toBeLessThan(1000);
  });
});

async function inFolder(use: (cwd: string) => Promise<void>): Promise<void> {
  const cwd = await mkdtemp(path.join(tmpdir(), 'pipe-'));
  try {
    await use(cwd);
  } finally {
    await rm(cwd, { recursive: true });
  }
}

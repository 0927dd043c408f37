import {
  access,
  appendFile,
  copyFile,
  mkdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../lib/dataset/manifest.ts';
import { prefixOf } from '../../lib/dataset/layout.ts';
import { readManifest } from '../../lib/dataset/published.ts';
import { listPartitions } from '../../lib/dataset/catalog.ts';
import type { Row } from '../../lib/engine/engine.ts';
import { textAt } from '../../lib/engine/row.ts';
import { literal, sql } from '../../lib/engine/sql.ts';
import { eventsIngest } from '../../tasks/events.ts';
import { Runner } from './runner.ts';
import type { Ran } from './runner.ts';

let runner: Runner;

beforeEach(async () => {
  runner = await Runner.open([eventsIngest]);
});

afterEach(() => runner.close());

function fileIn(name: string): string {
  return path.join(runner.folder, name);
}

async function put(name: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(fileIn(name)), { recursive: true });
  await writeFile(fileIn(name), content);
}

/** Runs events:ingest and expects it to go through. */
async function ingest(args: string, options: { force?: boolean } = {}) {
  const ran = await runner.run(`events:ingest -- --site=a ${args}`, options);
  expect(failuresOf(ran)).toEqual([]);
  return ran;
}

/** Runs events:ingest and hands back the message it fails with. */
async function refused(args: string): Promise<string> {
  const ran = await runner.run(`events:ingest -- --site=a ${args}`);
  const failures = failuresOf(ran);
  expect(failures).toHaveLength(1);
  expect(await published('events')).toEqual([]);
  expect(await published('rejects/events')).toEqual([]);
  return failures[0] ?? '';
}

function failuresOf({ events: happened }: Ran): string[] {
  return happened.flatMap((event) =>
    event.type === 'invocation-finished' && event.error ? [event.error.message] : [],
  );
}

async function published(dataset: string): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for await (const { prefix } of listPartitions(runner.store, dataset)) {
    const found = await readManifest(runner.store, prefix);
    if (found) manifests.push(found.manifest);
  }
  return manifests;
}

async function rowsOf(dataset: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { partition } of await published(dataset)) {
    rows.push(...(await runner.read({ dataset, keys: partition })));
  }
  return rows;
}

function texts(row: Row, ...columns: readonly string[]): string[] {
  return columns.map((column) => {
    const value = row[column];
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}

/** The users of all events, sorted. */
async function users(): Promise<string[]> {
  const rows = await rowsOf('events');
  return rows.map((row) => textAt(row, 'user')).sort((a, b) => (a < b ? -1 : 1));
}

/** Events in short: `2026-11-10T00:00:00.000Z view ann`. */
async function events(): Promise<string[]> {
  const rows = await rowsOf('events');
  return rows.map((row) => texts(row, 'ts', 'event', 'user').join(' '));
}

/** Rejects in short: `3 broken JSON: {"a`. */
async function rejects(): Promise<string[]> {
  const rows = await rowsOf('rejects/events');
  return rows.map((row) => {
    const [line, reason, text] = texts(row, 'line', 'reason', 'text');
    return `${line} ${reason}: ${text}`;
  });
}

function line(ts: string, user = 'ann', event = 'view'): string {
  return `${JSON.stringify({ ts, event, user })}\n`;
}

describe('access logs', () => {
  const request = (text: string, status = 200, rest = '"-" "Mozilla/5.0"'): string =>
    `1.2.3.4 - - [17/May/2015:23:30:00 +0200] "${text}" ${status} 12 ${rest}`.trim();

  test('become pageloads and requests, with the instant in UTC', async () => {
    await put(
      'log',
      [
        request('GET / HTTP/1.1'),
        request('GET /a/b.HTML?x=1.png HTTP/1.1', 304),
        request('GET /a/b.png HTTP/1.1'),
        request('GET /about HTTP/1.1', 404),
        request('POST /form.php HTTP/1.1'),
        request('GET http://h.com/shop.php HTTP/1.0', 200, ''),
        request('\\x16\\x03', 400),
        '::1 - bob [01/Jan/2015:00:00:00 -0100] "HEAD /q\\"uote HTTP/1.1" 200 - "http://r/?a=\\"b" "A \\"B\\"" 0.5 "x y"',
      ].join('\n'),
    );
    await ingest('log');
    const rows = await rowsOf('events');
    expect(rows.map(({ event, url }) => [event, url])).toEqual([
      ['request', '/q\\"uote'],
      ['pageload', '/'],
      ['pageload', '/a/b.HTML?x=1.png'],
      ['request', '/a/b.png'],
      ['request', '/about'],
      ['request', '/form.php'],
      ['pageload', 'http://h.com/shop.php'],
      ['request', null],
    ]);
    expect(rows[0]).toEqual({
      ts: '2015-01-01T01:00:00.000Z',
      event: 'request',
      user: 'bob',
      session: null,
      url: '/q\\"uote',
      referrer: 'http://r/?a=\\"b',
      status: 200,
      bytes: 0,
      agent: 'A \\"B\\"',
      properties: '{"method":"HEAD","protocol":"HTTP/1.1","host":"::1","rest":"0.5 \\"x y\\""}',
    });
    expect(rows[1]).toMatchObject({
      ts: '2015-05-17T21:30:00.000Z',
      user: '1.2.3.4',
      referrer: null,
    });
    expect(rows[7]).toMatchObject({ properties: '{"request":"\\\\x16\\\\x03"}' });
    expect(await rejects()).toEqual([]);
  });

  test('are rejected line by line', async () => {
    const cut = request('GET / HTTP/1.1').slice(0, -1);
    const quoting = request('GET / HTTP/1.1').replace('GET', 'G"ET');
    const date = request('GET / HTTP/1.1').replace('17/May', '31/Feb');
    const bytes = Buffer.concat([
      Buffer.from(`\n${cut}\n${request('GET /ü HTTP/1.1')}\n  \n${quoting}\n${date}\n`),
      Buffer.from(`${request('GET /')}`.replace('GET /', 'GET /\xff'), 'latin1'),
      Buffer.from('\nnot a log at all\n'),
    ]);
    await put('log', bytes);
    const { rows } = await ingest('--format=clf log');
    const format = 'not a line of the common or combined log format';
    expect(await rejects()).toEqual([
      `2 ${format}: ${cut}`,
      `5 ${format}: ${quoting}`,
      `6 impossible date: ${date}`,
      `7 not UTF-8: ${request('GET /?')}`,
      `8 ${format}: not a log at all`,
    ]);
    expect((await rowsOf('events')).map(({ url }) => url)).toEqual(['/ü']);
    expect(rows).toMatchObject({ in: 6, out: 1, rejected: 5, filtered: 0 });
  });
});

describe('JSON lines', () => {
  test('take the instant as ISO text or as a number since the epoch', async () => {
    const texts = [
      '"2026-11-10T01:00:00.123456+02:00"',
      '"2026-11-10"',
      '"2026-11-10 10:00"',
      '"2026-11-10T10:00Z"',
    ];
    const numbers = [
      '1794268800',
      '1794268800.5',
      '1794268800123',
      '"1794268800"',
      '1794268800123456',
    ];
    await put('x.jsonl', [...texts, ...numbers].map((ts) => `{"ts":${ts},"event":"e"}\n`).join(''));
    await ingest('x.jsonl');
    expect((await rowsOf('events')).map(({ ts }) => ts)).toEqual([
      '2026-11-09T23:00:00.123456Z',
      '2026-11-10T00:00:00.000Z',
      '2026-11-10T10:00:00.000Z',
      '2026-11-10T10:00:00.000Z',
      '2026-11-10T00:00:00.000Z',
      '2026-11-10T00:00:00.500Z',
      '2026-11-10T00:00:00.123Z',
      '2026-11-10T00:00:00.000Z',
      '2026-11-10T00:00:00.123456Z',
    ]);
  });

  test('are rejected line by line, also in gzip and zstd', async () => {
    const good = line('2026-11-10T00:00:00Z').trim();
    const lines = [
      good,
      '',
      '{"ts":"2026-11',
      '  ',
      '[1]',
      '"x"',
      '{"event":"e"}',
      '{"ts":null,"event":"e"}',
      '{"ts":"2026-02-30T00:00:00Z","event":"e"}',
      '{"ts":"infinity","event":"e"}',
      '{"ts":1e30,"event":"e"}',
      '{"ts":"2026-11-10"}',
      `${good}${good}`,
      `{"ts":"2026-11-10","event":"ü`,
      good,
    ];
    const bytes = Buffer.concat([
      Buffer.from(`${lines.join('\n')}\n`),
      Buffer.from('{"ts":"2026-11-10","event":"\xff"}\n', 'latin1'),
      Buffer.from('{"ts":"2026-11-11","event":"last"}'),
    ]);
    const expected = [
      '3 broken JSON: {"ts":"2026-11',
      '5 not a JSON object: [1]',
      '6 not a JSON object: "x"',
      '7 no timestamp: {"event":"e"}',
      '8 no timestamp: {"ts":null,"event":"e"}',
      '9 impossible date: {"ts":"2026-02-30T00:00:00Z","event":"e"}',
      '10 impossible date: {"ts":"infinity","event":"e"}',
      '11 impossible date: {"ts":1e30,"event":"e"}',
      '12 no event name: {"ts":"2026-11-10"}',
      `13 broken JSON: ${good}${good}`,
      '14 broken JSON: {"ts":"2026-11-10","event":"ü',
      '16 not UTF-8: {"ts":"2026-11-10","event":"?"}',
    ];
    await put('plain', bytes);
    await put('gz', gzipSync(bytes));
    await runner.engine.execute(sql`copy (select line from read_csv(${literal(fileIn('plain'))},
      columns = {'line': 'VARCHAR'}, delim = '', quote = '', escape = '', header = false, auto_detect = false,
      encoding = 'latin-1', strict_mode = false)) to ${literal(fileIn('zst'))}
      (format csv, header false, quote '', escape '', delimiter '', compression zstd)`);
    for (const file of ['plain', 'gz']) {
      await rm(fileIn('store'), { recursive: true, force: true });
      const { rows } = await ingest(`--format=jsonl ${file}`);
      expect(await rejects()).toEqual(expected);
      expect(await events()).toEqual([
        '2026-11-10T00:00:00.000Z view ann',
        '2026-11-10T00:00:00.000Z view ann',
        '2026-11-11T00:00:00.000Z last null',
      ]);
      expect(rows).toMatchObject({ in: 15, out: 3, rejected: 12, filtered: 0 });
      expect((await rowsOf('rejects/events'))[0]).toMatchObject({
        source: `file://${fileIn(file)}`,
      });
    }
    await rm(fileIn('store'), { recursive: true, force: true });
    expect((await ingest(`--format=jsonl zst`)).rows).toMatchObject({ in: 15, rejected: 11 });
  });

  test('map fields by name, nested ones by dots, and keep the rest as properties', async () => {
    await put(
      'x.jsonl',
      `${JSON.stringify({
        meta: { at: '2026-11-10T00:00:00Z', id: 7 },
        kind: 'view',
        who: { id: 'ann', name: 'Ann' },
        where: '/x',
        status: 200,
        bytes: 'many',
        "it's": null,
        'a.b': [1],
      })}\n`,
    );
    await ingest('--ts=meta.at --event=kind --user=who.id --url=where x.jsonl');
    const [row = {}] = await rowsOf('events');
    expect(row).toMatchObject({
      ts: '2026-11-10T00:00:00.000Z',
      event: 'view',
      user: 'ann',
      url: '/x',
      status: 200,
      bytes: null,
    });
    expect(JSON.parse(textAt(row, 'properties'))).toEqual({
      meta: { id: 7 },
      who: { name: 'Ann' },
      status: 200,
      bytes: 'many',
      "it's": null,
      'a.b': [1],
    });
  });

  test("recognize Segment's track calls", async () => {
    const call = (fields: object): string =>
      `${JSON.stringify({ type: 'track', event: 'Added to Cart', timestamp: '2026-11-10T00:00:00.001Z', ...fields })}\n`;
    await put(
      'x',
      call({
        userId: 'u1',
        anonymousId: 'z',
        messageId: 'm',
        properties: { cart_id: 'c', price: 1.5 },
        context: { page: { path: '/p', referrer: 'r' }, userAgent: 'UA', sessionId: 's' },
      }) + call({ anonymousId: 'z' }),
    );
    await ingest('x');
    expect(await rowsOf('events')).toEqual([
      {
        ts: '2026-11-10T00:00:00.001Z',
        event: 'Added to Cart',
        user: 'u1',
        session: 's',
        url: '/p',
        referrer: 'r',
        status: null,
        bytes: null,
        agent: 'UA',
        properties: '{"cart_id":"c","price":1.5}',
      },
      {
        ts: '2026-11-10T00:00:00.001Z',
        event: 'Added to Cart',
        user: 'z',
        session: null,
        url: null,
        referrer: null,
        status: null,
        bytes: null,
        agent: null,
        properties: '{}',
      },
    ]);
  });

  test('take a name for events that have none', async () => {
    await put('x', '{"ts":1794268800,"event":"a"}\n{"ts":1794268800}\n');
    await ingest('--event-name=ping x');
    expect((await rowsOf('events')).map(({ event }) => event)).toEqual(['a', 'ping']);
  });

  test('values stay data', async () => {
    const nasty = `'); drop table incoming; --`;
    await put(
      `logs/it's [a]*.jsonl`,
      `${JSON.stringify({ ts: 1794268800, [nasty]: nasty, event: nasty, 'a"b': 1 })}\n`,
    );
    await ingest('logs');
    expect(await events()).toEqual([`2026-11-10T00:00:00.000Z ${nasty} null`]);
  });

  test('without the fields that are looked for are an error that lists what there is', async () => {
    await put('x', '{"when":1,"event":"e"}\n');
    expect(await refused('x')).toMatch(
      /no field for the instant.*They have: when, event\. Name it with --ts=<field>/s,
    );
    await put('y', '{"ts":1}\n');
    expect(await refused('y')).toContain('--event=<field> or --event-name=<name>');
    expect(await refused('--ts=nope y')).toContain("looked for 'nope'");
  });
});

describe('CSV', () => {
  test('has a header; rejects keep line, reason and text', async () => {
    const bytes = Buffer.concat([
      Buffer.from(
        'ts,event,user,page\n2026-11-10T00:00:00Z,e,ann,"/a,""b"""\n2026-11-10,e\n2026-11-10,e,b,c,d\n\n',
      ),
      Buffer.from(
        '2026-11-10,"e" x,b,c\nnope,e,bob,\n,e,bob,\n1794268800,e,,/x\n2026-11-10,\xff,b,c\n',
        'latin1',
      ),
    ]);
    await put('x.csv', bytes);
    const { rows } = await ingest('--url=page x.csv');
    expect(await rejects()).toEqual([
      '3 too few columns: 2026-11-10,e',
      '4 too many columns: 2026-11-10,e,b,c,d',
      '6 wrong quoting: 2026-11-10,"e" x,b,c',
      '7 impossible date: nope,e,bob,',
      '8 no timestamp: ,e,bob,',
      '10 not UTF-8: 2026-11-10,?,b,c',
    ]);
    expect((await rowsOf('events')).map(({ user, url }) => [user, url])).toEqual([
      ['ann', '/a,"b"'],
      [null, '/x'],
    ]);
    expect(rows).toMatchObject({ in: 8, out: 2, rejected: 6 });
  });

  test('may have line ends in values, other delimiters and other fields', async () => {
    await put('x', 'ts;event;note\n1794268800;e;"two\nlines"\nnope;e;x\n1794268800;f;\n');
    await ingest('x');
    expect((await rowsOf('events')).map(({ event, properties }) => [event, properties])).toEqual([
      ['e', '{"note":"two\\nlines"}'],
      ['f', '{}'],
    ]);
    expect(await rejects()).toEqual(['null impossible date: {"ts":"nope","event":"e","note":"x"}']);
  });
});

describe('Parquet', () => {
  test('has columns by name; rows without an instant are rejected', async () => {
    await runner.engine.write(
      sql`select * from (values (timestamptz '2026-11-10 00:00:00.000001+00', 'e', 'ann', {'x': 1}), (null, 'f', 'bob', null)) as t(ts, event, "user", more)`,
      fileIn('x.parquet'),
    );
    await ingest('x.parquet');
    expect(await rowsOf('events')).toMatchObject([
      {
        ts: '2026-11-10T00:00:00.000001Z',
        event: 'e',
        user: 'ann',
        properties: '{"more":{"x":1}}',
      },
    ]);
    expect(await rejects()).toEqual([
      '2 no timestamp: {"ts":null,"event":"f","user":"bob","more":null}',
    ]);
  });
});

describe('what is there already', () => {
  const day = { dataset: 'events', keys: { site: 'a', date: '2026-11-10' } };
  const inputs = async () => (await readManifest(runner.store, prefixOf(day)))?.manifest.inputs;

  test('the same file again changes nothing, whatever its name', async () => {
    await put('x', line('2026-11-10') + line('2026-11-11'));
    await ingest('x');
    const before = await published('events');
    expect((await ingest('x')).leaves[0]).toMatch(/^skipped/);
    await rename(fileIn('x'), fileIn('y'));
    expect((await ingest('y')).leaves[0]).toMatch(/^skipped/);
    await copyFile(fileIn('y'), fileIn('z'));
    expect((await ingest('y z')).leaves[0]).toMatch(/^skipped/);
    expect(await published('events')).toEqual(before);
  });

  test('a second file adds to a day; replacing the first leaves the second alone', async () => {
    await put('x', line('2026-11-10', 'x1') + line('2026-11-10', 'x2'));
    await put('y', line('2026-11-10', 'y1'));
    await put('z', line('2026-11-10', 'z1'));
    await ingest('x y');
    await ingest('x z');
    const inOrder = async () => (await rowsOf('events')).map(({ user }) => user);
    expect(await inOrder()).toEqual(['x1', 'x2', 'y1', 'z1']);
    expect((await inputs())?.map(({ rows }) => rows)).toEqual([2, 1, 1]);
    await ingest('y', { force: true });
    expect(await inOrder()).toEqual(['x1', 'x2', 'z1', 'y1']);
    await ingest('x y z', { force: true });
    expect(await users()).toEqual(['x1', 'x2', 'y1', 'z1']);
  });

  test('other options replace the rows, also in days that have none any more', async () => {
    await put('x', '{"ts":"2026-11-10","at":"2026-11-12","event":"e"}\n');
    await put('y', line('2026-11-10', 'y1'));
    await ingest('x y');
    await ingest('--ts=at x');
    expect(await events()).toEqual([
      '2026-11-10T00:00:00.000Z view y1',
      '2026-11-12T00:00:00.000Z e null',
    ]);
    expect((await published('rejects/events')).map(({ rows }) => rows.out)).toEqual([1, 1]);
  });

  test('a file that has grown replaces its earlier version', async () => {
    await put('x', line('2026-11-10', 'x1') + line('2026-11-11', 'x2'));
    await put('y', line('2026-11-10', 'y1'));
    await ingest('x y');
    await copyFile(fileIn('x'), fileIn('old'));
    await appendFile(fileIn('x'), line('2026-11-11', 'x3'));
    await ingest('x y');
    expect(await users()).toEqual(['x1', 'x2', 'x3', 'y1']);
    expect((await ingest('x y old')).leaves[0]).toMatch(/^skipped/);
    const accounts = await published('rejects/events');
    expect(accounts.map(({ rows }) => [rows.in, rows.out, rows.filtered]).sort(byText)).toEqual([
      [1, 1, 0],
      [2, 0, 2],
      [3, 3, 0],
    ]);
  });

  test('a file and its beginning under another name count once', async () => {
    await put('x', `oops\n${line('2026-11-10', 'x1')}`);
    await put('y', `oops\n${line('2026-11-10', 'x1')}${line('2026-11-10', 'x2')}`);
    const { rows } = await ingest('--format=jsonl x y');
    expect(await users()).toEqual(['x1', 'x2']);
    expect(await rejects()).toEqual(['1 broken JSON: oops']);
    expect(rows).toEqual({ in: 5, out: 2, rejected: 1, filtered: 2 });
  });

  test('a run that was cut off between days and accounts is made good by the next', async () => {
    await put('x', line('2026-11-10', 'x1') + line('2026-11-11', 'x2'));
    await ingest('x');
    const [account] = await published('rejects/events');
    await rm(fileIn(`store/rejects`), { recursive: true });
    expect(await published('rejects/events')).toEqual([]);
    await ingest('x');
    expect((await rowsOf('events')).map(({ user }) => user)).toEqual(['x1', 'x2']);
    expect((await published('rejects/events'))[0]?.rows).toEqual(account?.rows);
  });

  test('two ingests of one day at once lose nothing', async () => {
    const names = Array.from({ length: 6 }, (_, index) => `f${index}`);
    for (const name of names) await put(name, line('2026-11-10', name));
    const runs = await Promise.all(
      names.map((name) => runner.run(`events:ingest -- --site=a ${name}`)),
    );
    expect(runs.flatMap(failuresOf)).toEqual([]);
    expect(await users()).toEqual(names);
  });

  test('manifests account for every record', async () => {
    await put('x', `${line('2026-11-10')}oops\n${line('2026-11-11')}`);
    await ingest('x');
    const [account] = await published('rejects/events');
    expect(account?.rows).toEqual({ in: 3, out: 2, rejected: 1, filtered: 0 });
    expect(account?.inputs).toMatchObject([{ name: `file://${fileIn('x')}`, rows: 3 }]);
    expect((await published('events')).map(({ inputs: [input] }) => input?.rows)).toEqual([1, 1]);
    const days = await runner.engine.rows(sql`select date, count(*) as n
      from read_parquet(${literal(`${fileIn('store')}/events/*/*/*.parquet`)}, hive_partitioning = true) group by date order by date`);
    expect(days).toEqual([
      { date: '2026-11-10', n: 1 },
      { date: '2026-11-11', n: 1 },
    ]);
  });
});

describe('what is refused, with nothing published', () => {
  test('too many rejects', async () => {
    await put('x', `${line('2026-11-10')}oops\n`);
    expect(await refused('--max-rejects=0 x')).toContain(
      '1 of 2 records cannot be read, more than --max-rejects=0',
    );
    expect(await refused('--max-rejects=49% x')).toContain('--max-rejects=49%');
    await ingest('--max-rejects=50% x');
  });

  test('files that end too early', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) =>
      line('2026-11-10', `u${index * 7919}`),
    ).join('');
    const gz = gzipSync(rows);
    await put('cut.gz', gz.subarray(0, -500));
    await put('trailer.gz', gz.subarray(0, -4));
    expect(await refused('cut.gz')).toContain('is truncated or damaged');
    expect(await refused('trailer.gz')).toContain('is truncated or damaged');
    await put('rows', rows);
    await runner.engine.execute(
      sql`copy (select * from read_json(${literal(fileIn('rows'))})) to ${literal(fileIn('x.zst'))} (format json, compression zstd)`,
    );
    const zst = await readFile(fileIn('x.zst'));
    await put('cut.zst', zst.subarray(0, -5));
    expect(await refused('cut.zst')).toContain('is truncated or damaged');
    await put('cut.parquet', 'PAR1 and no more');
    expect(await refused('cut.parquet')).toContain("cut.parquet' is no whole Parquet file");
    await put('two.gz', Buffer.concat([gz, gzipSync(line('2026-11-10'))]));
    expect((await ingest('x.zst two.gz')).rows).toMatchObject({ in: 10_001, out: 10_001 });
  });

  test('files that are not there, sites, formats and options that do not fit', async () => {
    await put('x', line('2026-11-10'));
    await put('z.zip', Buffer.from('504b030400000000', 'hex'));
    await put('log', '1.2.3.4 - - [17/May/2015:23:30:00 +0200] "GET / HTTP/1.1" 200 1\n');
    await put('prose', 'Once upon a time\nthere was a log\n');
    expect(await refused('nope')).toContain("'nope' does not exist");
    expect(await refused('x *.nope')).toContain("'*.nope' is a glob that no file matches");
    expect(await refused('https://b/x')).toContain('is not a local file');
    expect(await refused('z.zip')).toContain('is a zip archive');
    expect(await refused('prose')).toContain('Name it with --format');
    expect(await refused('--ts=time log')).toContain('Leave --ts out');
    expect(await refused('--format=parquet x')).toContain('is not a Parquet file');
    expect(await refused('--max-rejects=x x')).toContain('--max-rejects');
    const all = await runner.run('events:ingest -- --site=all x');
    expect(failuresOf(all)[0]).toContain("--site: 'all'");
  });
});

test('folders and globs give every file once', async () => {
  await put('logs/b/2.jsonl', line('2026-11-10', 'b2'));
  await put('logs/a.jsonl.gz', gzipSync(line('2026-11-10', 'a')));
  await put('logs/.hidden', 'x');
  await put('logs/_manifest.json', '{}');
  await ingest('logs logs/*.gz logs/**/[0-9].jsonl');
  expect(await users()).toEqual(['a', 'b2']);
});

const realLog = path.resolve('../shared/data/apache_access.log');
const isThere = await access(realLog).then(
  () => true,
  () => false,
);
if (!isThere) console.log(`Skipped: there is no ${realLog}.`);

test.skipIf(!isThere)('10,000 real lines agree with a count by other means', async () => {
  const { rows } = await ingest(realLog);
  expect(rows).toMatchObject({ in: 10_000, out: 9_999, rejected: 1, filtered: 0 });
  const lines = (await readFile(realLog, 'utf8')).trimEnd().split('\n');
  const counted = new Map<string, number>();
  for (const [index, text] of lines.entries()) {
    if (index === 8898) continue;
    const [, , , time = '', , method = '', url = '', , status = ''] = text.split(' ');
    const [last = ''] = (url.split(/[?#]/)[0] ?? '').split('/').slice(-1);
    const isPage = !last.includes('.') || /\.(html?|php|aspx?|jsp)$/i.test(last);
    const isPageload = method === '"GET' && /^(2..|304)$/.test(status) && isPage;
    const key = `2015-05-${time.slice(1, 3)} ${isPageload ? 'pageload' : 'request'}`;
    counted.set(key, (counted.get(key) ?? 0) + 1);
  }
  const found = await runner.engine
    .rows(sql`select strftime(ts, '%Y-%m-%d ') || event as key, count(*) as n
    from read_parquet(${literal(`${fileIn('store')}/events/*/*/*.parquet`)}) group by key`);
  expect(new Map(found.map(({ key, n }) => [key, n]))).toEqual(counted);
  expect(await rejects()).toEqual([
    `8899 not a line of the common or combined log format: ${lines[8898]}`,
  ]);
});

import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import type { Bucket } from '../rig/s3-server/state.ts';
import { asHost, canName, canSkew, clock, makingTasks, works } from './hosts.ts';
import { start } from './processes.ts';
import type { Started } from './processes.ts';

/** `PIPE_TEST_ROUNDS=10` takes a few minutes. */
const long = process.env['PIPE_TEST_ROUNDS'];
const rounds = Number(long ?? 1);
const keys = 6;
const hosts = 8;

/** Names of interfaces have 15 characters at most; two of these tests may run at once. */
const name = `pt${process.pid % 100_000}`;
const network = `10.231.${process.pid % 250}`;
const canNet =
  canName &&
  works('in network namespaces', ['ip', 'netns', 'add', name]) &&
  works('in network namespaces', ['ip', 'netns', 'del', name]) &&
  works('in network namespaces', ['ip', 'link', 'add', name, 'type', 'bridge']) &&
  works('in network namespaces', ['ip', 'link', 'del', name]);

describe.skipIf(!canNet)('processes in networks of their own that share an S3 store', () => {
  let rig: Rig;
  let server: S3Server;
  let bucket: Bucket;

  beforeAll(async () => {
    ip(`link add ${name} type bridge`);
    ip(`addr add ${network}.1/24 dev ${name}`);
    ip(`link set ${name} up`);
    for (let host = 0; host < hosts; host++) connect(host);
    server = await startS3Server(`${network}.1`);
  });
  afterAll(async () => {
    await server.close();
    for (let host = 0; host < hosts; host++) ip(`netns del ${name}-${host}`);
    ip(`link del ${name}`);
  });

  beforeEach(async () => {
    [rig, bucket] = [await createRig(), newBucket()];
    server.state.buckets.set('bucket', bucket);
    await rig.write({ 'package.json': '{}', 'tasks/test.ts': makingTasks, 'published.log': '' });
  });
  afterEach(() => rig.remove());

  test.each([2, 8])(
    '%d share the work of one window',
    async (processes) => {
      const run = Array.from({ length: processes }, (_, host) => startOn(host, []));
      for (const { ended } of run) expect((await ended).code, (await ended).stderr).toBe(0);
      expect((await published()).toSorted()).toEqual(
        Array.from({ length: keys }, (_, key) => `k${key} 1`),
      );
      expect(leases()).toEqual([]);
    },
    120_000,
  );

  test.each(long === undefined ? [2] : [2, 8])(
    '%d that make it anew publish each generation once',
    async (processes) => {
      for (let round = 0; round < rounds; round++) {
        const run = Array.from({ length: processes }, (_, host) => startOn(host, ['--force']));
        for (const { ended } of run) expect((await ended).code, (await ended).stderr).toBe(0);
      }
      const lines = await published();
      expect(lines).toHaveLength(rounds * processes * keys);
      expect(new Set(lines).size).toBe(lines.length);
      expect(leases()).toEqual([]);
    },
    60_000 * (rounds + 1),
  );

  test('one that is cut off is taken for dead, and publishes nothing in the name of its old lease', async () => {
    const first = startOn(0, ['--force']);
    while (leases().length === 0) await sleep(5);
    ip(`link set ${name}-${0} down`);
    const second = startOn(1, ['--force']);
    expect((await second.ended).code, (await second.ended).stderr).toBe(0);
    ip(`link set ${name}-${0} up`);
    expect([0, 1, 4]).toContain((await first.ended).code);
    const third = startOn(0, []);
    expect((await third.ended).code, (await third.ended).stderr).toBe(0);
    const lines = await published();
    expect(new Set(lines).size).toBe(lines.length);
    expect(leases()).toEqual([]);
  }, 120_000);

  /** Every host has a name, a network and, where that can be, a clock of its own. */
  function startOn(host: number, options: readonly string[]): Started {
    const offset = ['-7m', '+0', '+7m', '-90s', '+2m', '-3m', '+90s', '+5m'][host] ?? '+0';
    const env = {
      ...(canSkew && clock({ by: offset })),
      PIPE_STORE: 's3://bucket/store',
      PIPE_S3_ENDPOINT: server.endpoint,
      PIPE_LEASE_STALE: '3s',
      AWS_ACCESS_KEY_ID: 'test-key',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      TMPDIR: rig.folder,
    };
    const under = ['ip', 'netns', 'exec', `${name}-${host}`, ...asHost(`host-${host}`)];
    const command = [...options, '--jobs=3', 'test:all', '--', `--keys=${keys}`];
    return start(rig, command, { under, env });
  }

  async function published(): Promise<string[]> {
    return (await readFile(rig.path('published.log'), 'utf8')).trimEnd().split('\n');
  }

  function leases(): string[] {
    return [...bucket.objects.keys()].filter((key) => key.includes('/.pipe/leases/'));
  }
});

/** A network namespace with one interface, which the bridge sees as `<name>-<host>`. */
function connect(host: number): void {
  const [space, outside, inside] = [`${name}-${host}`, `${name}-${host}`, `${name}i${host}`];
  ip(`netns add ${space}`);
  ip(`link add ${outside} type veth peer name ${inside}`);
  ip(`link set ${inside} netns ${space}`);
  ip(`link set ${outside} master ${name} up`);
  ip(`-n ${space} addr add ${network}.${host + 2}/24 dev ${inside}`);
  ip(`-n ${space} link set ${inside} up`);
  ip(`-n ${space} link set lo up`);
}

function ip(line: string): void {
  execFileSync('ip', line.split(' '), { stdio: 'pipe' });
}

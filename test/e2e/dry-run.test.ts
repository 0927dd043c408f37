import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const now = '--now=2026-11-20T12:00:00Z';
const stats = ['stats:multi', '--', '--sites=a,b', '--days-ago=2'];

const tasks = `import { defineTask } from 'pipe';
export const bad = defineTask({
  name: 'my:bad',
  summary: 'Fail',
  usage: '',
  run() { throw new Error('bad'); },
});`;

/** A store in which something is done, stale, missing, without data, failed, expired and left behind. */
let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{}',
    'tasks/bad.ts': tasks,
    'objects/1.json': '{}',
    'objects/2.json': '{"a":1}',
  });
  await run('events:sample', '--', '--sites=a,b', '--days=2', '--rows=200');
  await run('events:ingest', '--', '--site=a', 'data/samples/site=a');
  await run('stats:multi', '--', '--sites=a', '--days-ago=1');
  await run('harvest:pack', '--', '--from=objects', '--to=packed');
  await rig.write({ 'objects/3.json': '{}', 'data/a.log': 'no line of a log\n' });
  await run('events:ingest', '--', '--site=a', '--format=jsonl', 'data/a.log');
  await run('my:bad');
  const [day = ''] = await readdir(rig.path('data/events/site=a'));
  await rig.shell(`
    mkdir -p data/.pipe/leases 'data/events/site=b/date=2026-11-01'
    echo '{}' > data/.pipe/leases/0123.json
    cp 'data/events/site=a/${day}/_manifest.json' 'data/events/site=b/date=2026-11-01/_manifest.next-x.json'
    touch -d 2026-01-01 data/.pipe/leases/0123.json data/events/site=b/date=2026-11-01/* data/.pipe/runs/*/*
    printf x >> 'data/stats/clicks/site=a/${day}/data.parquet'`);
}, 120_000);
afterAll(() => rig.remove());

async function run(...args: readonly string[]): Promise<void> {
  await rig.pipe([now, ...args]);
}

test.each<[readonly string[], RegExp]>([
  [['-n', ...stats], /\d+ missing.*no-data/],
  [['-n', '--json', ...stats], /"state":"missing"/],
  [['-n', '--force', ...stats], /# --force/],
  [['-n', '--lookback=3', ...stats], /--lookback=3/],
  [['-n', '--isolate=process', '--retries=2', ...stats], /--retries=2 --isolate=process/],
  [['--why', ...stats], /made 2026-\S+ by run /],
  [['--why', '--json', ...stats], /"publishedAt"/],
  [['-n', 'events:sample', '--', '--sites=c', '--days=1'], /events:sample/],
  [['-n', 'events:ingest', '--', '--site=b', 'data/samples/site=b'], /missing|runs/],
  [['-n', 'harvest:pack', '--', '--from=objects', '--to=packed'], /packed/],
  [['-n', 'store:clean', '--', '--older-than=1'], /0123\.json[^]*next-x|next-x[^]*0123\.json/],
  [['-n', 'runs:resume'], /my:bad/],
  [['--why', 'runs:resume'], /my:bad/],
  [['-n', 'runs:prune', '--', '--keep=1'], /runs:remove/],
  [['-n', 'runs:accept', '--', ...stats], /[Nn]othing is stale|accept|leave/],
])(
  '%j changes nothing: no file, no folder, no time',
  async (args, expected) => {
    // Bundles of tasks are cached the first time.
    await rig.pipe([now, ...args]);
    const before = await snapshot();
    const { code, stdout, stderr } = await rig.pipe([now, ...args]);
    expect(await snapshot()).toEqual(before);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(expected);
  },
  60_000,
);

/** Every file and folder with its content, size and times; reading alone sets the time of access. */
async function snapshot(): Promise<readonly string[]> {
  const names = await readdir(rig.folder, { recursive: true });
  const entries = names.sort().map(async (name) => {
    const found = await stat(rig.path(name), { bigint: true });
    const content = found.isFile() ? hashOf(await readFile(rig.path(name))) : '';
    const { size, mode, ino, mtimeNs, ctimeNs } = found;
    return [name, content, size, mode, ino, mtimeNs, ctimeNs].join(' ');
  });
  return Promise.all(entries);
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listingFiles } from '../rig/loaded.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.write({
    'package.json': '{}',
    'tasks/made.ts': `import { defineTask } from 'pipe';
export const made = defineTask({ name: 'made:one', summary: 'Made', usage: '--x=<x>', run() {} });
`,
    'data/events/site=a/date=2026-11-19/data.parquet': '',
    ...listingFiles,
  });
  // The first look at a project's files bundles them; the list of its tasks is kept from then on.
  await rig.pipe(['--list']);
});
afterAll(() => rig.remove());

/** The modules that a command loads. */
async function loadedBy(args: readonly string[]): Promise<readonly string[]> {
  await rig.write({ loaded: '' });
  const { code, stderr } = await rig.pipe(args, {
    env: { NODE_OPTIONS: `--import=${rig.path('register.mjs')}`, LOADED: rig.path('loaded') },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (await readFile(rig.path('loaded'), 'utf8')).trim().split('\n');
}

/** What is read and compiled before anything is answered; a run of a task takes several times as much. */
const mostBytes = 200_000;

test.each([
  ['--version'],
  ['--help'],
  ['--list'],
  ['completion', 'complete', 'bash', 'pipe made:', ':='],
  ['completion', 'complete', 'zsh', 'made:one', '--'],
  ['completion', 'complete', 'zsh', 'stats:multi', '--sites='],
  ['completion', 'complete', 'fish', 'stats:multi', '--', '--start-date', ''],
  ['config', 'config', '--help'],
])('%s loads nothing but a few files of Pipe itself', async (what, ...rest) => {
  const loaded = await loadedBy(rest.length === 0 ? [what] : rest);
  const files = loaded.filter((url) => !url.startsWith('node:'));
  const strangers = files.filter(
    (url) => !/\/dist\/(?:bin|lib|chunks)\/[^/]*(?:\/[^/]*)?\.js$/.test(url),
  );
  expect(strangers).toEqual([]);
  expect(files.filter((url) => /duckdb|built-ins|run-task|compose|s3|otlp/.test(url))).toEqual([]);
  const sizes = await Promise.all(files.map(async (url) => (await stat(fileURLToPath(url))).size));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(mostBytes);
});

test('the same look finds what a run loads', async () => {
  const loaded = await loadedBy(['--quiet', 'made:one', '--x=1']);
  expect(loaded.filter((url) => /\/run-task-/.test(url))).toHaveLength(1);
});

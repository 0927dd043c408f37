import { access, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await createRig();
  await rig.write({ 'package.json': '{}' });
});
afterEach(() => rig.remove());

/** What doctor says, by the name of the check. */
async function checks(options: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await rig.pipe([...options, 'doctor', '--json'], { env });
  expect(stderr).toBe('');
  const found: readonly { name: string; state: string; found: string }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { code, of: (name: string) => found.find((check) => check.name === name) };
}

describe('pipe doctor', () => {
  test('says ok to each, runs a join that spills, and leaves nothing behind', async () => {
    const { code, of } = await checks([]);
    expect(code).toBe(0);
    for (const name of [
      'node',
      'project',
      'time zones',
      'store',
      'conditional writes',
      'disk',
      'engine',
    ]) {
      expect(of(name)).toMatchObject({ state: 'ok' });
    }
    expect(of('engine')?.found).toContain('a join beyond memory gives all 200000 rows');
    await expect(access(rig.path('data'))).rejects.toThrow('ENOENT');
  });

  test('says what is wrong with the project, and looks at the rest', async () => {
    await rig.write({ 'tasks/a.ts': 'export const a = = 1;' });
    const { code, of } = await checks([], { PIPE_STROE: 'x' });
    expect(code).toBe(1);
    expect(of('project')).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/^tasks\/a\.ts:1:18/),
    });
    expect(of('environment')).toMatchObject({
      state: 'note',
      found: expect.stringContaining('did you mean PIPE_STORE?'),
    });
    expect(of('engine')).toMatchObject({ state: 'ok' });
  });

  test('finds the completion that a start file turns on', async () => {
    expect((await checks([], { SHELL: '/bin/zsh' })).of('completion')).toMatchObject({
      state: 'note',
    });
    await rig.write({ '.zshrc': 'source <(pipe completion:zsh)\n' });
    expect((await checks([], { SHELL: '/bin/zsh' })).of('completion')).toMatchObject({
      state: 'ok',
    });
  });
});

describe('of a store on S3', () => {
  let server: S3Server;
  beforeEach(async () => {
    server = await startS3Server();
    server.state.buckets.set('bucket', newBucket());
  });
  afterEach(() => server.close());

  const s3 = () =>
    checks(['--store=s3://bucket/store'], {
      PIPE_S3_ENDPOINT: server.endpoint,
      AWS_ACCESS_KEY_ID: 'test-key',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
    });

  test('whose conditions hold', async () => {
    const { code, of } = await s3();
    expect([code, of('store')?.state, of('conditional writes')?.state]).toEqual([0, 'ok', 'ok']);
    expect([...(server.state.buckets.get('bucket')?.objects.keys() ?? [])]).toEqual([]);
  });

  test('that ignores conditions', async () => {
    server.state.conditions.put = [];
    const { code, of } = await s3();
    expect([code, of('store')?.state]).toEqual([1, 'ok']);
    expect(of('conditional writes')).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('ignores conditions'),
    });
  });

  test('whose bucket is not there', async () => {
    server.state.buckets.clear();
    const { code, of } = await s3();
    expect(code).toBe(1);
    expect(of('store')).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('no such bucket'),
    });
  });
});

describe('pipe config', () => {
  test('says what is in force and where it came from', async () => {
    await rig.write({
      'pipe.config.ts': "export default { jobs: 3, timezone: 'Europe/Berlin', grace: '5s' };",
    });
    const env = { PIPE_JOBS: '5', PIPE_NOTIFY: 'https://user:hunter2secret@example.org/hook' };
    const { stdout } = await rig.pipe(['--store=here', 'config', '--json'], { env });
    const { root, settings } = JSON.parse(stdout);
    expect(root).toBe('$RIG');
    expect(settings).toMatchObject({
      store: { value: '$RIG/here', from: '--store' },
      jobs: { value: '5', from: 'PIPE_JOBS' },
      timezone: { value: 'Europe/Berlin', from: 'pipe.config.ts' },
      grace: { value: '5s', from: 'pipe.config.ts' },
      retries: { value: '0', from: 'default' },
      notify: { from: 'PIPE_NOTIFY' },
    });
    expect(stdout).not.toContain('hunter2secret');
    const text = await rig.pipe(['config'], { env });
    expect(text.stdout).toMatch(/^jobs +5 +PIPE_JOBS +how many/m);
    expect(text.stdout).not.toContain('hunter2secret');
  });

  test('fails as a run would', async () => {
    expect(await rig.pipe(['config'], { env: { PIPE_GRACE: 'soon' } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^PIPE_GRACE: 'soon' is not a duration/),
    });
    expect(await rig.pipe(['config', '--jsno'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean --json?'),
    });
  });
});

describe('pipe init', () => {
  test('in a folder that it makes, beside what is there, for vitest where that is used', async () => {
    await rig.write({
      'shop/package.json': '{ "devDependencies": { "vitest": "4" } }',
      'shop/pipe.config.json': '{}',
      'shop/.gitignore': 'node_modules',
    });
    const { code, stdout } = await rig.pipe(['init', 'shop']);
    expect(code).toBe(0);
    expect(stdout).toContain('left alone  pipe.config.json, which is there already\n');
    expect(stdout).toContain('  cd shop\n');
    expect(await readFile(rig.path('shop/.gitignore'), 'utf8')).toBe('node_modules\ndata/\n');
    expect(await readFile(rig.path('shop/test/hello.test.ts'), 'utf8')).toContain("from 'vitest'");
    expect(await rig.pipe(['init', 'new/place'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/npm init -y .*\n  npm install --save-dev \//),
    });
  });

  test('changes nothing in a dry run, and is found behind a typo', async () => {
    expect(await rig.pipe(['-n', 'init'])).toMatchObject({ code: 2, stdout: '' });
    await expect(access(rig.path('tasks'))).rejects.toThrow('ENOENT');
    expect(await rig.pipe(['inti'])).toEqual({
      code: 2,
      stdout: '',
      stderr: "pipe: unknown command 'inti'\n\n  did you mean pipe init?\n",
    });
  });

  test('each command has a help', async () => {
    for (const name of ['init', 'config', 'doctor']) {
      const help = await rig.pipe([name, '--help']);
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining(`  pipe ${name}`) });
      expect(await rig.pipe(['--help', name])).toEqual(help);
    }
  });
});

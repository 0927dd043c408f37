import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLocalStore } from '../../lib/store/local.ts';
import type { LocalEffects } from '../../lib/store/owner.ts';
import type { Store } from '../../lib/store/store.ts';

let root: string;
let effects: LocalEffects & { clock: number; living: Set<string> };
let store: Store;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pipe-'));
  effects = processOf(1);
  store = openLocalStore(root, effects);
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe('what others leave behind', () => {
  test('staging of the dead goes, of the living stays', async () => {
    const [dead, living, reused] = [processOf(2), processOf(3), processOf(4)];
    for (const each of [dead, living, reused]) await stage(each);
    effects.living = new Set(['3 start-3', '4 another-start']);
    expect(await store.cleanStaging()).toBe(2);
    expect(await readdir(join(root, '.pipe/staging'))).toEqual([
      expect.stringContaining('~3~start-3~'),
    ]);
  });

  test('staging of this very process stays, of an earlier one with its pid goes', async () => {
    await stage(effects);
    await stage({ ...effects, start: 'earlier' });
    expect(await store.cleanStaging()).toBe(1);
  });

  test('staging of another host stays for a week', async () => {
    await stage({ ...processOf(2), host: 'other' });
    effects.clock += 7 * 24 * 3600_000 - 1;
    expect(await store.cleanStaging()).toBe(0);
    effects.clock += 1;
    expect(await store.cleanStaging()).toBe(1);
  });

  test('a name of another form is nobody we know, and stays', async () => {
    await mkdir(join(root, '.pipe/staging/notes'), { recursive: true });
    expect(await store.cleanStaging()).toBe(0);
  });

  test('a claim of a dead process does not keep others from writing', async () => {
    await claim('k', processOf(2));
    await store.write('k', Buffer.from('x'));
    expect(await readdir(join(root, '.pipe/locks'))).toEqual([]);
  });

  test('a claim of another host counts until it has been watched for a minute, whatever the clocks say', async () => {
    await claim('k', { ...processOf(2), host: 'other' });
    effects.clock += 3600_000;
    await store.cleanStaging();
    let isWritten = false;
    const writing = store.write('k', Buffer.from('x')).then(() => (isWritten = true));
    await sleep(50);
    effects.clock += 3600_000;
    await sleep(50);
    expect(isWritten).toBe(false);
    const ticking = setInterval(() => (effects.clock += 900), 5);
    await writing;
    clearInterval(ticking);
    expect(await readdir(join(root, '.pipe/locks'))).toEqual([]);
  });

  test('a process that does not finish is named', async () => {
    await claim('k', processOf(2));
    effects.living.add('2 start-2');
    const writing = store.write('k', Buffer.from('x'));
    const ticking = setInterval(() => (effects.clock += 900), 5);
    await expect(writing).rejects.toThrow("'k' is being written by process 2 on 'host'");
    clearInterval(ticking);
    await store.write('another', Buffer.from('x'));
    expect(await readdir(join(root, '.pipe/staging'))).toEqual([]);
  });
});

describe('the folder', () => {
  test('looking changes nothing', async () => {
    const absent = join(root, 'absent');
    const empty = openLocalStore(absent, effects);
    for await (const entry of empty.list('')) expect(entry).toBeUndefined();
    await empty.read('a/b');
    await empty.cleanStaging();
    await (await empty.openStaging('run')).close();
    await empty.remove(['a/b']);
    await expect(stat(absent)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('links are followed, except up or to nowhere', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'pipe-'));
    await writeFile(join(elsewhere, 'x'), 'x');
    await store.write('a/y', Buffer.from('y'));
    await symlink(elsewhere, join(root, 'a', 'linked'));
    await symlink(root, join(root, 'a', 'up'));
    await symlink(join(root, 'nowhere'), join(root, 'a', 'dangling'));
    expect(await keysIn(store)).toEqual(['a/linked/x', 'a/y']);
    await rm(elsewhere, { recursive: true });
  });

  test('an error names key, cause and what to do', async () => {
    await writeFile(join(root, 'file'), '');
    const inFile = openLocalStore(join(root, 'file'), effects);
    const expected = /^Cannot \w+ '.*': a file stands where a folder is expected \(E\w+\)\. Remove/;
    await expect(inFile.write('k', Buffer.from(''))).rejects.toThrow(expected);
    await expect(inFile.read('k')).rejects.toThrow(expected);
    await expect(keysIn(inFile)).rejects.toThrow(expected);
    await expect(store.write('file/below', Buffer.from(''))).rejects.toThrow(
      "Cannot write 'file/below'",
    );
    await expect(store.write('n'.repeat(300), Buffer.from(''))).rejects.toThrow('ENAMETOOLONG');
    await mkdir(join(root, 'folder/x'), { recursive: true });
    await expect(store.write('folder', Buffer.from(''))).rejects.toMatchObject({
      message: expect.stringContaining('a folder stands where a file is expected (EISDIR)'),
      retryable: false,
      cause: { code: 'EISDIR' },
    });
    expect(await readdir(join(root, '.pipe/staging'))).toEqual([]);
  });
});

async function keysIn(listed: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of listed.list('')) found.push(key);
  return found;
}

async function stage(owner: LocalEffects): Promise<void> {
  const staging = await openLocalStore(root, owner).openStaging('run');
  await writeFile(staging.path('x'), 'x');
}

/** A claim as a process leaves it that is killed while it writes `key`. */
async function claim(key: string, owner: LocalEffects): Promise<void> {
  const locks = join(root, '.pipe/locks');
  // The claim is seen while it is held: its file is made again after the write.
  const before = openLocalStore(root, owner);
  const writing = before.write(key, Buffer.from('before'));
  let name: string | undefined;
  while (name === undefined) [name] = await readdir(locks).catch(() => []);
  await writing;
  await writeFile(join(locks, name), '');
}

function processOf(pid: number): LocalEffects & { clock: number; living: Set<string> } {
  return {
    host: 'host',
    pid,
    start: `start-${pid}`,
    clock: 1_800_000_000_000,
    living: new Set<string>(),
    now() {
      return this.clock;
    },
    isAlive(other, start) {
      return this.living.has(`${other} ${start}`);
    },
  };
}

test.runIf(process.platform === 'linux')(
  'a file system that makes no folders and says that there are none above ends in an error',
  async () => {
    const nowhere = openLocalStore('/proc/none/store', effects);
    await expect(nowhere.write('k', Buffer.from('x'))).rejects.toThrow(/Cannot write .*ENOENT/);
    const staging = await nowhere.openStaging('test');
    expect(() => staging.path('file')).toThrow(/Cannot create the staging folder .*ENOENT/);
  },
);

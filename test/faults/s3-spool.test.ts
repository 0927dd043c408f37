import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { openFaultyS3 } from './s3-faults.ts';
import { smallDisk } from './small-disk.ts';

const disk = smallDisk();
afterAll(() => disk?.remove());

describe.skipIf(disk === undefined)('a spool without a bound of its own', () => {
  const spool = join(disk?.folder ?? '', 'not/yet/there');

  test('holds what the disk has room for: who has nothing waits, who cannot wait is told', async () => {
    const s3 = await openFaultyS3();
    const store = s3.reopen({ spool });
    for (const key of ['a', 'b']) await store.write(key, Buffer.alloc(1_200_000, key));
    const [first, second] = [await store.openStaging('1'), await store.openStaging('2')];
    await store.download('a', first);
    let isHere = false;
    const waiting = store.download('b', second).then((path) => {
      isHere = true;
      return path;
    });
    await sleep(50);
    expect(isHere).toBe(false);
    await expect(store.download('b', first)).rejects.toThrow('no space left on the disk');
    await first.close();
    expect((await readFile(await waiting)).length).toBe(1_200_000);
    await second.close();
    await s3.close();
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../lib/errors.ts';

/** A file system of a few megabytes in memory. */
export interface SmallDisk {
  readonly folder: string;
  /** Fills it up to some free pages of 4 KiB. */
  fill(freePages?: number): Promise<void>;
  /** Frees what was filled. */
  free(): Promise<void>;
  remove(): void;
}

/** Undefined, with the reason on stderr, where none may be mounted. */
export function smallDisk(megabytes = 2): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'));
  const filler = join(folder, 'filler');
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`];
    execFileSync('mount', [...options, 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    rmSync(folder, { recursive: true });
    console.error(`The tests of a full disk are skipped: ${messageOf(error).trim()}`);
    return undefined;
  }
  return {
    folder,
    async fill(freePages = 0) {
      const { bavail, bsize } = await statfs(folder);
      await writeFile(filler, Buffer.alloc(Math.max(0, bavail - freePages) * bsize));
    },
    free: () => rm(filler, { force: true }),
    remove() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

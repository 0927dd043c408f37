import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quoted, UserError } from '../errors.ts';
import { createFoldersSync, flushFile } from './durable.ts';
import { codeOf, localError } from './fault.ts';
import { isSegment } from './key.ts';
import { ownedName, ownerLives, type LocalEffects } from './owner.ts';
import type { Staging } from './store.ts';

/** Processes of other hosts cannot be asked whether they live; no run is expected to last longer than this. */
export const FOREIGN_STAGING_AGE_MS = 7 * 24 * 3600 * 1000;

/** A private folder below `parent`, created when the first path is asked for. */
export function stagingIn(parent: string, owner: string, effects: LocalEffects): Staging {
  const folder = join(parent, ownedName(owner, effects));
  let paths = 0;
  return {
    folder,
    path(name) {
      if (!isSegment(name) || name.includes('/')) {
        throw new UserError(
          `${quoted(name)} cannot be the name of a file. Expected a name without slashes.`,
        );
      }
      if (paths === 0) createFolder(folder);
      return join(folder, `${++paths}-${name}`);
    },
    flush: flushFile,
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * Removes what dead processes left in `parent`, and what other hosts left there longer than
 * `foreignAgeMs` ago; returns how many went.
 */
export async function removeDead(
  parent: string,
  foreignAgeMs: number,
  effects: LocalEffects,
): Promise<number> {
  const names = await namesIn(parent);
  const dead = names.filter((name) => !ownerLives(name, foreignAgeMs, effects));
  for (const name of dead) await rm(join(parent, name), { recursive: true, force: true });
  return dead.length;
}

function createFolder(folder: string): void {
  try {
    createFoldersSync(folder);
  } catch (error) {
    throw localError('create the staging folder', folder, error);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

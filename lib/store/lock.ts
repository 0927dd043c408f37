import { createHash } from 'node:crypto';
import { mkdir, readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { codeOf } from './fault.ts';
import { ownedName, ownerLives, type LocalEffects } from './owner.ts';

/** A lock is held for milliseconds; a claim of another host that is older than this was left behind. */
export const FOREIGN_CLAIM_AGE_MS = 60_000;

/** Longer than {@link FOREIGN_CLAIM_AGE_MS}, so that a claim left behind is outlived. */
const WAIT_MS = 90_000;

const MAX_PAUSE_MS = 32;

/**
 * Runs an action while no other process on this machine runs one for the same key.
 *
 * Each contender makes a claim, a file of its own, and then looks for the claims of others: of two contenders
 * the later one always sees the earlier one. Who sees another living claim withdraws and tries again. Claims
 * of dead processes do not count, and since no two share a name, removing one can never remove a living one.
 */
export async function withLock<T>(
  folder: string,
  key: string,
  effects: LocalEffects,
  action: () => Promise<T>,
): Promise<T> {
  const claim = await acquire(folder, key, effects);
  try {
    return await action();
  } finally {
    await removeIfThere(claim);
  }
}

async function acquire(folder: string, key: string, effects: LocalEffects): Promise<string> {
  const label = createHash('sha256').update(key).digest('hex').slice(0, 32);
  const deadline = effects.now() + WAIT_MS;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const name = ownedName(label, effects);
    const claim = join(folder, name);
    await createIn(folder, claim);
    const rival = await findRival(folder, label, name, effects);
    if (rival === undefined) return claim;
    await removeIfThere(claim);
    if (effects.now() > deadline) throw stuck(key, rival);
    await sleep(Math.random() * pauseMs);
  }
}

async function createIn(folder: string, path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(folder, { recursive: true });
    await writeFile(path, '', { flag: 'wx' });
  }
}

async function findRival(
  folder: string,
  label: string,
  own: string,
  effects: LocalEffects,
): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (name === own || !name.startsWith(`${label}~`)) continue;
    if (ownerLives(name, FOREIGN_CLAIM_AGE_MS, effects)) return name;
    await removeIfThere(join(folder, name));
  }
  return undefined;
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function stuck(key: string, rival: string): UserError {
  const [, host, pid] = rival.split('~');
  return new UserError(
    `[store] [local] "${key}" is being written by process ${pid} on "${host}", which does not finish. Stop that process and run the same command again.`,
    { retryable: true },
  );
}

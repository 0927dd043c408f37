import { createHash } from 'node:crypto';
import { readdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { createFolders } from './durable.ts';
import { codeOf } from './fault.ts';
import { isForeign, ownedName, ownerLives, type LocalEffects } from './owner.ts';

/** A lock is held for milliseconds; a claim of another host that is watched for so long was left behind. */
const FOREIGN_CLAIM_MS = 60_000;

/** Longer than {@link FOREIGN_CLAIM_MS}, so that a claim left behind is outlived. */
const WAIT_MS = 90_000;

/** Longer than anybody pauses between two looks; a longer gap means that the clock was set. */
const MAX_GAP_MS = 1000;

const MAX_PAUSE_MS = 32;

/**
 * Runs an action while no other process on this machine runs one for the same key.
 *
 * Each contender makes a claim, a file of its own, and then looks for the claims of others: of two contenders
 * the later one always sees the earlier one. Who sees another living claim withdraws and tries again. Claims
 * of dead processes do not count, and since no two share a name, removing one can never remove a living one.
 * Whether processes of other hosts live nobody can say; their claims count until nobody has moved them for long.
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
  const wait = new Wait(effects);
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    const name = ownedName(label, effects);
    const claim = join(folder, name);
    await createIn(folder, claim);
    const rival = await findRival(folder, label, name, { effects, wait });
    if (rival === undefined) return claim;
    await removeIfThere(claim);
    if (wait.look() > WAIT_MS) throw stuck(key, rival);
    await sleep(Math.random() * pauseMs);
  }
}

async function createIn(folder: string, path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await createFolders(folder);
    await writeFile(path, '', { flag: 'wx' });
  }
}

interface Watching {
  readonly effects: LocalEffects;
  readonly wait: Wait;
}

async function findRival(
  folder: string,
  label: string,
  own: string,
  { effects, wait }: Watching,
): Promise<string | undefined> {
  for (const name of await readdir(folder)) {
    if (name === own || !name.startsWith(`${label}~`)) continue;
    const isLeft = isForeign(name, effects)
      ? wait.watchedMs(name) >= FOREIGN_CLAIM_MS
      : !ownerLives(name, Infinity, effects);
    if (!isLeft) return name;
    await removeIfThere(join(folder, name));
  }
  return undefined;
}

/**
 * How long we have been waiting, and watching claims. The times in their names are those of other
 * clocks, and ours may be set meanwhile, so only what passes between two looks counts.
 */
class Wait {
  readonly #effects: LocalEffects;
  readonly #since = new Map<string, number>();
  #lookedAt: number;
  #elapsedMs = 0;

  constructor(effects: LocalEffects) {
    this.#effects = effects;
    this.#lookedAt = effects.now();
  }

  /** Returns the time since the first look. */
  look(): number {
    const now = this.#effects.now();
    this.#elapsedMs += Math.min(Math.max(now - this.#lookedAt, 0), MAX_GAP_MS);
    this.#lookedAt = now;
    return this.#elapsedMs;
  }

  watchedMs(name: string): number {
    const since = this.#since.get(name) ?? this.#elapsedMs;
    this.#since.set(name, since);
    return this.#elapsedMs - since;
  }
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
    `'${key}' is being written by process ${pid} on '${host}', which does not finish. Stop that process and run the same command again.`,
    { retryable: true },
  );
}

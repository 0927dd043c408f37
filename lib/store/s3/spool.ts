import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../../errors.ts';
import { codeOf } from '../fault.ts';
import type { LocalEffects } from '../owner.ts';
import { FOREIGN_STAGING_AGE_MS, removeDead, stagingIn } from '../staging.ts';
import type { Staging } from '../store.ts';

/**
 * The local folder where files wait on their way up or down. It holds at most so many bytes of
 * downloads: a staging that holds none yet waits until others are closed. One that holds some must
 * not wait, or two could wait for each other, and gets an error. Without a bound most of what is
 * free on the disk when the first download comes is one; who cannot wait goes on then, as the disk
 * itself knows best.
 */
export class Spool {
  readonly #folder: string;
  readonly #effects: LocalEffects;
  readonly #maxBytes: number | undefined;
  #freeBytes: Promise<number> | undefined;
  readonly #held = new Map<string, number>();
  #waiting: (() => void)[] = [];

  constructor(folder: string, maxBytes: number | undefined, effects: LocalEffects) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#effects = effects;
  }

  open(owner: string): Staging {
    const staging = stagingIn(this.#folder, owner, this.#effects);
    return {
      folder: staging.folder,
      path: (name) => staging.path(name),
      flush: () => Promise.resolve(),
      close: async () => {
        await staging.close();
        this.#held.delete(staging.folder);
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const go of waiting) go();
      },
    };
  }

  /** Resolves when there is room for a download. */
  async reserve({ folder }: Staging, bytes: number): Promise<void> {
    const maxBytes = this.#maxBytes ?? (await (this.#freeBytes ??= freeBytes(this.#folder)));
    while (this.#used() + bytes > maxBytes) {
      const others = this.#used() - (this.#held.get(folder) ?? 0);
      if (this.#held.has(folder) || others === 0) {
        if (this.#maxBytes === undefined) break;
        throw this.#tooSmall(bytes);
      }
      await new Promise<void>((go) => this.#waiting.push(go));
    }
    this.#held.set(folder, (this.#held.get(folder) ?? 0) + bytes);
  }

  /** Removes what dead processes left. */
  clean(): Promise<number> {
    return removeDead(this.#folder, FOREIGN_STAGING_AGE_MS, this.#effects);
  }

  #used(): number {
    let sum = 0;
    for (const bytes of this.#held.values()) sum += bytes;
    return sum;
  }

  #tooSmall(bytes: number): UserError {
    return new UserError(
      `The spool '${this.#folder}' may hold ${this.#maxBytes} bytes, ${this.#used()} are taken, and a file of ${bytes} bytes should come. Allow more with PIPE_SPOOL_BYTES=<n>, or run fewer tasks at once with --jobs=<n>.`,
    );
  }
}

/** The rest is for what is made of the downloads. */
const SHARE_OF_FREE = 0.9;

/** What a folder may take that need not be there yet. */
async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize * SHARE_OF_FREE;
  } catch (error) {
    const above = dirname(folder);
    if (codeOf(error) === 'ENOENT' && above !== folder) return await freeBytes(above);
    // Whatever is wrong with it, whoever writes there will be told.
    return Infinity;
  }
}

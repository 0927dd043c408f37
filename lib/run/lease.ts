import { randomUUID } from 'node:crypto';
import { ConflictError, UncertainError } from '../store/conflict.ts';
import type { Store, WriteCondition } from '../store/store.ts';
import { formatLease, leaseKey, readLease } from './lease-record.ts';
import type { LeaseRecord, Owner, StoredLease } from './lease-record.ts';
import { LockedError, ownerText } from './locked.ts';

/** Who wants a lease on what. */
export interface Claim extends Owner {
  readonly scope: string;
  /** The generation that was published last; 0 where nothing was. */
  readonly published: number;
  readonly since: string;
}

/** Objects are small, and read, written and removed whole. */
export type LeaseStore = Pick<Store, 'read' | 'write' | 'remove'>;

/** Takes a lease that nobody holds: one conditional write. Undefined when somebody does. */
export function takeFree(store: LeaseStore, claim: Claim): Promise<Lease | undefined> {
  return take(store, claim, 0, { ifAbsent: true });
}

/** Takes a lease from whoever holds it. Undefined when it has changed since it was read. */
export function takeFrom(
  store: LeaseStore,
  claim: Claim,
  { etag, record }: StoredLease,
): Promise<Lease | undefined> {
  return take(store, claim, record?.generation ?? 0, { ifMatch: etag });
}

/** Shares a lease that another process of the same run holds, beats and gives back. */
export function share(store: LeaseStore, { etag }: StoredLease, record: LeaseRecord): Lease {
  return new Lease(store, record, etag, false);
}

async function take(
  store: LeaseStore,
  { published, ...claim }: Claim,
  before: number,
  condition: WriteCondition,
): Promise<Lease | undefined> {
  const generation = Math.max(before, published) + 1;
  const record = { ...claim, generation, token: randomUUID(), beat: 0 };
  try {
    const etag = await store.write(leaseKey(claim.scope), formatLease(record), condition);
    return new Lease(store, record, etag, true);
  } catch (error) {
    if (!mayBeLost(error)) throw error;
    // The reply to our own write may have been lost on its way.
    const stored = await readLease(store, claim.scope);
    const isOurs = stored?.record?.token === record.token;
    return stored && isOurs ? new Lease(store, record, stored.etag, true) : undefined;
  }
}

/** Whether the lease as it is stored tells who has it, ourselves included. */
function mayBeLost(error: unknown): boolean {
  return error instanceof ConflictError || error instanceof UncertainError;
}

/**
 * A lease in our hands. Somebody else may take it at any moment, so whatever depends on it asks
 * {@link confirm} between looking at what is published and committing, on the condition that what
 * was looked at has not changed. Then a commit of an owner that was replaced can only come before
 * the first one of its successor, never after it.
 */
export class Lease {
  readonly #store: LeaseStore;
  readonly #isOwned: boolean;
  #record: LeaseRecord;
  #etag: string;
  #isGivenBack = false;
  /** One step at a time: the heart beats while others ask. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: LeaseStore, record: LeaseRecord, etag: string, isOwned: boolean) {
    this.#store = store;
    this.#record = record;
    this.#etag = etag;
    this.#isOwned = isOwned;
  }

  get scope(): string {
    return this.#record.scope;
  }

  get generation(): number {
    return this.#record.generation;
  }

  /** Shows those who watch that the owner lives. A beat that fails is made up for by the next one. */
  beat(): Promise<void> {
    return this.#next(async () => {
      if (this.#isGivenBack || !this.#isOwned) return;
      const record = { ...this.#record, beat: this.#record.beat + 1 };
      await this.#put(record).catch(() => undefined);
    });
  }

  /**
   * A generation for a publish that replaces the one of generation `published` (0: none). Throws
   * {@link LockedError} when the lease is no longer ours.
   */
  confirm(published: number): Promise<number> {
    return this.#next(async () => {
      // Where there is none any more, whoever took it from us has given it back.
      const stored = this.#isGivenBack ? undefined : await this.#look();
      if (!stored) throw this.#lost(stored);
      if (published >= this.generation) {
        await this.#put({ ...this.#record, generation: published + 1 });
      }
      return this.generation;
    });
  }

  /** Gives the lease back, unless somebody has taken it. */
  giveBack(): Promise<void> {
    return this.#next(async () => {
      if (this.#isGivenBack) return;
      this.#isGivenBack = true;
      if (!this.#isOwned) return;
      const stored = await readLease(this.#store, this.scope);
      if (stored?.record?.token === this.#record.token) {
        await this.#store.remove([leaseKey(this.scope)]);
      }
    });
  }

  /** The lease as it is stored now, with our own view brought up to date; throws when it is another's. */
  async #look(): Promise<StoredLease | undefined> {
    const stored = await readLease(this.#store, this.scope);
    if (!stored) return undefined;
    if (stored.record?.token !== this.#record.token) throw this.#lost(stored);
    this.#etag = stored.etag;
    this.#record = stored.record;
    return stored;
  }

  /** Our own processes write, too, and replies get lost: a conflict alone does not mean that it is lost. */
  async #put(record: LeaseRecord): Promise<void> {
    const condition = { ifMatch: this.#etag };
    try {
      this.#etag = await this.#store.write(leaseKey(this.scope), formatLease(record), condition);
      this.#record = record;
    } catch (error) {
      if (!mayBeLost(error)) throw error;
      if (!(await this.#look())) throw this.#lost(undefined);
      const { beat, generation } = this.#record;
      if (beat >= record.beat && generation >= record.generation) return;
      await this.#put({
        ...record,
        beat: Math.max(beat, record.beat),
        generation: Math.max(generation, record.generation),
      });
    }
  }

  #lost(stored: StoredLease | undefined): LockedError {
    return new LockedError(
      `'${this.scope}' was taken over by ${ownerText(stored?.record)} while this run was making it. Nothing was published; the other run's result counts. Work that keeps its process busy for long seems dead to others: isolate it (--isolate=process).`,
    );
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

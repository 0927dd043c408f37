import { compareKeys } from '../store/key.ts';
import type { Store } from '../store/store.ts';
import { listPartition, listPartitions } from './catalog.ts';
import type { PartitionListing } from './catalog.ts';
import { parsePrefix, prefixOf } from './layout.ts';
import type { Partition } from './layout.ts';

/**
 * Lists many partitions by few requests. A folder that more than one partition was asked for in is
 * read through in byte order, a page at a time and only as far as somebody asks, since a plan walks
 * through its days in about that order. Where the pages do not pay, each partition is listed alone.
 * What is known of a partition is as old as its page, unless {@link forget} was told of a change.
 */
export class Listings {
  readonly #store: Pick<Store, 'list'>;
  /** By folder, the one that was used last at the end. */
  readonly #walks = new Map<string, Walk>();

  constructor(store: Pick<Store, 'list'>) {
    this.#store = store;
  }

  /** What a listing shows of a partition's folder; nothing in it where there is none. */
  async find(prefix: string): Promise<PartitionListing> {
    for (const folder of foldersAbove(prefix)) {
      const found = await this.#walk(folder)?.find(prefix);
      this.#bound();
      if (found) return found;
    }
    return listPartition(this.#store, prefix);
  }

  /** The partition has changed: what was listed of it before counts no longer. */
  forget(prefix: string): void {
    for (const [folder, walk] of this.#walks) if (prefix.startsWith(folder)) walk.forget(prefix);
  }

  /** Undefined for a folder that nobody has asked for before. */
  #walk({ folder, ...place }: Folder): Walk | undefined {
    const known = this.#walks.get(folder);
    this.#walks.delete(folder);
    this.#walks.set(folder, known ?? new Walk(this.#store, place));
    return known;
  }

  /** Keeps memory flat however many partitions a plan has. */
  #bound(): void {
    const walks = [...this.#walks.values()];
    let held = walks.reduce((sum, { size }) => sum + size, 0);
    for (const [folder, walk] of this.#walks) {
      const isLast = walk === walks.at(-1);
      if (isLast || (held <= MAX_PARTITIONS && this.#walks.size <= MAX_WALKS)) return;
      held -= walk.size;
      this.#walks.delete(folder);
    }
  }
}

/** Some 70 MB. */
const MAX_PARTITIONS = 100_000;
const MAX_WALKS = 256;
/** What S3 lists at once. */
const PAGE_ENTRIES = 1000;
/** Pages that are read on trial, before those that were useful are counted. */
const TRIAL_PAGES = 8;
/** How often a page has to be of use to be worth its time. */
const LEAST_FOUND = 8;
/** Changes that are remembered until the walk comes to them. */
const MAX_AHEAD = 10_000;

interface Folder extends Partition {
  readonly folder: string;
}

/** The folders that a partition lies in, from its dataset down. */
function foldersAbove(prefix: string): Folder[] {
  const partition = parsePrefix(prefix);
  if (!partition) return [];
  const { dataset } = partition;
  const pairs = Object.entries(partition.keys);
  return pairs.map((_, depth) => {
    const keys = Object.fromEntries(pairs.slice(0, depth));
    return { folder: prefixOf({ dataset, keys }), dataset, keys };
  });
}

/** A listing of a folder in byte order that has come so far, of which the last part is held. */
class Walk {
  readonly #store: Pick<Store, 'list'>;
  readonly #folder: Partition;
  #pages: AsyncIterator<PartitionListing> | undefined;
  /** Without a listing: it has changed since. */
  #held = new Map<string, PartitionListing | undefined>();
  /** Changed, and not come to yet; the store may have read it already. */
  #ahead = new Set<string>();
  /** What is held begins behind this partition and ends with `#through`. */
  #behind = '';
  #through = '';
  #isComplete = false;
  #pagesRead = 0;
  #found = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'list'>, folder: Partition) {
    this.#store = store;
    this.#folder = folder;
  }

  /** How many partitions are held. */
  get size(): number {
    return this.#held.size;
  }

  /** Reads at most one page more; undefined where that does not tell. */
  async find(prefix: string): Promise<PartitionListing | undefined> {
    if (!this.#covers(prefix)) {
      this.#turn = this.#turn.catch(() => undefined).then(() => this.#goOn(prefix));
      await this.#turn;
    }
    if (!this.#covers(prefix)) return undefined;
    this.#found++;
    const none = { prefix, files: new Map(), journals: [] };
    return this.#held.has(prefix) ? this.#held.get(prefix) : none;
  }

  forget(prefix: string): void {
    if (this.#covers(prefix)) this.#held.set(prefix, undefined);
    else if (this.#pages) this.#ahead.add(prefix);
  }

  #covers(prefix: string): boolean {
    const isReached = this.#isComplete || compareKeys(prefix, this.#through) <= 0;
    return isReached && compareKeys(prefix, this.#behind) > 0;
  }

  async #goOn(prefix: string): Promise<void> {
    if (this.#ahead.size > MAX_AHEAD) this.#startOver();
    const pays = this.#pagesRead < TRIAL_PAGES + this.#found / LEAST_FOUND;
    if (this.#covers(prefix) || !pays) return;
    const isPast = this.#isComplete || compareKeys(prefix, this.#behind) <= 0;
    if (isPast || !this.#pages) this.#startOver();
    this.#pagesRead++;
    try {
      await this.#readPage();
    } catch (error) {
      this.#startOver();
      throw error;
    }
  }

  #startOver(): void {
    const { dataset, keys } = this.#folder;
    this.#pages = listPartitions(this.#store, dataset, keys)[Symbol.asyncIterator]();
    this.#held = new Map();
    this.#ahead = new Set();
    [this.#behind, this.#through, this.#isComplete] = ['', '', false];
  }

  async #readPage(): Promise<void> {
    for (let entries = 0; entries < PAGE_ENTRIES;) {
      const next = await this.#pages?.next();
      if (!next || next.done) {
        this.#isComplete = true;
        return;
      }
      const { prefix, files, manifest, journals } = next.value;
      entries += files.size + journals.length + (manifest ? 1 : 0);
      this.#held.set(prefix, this.#ahead.delete(prefix) ? undefined : next.value);
      this.#through = prefix;
      this.#letGo();
    }
  }

  /** Of what one walk holds, the first part was used longest ago. */
  #letGo(): void {
    if (this.#held.size <= MAX_PARTITIONS / 2) return;
    const [first] = this.#held.keys();
    if (first === undefined) return;
    this.#held.delete(first);
    this.#behind = first;
  }
}

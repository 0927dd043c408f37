import type { Store } from '../store/store.ts';
import { listPartition } from './catalog.ts';
import type { PartitionListing } from './catalog.ts';
import { Listings } from './listings.ts';
import { findPublished } from './published.ts';
import type { Found, Reader } from './published.ts';

/** Tells what is published. */
export interface Lookup {
  /** What a listing shows of a partition's folder. */
  listing(prefix: string): Promise<PartitionListing>;
  /** What is published there, see `findPublished`. */
  found(prefix: string): Promise<Found>;
}

/** Looks at the store each time. */
export function directLookup(store: Reader): Lookup {
  return {
    listing: (prefix) => listPartition(store, prefix),
    found: (prefix) => findPublished(store, prefix),
  };
}

/**
 * Looks up what many invocations ask for, by few listings, and keeps what was read last, so that it
 * can be read before it is needed. What another process publishes may be seen late; whoever is about
 * to publish looks for himself.
 */
export class BulkLookup implements Lookup {
  readonly #store: Reader;
  readonly #listings: Listings;
  /** By prefix, the one that was read last at the end. */
  readonly #read = new Map<string, Promise<Found>>();

  constructor(store: Reader & Pick<Store, 'foreign'>) {
    // On S3 these reads cost a fraction of the others.
    const objects = store.foreign();
    this.#store = {
      list: (prefix) => store.list(prefix),
      stream: (key) => store.stream(key),
      read: (key) => objects.read(key),
    };
    this.#listings = new Listings(store);
  }

  listing(prefix: string): Promise<PartitionListing> {
    return this.#listings.find(prefix);
  }

  found(prefix: string): Promise<Found> {
    const known = this.#read.get(prefix);
    if (known) return known;
    const reading = this.#find(prefix);
    this.#read.set(prefix, reading);
    // What failed may be tried again.
    reading.catch(() => this.#drop(prefix, reading));
    const [oldest] = this.#read.keys();
    if (oldest !== undefined && this.#read.size > MAX_READ) this.#read.delete(oldest);
    return reading;
  }

  /** An object of the store has changed. */
  changed(key: string): void {
    const prefix = key.slice(0, key.lastIndexOf('/') + 1);
    this.#read.delete(prefix);
    this.#listings.forget(prefix);
  }

  async #find(prefix: string): Promise<Found> {
    const listing = await this.#listings.find(prefix);
    const isEmpty = !listing.manifest && listing.files.size + listing.journals.length === 0;
    // Where there is not even a folder nothing can have been caught halfway.
    return isEmpty ? { listing, journals: [] } : findPublished(this.#store, prefix, { listing });
  }

  #drop(prefix: string, reading: Promise<Found>): void {
    if (this.#read.get(prefix) === reading) this.#read.delete(prefix);
  }
}

/** More than is read ahead; a manifest of many inputs may be large. */
const MAX_READ = 512;

/**
 * Where datasets live: a local folder or `s3://bucket/prefix`. A store knows bytes only.
 *
 * Keys are relative, separated by `/`, never start or end with one, and have no empty, `.` or `..`
 * segment; anything else is refused. Names whose first character is `.` are Pipe's own: a listing
 * shows them only below a prefix that names their folder. Failures are `UserError`s.
 */
export interface Store {
  /** `file:///…` or `s3://bucket/prefix`, without a trailing slash. */
  readonly uri: string;

  /** Every object below `prefix` (which ends in `/` or is empty), in UTF-8 byte order of keys, read page by page. */
  list(prefix: string): AsyncIterable<Entry>;

  /**
   * Names of the folders directly below `prefix`, without slashes, in UTF-8 byte order. Whether a
   * folder that holds hidden names alone is among them differs between stores.
   */
  folders(prefix: string): AsyncIterable<string>;

  /** What a listing shows of one object, or undefined where there is none. */
  stat(key: string): Promise<Entry | undefined>;

  /** A small object whole, or undefined where there is none. */
  read(key: string): Promise<Stored | undefined>;

  /** The bytes of an object from start to end, all of one version; an absent object is an error. */
  stream(key: string): AsyncIterable<Uint8Array>;

  /**
   * The bytes of a part of an object, or undefined where there is no object. What lies past its end
   * is not there: the part is shorter then, or empty. The length is checked, the content is not.
   */
  readRange(key: string, range: ByteRange): Promise<Stored | undefined>;

  /**
   * Replaces a small object atomically and durably, and returns its new etag.
   * With a condition the write happens only if it holds at that moment, else `ConflictError`.
   */
  write(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<string>;

  /**
   * Adds bytes to the end of an object of Pipe's own, below `.pipe/`, creating it. One writer per
   * key. Durable once `flush` resolves.
   */
  append(key: string): Promise<Appender>;

  /**
   * Makes a finished local file the object `key`, atomically and durably, and returns its new etag.
   * The file must lie in a staging folder of this store and is gone afterwards, unless the
   * condition does not hold (`ConflictError`).
   */
  upload(path: string, key: string, condition?: WriteCondition): Promise<string>;

  /**
   * A local path that holds the object's bytes, valid until the run's staging is closed. Read only.
   * They are of the version that is expected, else it is a `ChangedError`; a store that has to fetch
   * them compares their hash, too.
   */
  download(key: string, staging: Staging, expected?: Content): Promise<string>;

  /** Removes objects; absent ones are no error. Folders that become empty disappear. */
  remove(keys: readonly string[]): Promise<void>;

  /**
   * A private local folder for files that are being written, removed by `close` or, after a crash,
   * by `cleanStaging`. Nothing is created until a path is asked for.
   */
  openStaging(owner: string): Promise<Staging>;

  /** Removes what runs that are no longer alive left behind; returns how many staging folders went. */
  cleanStaging(): Promise<number>;

  /** The same store for work that ends with a signal: once that is aborted, nothing that fails is tried again. */
  until(signal: AbortSignal): Store;

  /** What lies here whoever put it there, for places that are none of Pipe's own. */
  foreign(): ForeignObjects;

  /** What else work left behind that was cut off before a time, and no listing shows. */
  leftovers(before: Date): AsyncIterable<Leftover>;

  /** Removes a leftover by its name; one that is gone already is no error, another name is. */
  removeLeftover(name: string): Promise<void>;
}

/** Objects under any keys: hidden names, and those that the store itself refuses, such as `a//b`, are among them. */
export interface ForeignObjects {
  readonly uri: string;
  /** As `Store.list`, but for what `.pipe/` holds. */
  list(prefix: string): AsyncIterable<Entry>;
  /** As `Store.read`. */
  read(key: string): Promise<Stored | undefined>;
  /** As `Store.write`, whatever is there. */
  write(key: string, bytes: Uint8Array): Promise<string>;
}

export interface Entry {
  readonly key: string;
  readonly bytes: number;
  /** Changes whenever the object is replaced by other bytes; whether also by the same ones differs. */
  readonly etag: string;
  readonly modified: Date;
}

export interface Stored {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** From `start` up to, but not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  /** Of the version that the bytes must be of; another one is a `ChangedError`. */
  readonly etag?: string | undefined;
}

/** What a file should be, by its hash or as the version that a listing showed. */
export interface Content {
  readonly bytes: number;
  readonly sha256?: string;
  readonly etag?: string;
}

export interface Leftover {
  readonly name: string;
  readonly modified: Date;
}

export type WriteCondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

export interface Appender {
  append(bytes: Uint8Array | string): void;
  /** Resolves when everything appended so far has reached the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface Staging {
  /** Absolute path of the folder, which exists once `path` has been called. */
  readonly folder: string;
  /** A new absolute path inside the folder, which does not exist yet, ending in `-${name}`. */
  path(name: string): string;
  /** Brings a file to the disk where an upload would do so: the store takes over the file itself, and no copy. */
  flush(path: string): Promise<void>;
  close(): Promise<void>;
}

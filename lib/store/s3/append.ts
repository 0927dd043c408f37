import type { Appender, Entry, Stored } from '../store.ts';
import { listAll } from './list.ts';
import { readS3, streamS3 } from './read.ts';
import type { Session } from './session.ts';
import { putS3 } from './write.ts';

/**
 * Objects on S3 cannot grow. One that is appended to is kept in numbered segments beside where it
 * would stand, `<key>/.segment-000000001`, and read as their concatenation. The last segment is
 * replaced whole each time more has come, until it has its full size and the next one begins: so a
 * short log is one small object, a long one is written about once, and what a crash takes is the
 * time between two writes. Only Pipe's own keys are looked for segments.
 */
export function isAppendable(key: string): boolean {
  return key.startsWith('.pipe/');
}

/** Opens an appender behind the segments that are there. */
export async function openAppender(session: Session, key: string): Promise<Appender> {
  const segments = await segmentsOf(session, key);
  return new SegmentAppender(session, key, segments.length + 1);
}

/** The segments of an appended object in their order; none if it is no appended one. */
export async function segmentsOf(session: Session, key: string): Promise<Entry[]> {
  const segments: Entry[] = [];
  for await (const entry of listAll(session, `${key}/`)) {
    if (appendedKey(entry.key) === key) segments.push(entry);
  }
  return segments;
}

/** The key of the appended object that a segment belongs to. */
export function appendedKey(segment: string): string | undefined {
  return /^(.*)\/\.segment-\d{9}$/s.exec(segment)?.[1];
}

/** What an appended object holds in all its segments. */
export function bytesIn(segments: readonly Entry[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** An appended object whole, or undefined if there are no segments. */
export async function readAppended(session: Session, key: string): Promise<Stored | undefined> {
  const segments = await segmentsOf(session, key);
  if (segments.length === 0) return undefined;
  const stored = await Promise.all(segments.map((entry) => readS3(session, entry.key)));
  const bytes = stored.map((each) => each?.bytes ?? new Uint8Array());
  return { bytes: Buffer.concat(bytes), etag: joinedEtag(segments) };
}

/** The bytes of an appended object, segment after segment. */
export async function* streamAppended(
  session: Session,
  segments: readonly Entry[],
): AsyncGenerator<Uint8Array> {
  for (const { key } of segments) yield* streamS3(session, key);
}

/** A listing with the segments of each object put together to one entry. */
export async function* joinSegments(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  let segments: Entry[] = [];
  for await (const entry of entries) {
    const [first] = segments;
    if (first && appendedKey(first.key) !== appendedKey(entry.key)) {
      const joined = joinedEntry(segments);
      if (joined) yield joined;
      segments = [];
    }
    if (appendedKey(entry.key) === undefined) yield entry;
    else segments.push(entry);
  }
  const joined = joinedEntry(segments);
  if (joined) yield joined;
}

/** The segments of one object as one entry; undefined if there are none. */
export function joinedEntry(segments: readonly Entry[]): Entry | undefined {
  const [first] = segments;
  const last = segments.at(-1);
  if (!first || !last) return undefined;
  return {
    key: appendedKey(first.key) ?? first.key,
    bytes: bytesIn(segments),
    etag: joinedEtag(segments),
    modified: last.modified,
  };
}

/** Only the last segment changes, and then its etag does. */
function joinedEtag(segments: readonly Entry[]): string {
  return `${segments.length}-${segments.at(-1)?.etag}`;
}

class SegmentAppender implements Appender {
  readonly #session: Session;
  readonly #key: string;
  #number: number;
  /** What the present segment holds, and how many bytes of it have been written. */
  #segment: Buffer[] = [];
  #written = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(session: Session, key: string, number: number) {
    this.#session = session;
    this.#key = key;
    this.#number = number;
  }

  append(bytes: Uint8Array | string): void {
    this.#segment.push(Buffer.from(bytes));
    const write = (): void => void this.#write();
    this.#timer ??= setTimeout(write, this.#session.limits.appendDelayMs).unref();
  }

  /** A write that fails is told here or by `close`; nothing is written after it. */
  flush(): Promise<void> {
    return this.#write();
  }

  close(): Promise<void> {
    return this.#write();
  }

  #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work = this.#work.then(() => this.#writeSegment());
    this.#work.catch(() => undefined);
    return this.#work;
  }

  async #writeSegment(): Promise<void> {
    const content = Buffer.concat(this.#segment);
    if (content.length === this.#written) return;
    const name = `${this.#key}/.segment-${String(this.#number).padStart(9, '0')}`;
    const { length } = this.#segment;
    await putS3(this.#session, name, { bytes: content.length, open: () => content });
    this.#written = content.length;
    if (content.length < this.#session.limits.segmentBytes) return;
    this.#number++;
    this.#written = 0;
    this.#segment = this.#segment.slice(length);
  }
}

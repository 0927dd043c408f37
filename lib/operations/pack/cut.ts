import { createHash } from 'node:crypto';
import { compareKeys } from '../../store/key.ts';
import { LineFile } from './lines.ts';
import type { Listed } from './records.ts';

/** A chunk as it was cut before. */
export interface Known {
  /** Its number, such as `00003`. */
  readonly chunk: string;
  /** Its least id; absent where it has none any more. */
  readonly first?: string;
  /** Of its objects: the same where ids, keys, etags, sizes and times are. */
  readonly digest: string;
}

export interface Limits {
  readonly keys: number;
  /** Of the objects; ids without object count nothing. */
  readonly bytes: number;
}

export interface Cut {
  readonly chunk: string;
  readonly keys: number;
  /** Ids without object among them. */
  readonly missing: number;
  readonly bytes: number;
  readonly first?: string;
  readonly last?: string;
  readonly digest: string;
  /** Whether there was no such chunk, or it had other objects. */
  readonly isNew: boolean;
  /** Local files with the objects as lines, in order; none where nobody asked for them. */
  readonly files: readonly LineFile[];
}

/** A chunk may grow to so many times the limits before it is split. */
const GROWTH = 2;

/**
 * Cuts objects, which come in the order of their ids, into chunks. A known chunk keeps its range, from its
 * first id up to the next one's, and takes what is new there, so that objects that come and go
 * change only the chunks they lie in. One that has outgrown the limits twice is split: its
 * beginning keeps the number. The files of a chunk, in a folder of the caller, are whole when it is yielded.
 */
export async function* cut(
  objects: AsyncIterable<Listed>,
  known: readonly Known[],
  limits: Limits,
  pathFor?: () => string,
): AsyncGenerator<Cut> {
  const ranges = rangesOf(known);
  const growth = ranges.length === 0 ? 1 : GROWTH;
  const numbers = numbersAfter(known);
  let at = 0;
  let range = new Range(limits, pathFor);
  for await (const object of objects) {
    for (let next = ranges[at + 1]; next && compareKeys(next.first, object.id) <= 0;) {
      yield* range.cuts(ranges[at], growth, numbers);
      range = new Range(limits, pathFor);
      next = ranges[++at + 1];
    }
    await range.add(object);
  }
  do {
    yield* range.cuts(ranges[at], growth, numbers);
    range = new Range(limits, pathFor);
  } while (++at < ranges.length);
}

function rangesOf(known: readonly Known[]): (Known & { readonly first: string })[] {
  return known
    .flatMap((chunk) => (chunk.first === undefined ? [] : [{ ...chunk, first: chunk.first }]))
    .sort((a, b) => compareKeys(a.first, b.first));
}

function* numbersAfter(known: readonly Known[]): Generator<string, never> {
  const last = known.reduce((max, { chunk }) => Math.max(max, Number(chunk)), -1);
  for (let number = last + 1; ; number++) yield String(number).padStart(5, '0');
}

/** The objects of one range, in as many parts as it may be split into. */
class Range {
  readonly #limits: Limits;
  readonly #pathFor: (() => string) | undefined;
  readonly #parts: Part[] = [];
  readonly #whole = new Part();

  constructor(limits: Limits, pathFor: (() => string) | undefined) {
    this.#limits = limits;
    this.#pathFor = pathFor;
  }

  async add(object: Listed): Promise<void> {
    const line = JSON.stringify(object);
    this.#whole.add(object, line);
    let part = this.#parts.at(-1);
    if (!part?.takes(object, this.#limits)) {
      part = new Part(this.#pathFor && (await LineFile.create(this.#pathFor())));
      this.#parts.push(part);
    }
    part.add(object, line);
    await part.lines?.add(line);
  }

  /** A range of a known chunk that is empty now is a cut, too; no range at all is none. */
  async *cuts(
    known: Known | undefined,
    growth: number,
    numbers: Iterator<string, never>,
  ): AsyncGenerator<Cut> {
    for (const { lines } of this.#parts) await lines?.close();
    const whole = this.#whole;
    const { keys, bytes } = this.#limits;
    if (whole.keys === 0 && !known) return;
    if (whole.keys <= growth * keys && whole.bytes <= growth * bytes) {
      yield whole.cut(known, numbers, this.#parts);
      return;
    }
    for (const [index, part] of this.#parts.entries()) {
      yield part.cut(index === 0 ? known : undefined, numbers, [part]);
    }
  }
}

class Part {
  readonly lines: LineFile | undefined;
  readonly #hash = createHash('sha256');
  #pending = '';
  keys = 0;
  bytes = 0;
  #missing = 0;
  #first: string | undefined;
  #last: string | undefined;

  constructor(lines?: LineFile) {
    this.lines = lines;
  }

  takes({ size }: Listed, limits: Limits): boolean {
    return this.keys < limits.keys && this.bytes + (size ?? 0) <= limits.bytes;
  }

  add({ id, etag, size }: Listed, line: string): void {
    this.keys += 1;
    this.bytes += size ?? 0;
    if (etag === null) this.#missing += 1;
    this.#first ??= id;
    this.#last = id;
    // Hashing line by line would take several times as long.
    this.#pending += `${line}\n`;
    if (this.#pending.length > 64 * 1024) this.#digestPending();
  }

  cut(known: Known | undefined, numbers: Iterator<string, never>, parts: readonly Part[]): Cut {
    this.#digestPending();
    const digest = this.#hash.digest('hex');
    return {
      chunk: known?.chunk ?? numbers.next().value,
      keys: this.keys,
      missing: this.#missing,
      bytes: this.bytes,
      ...(this.#first !== undefined && { first: this.#first }),
      ...(this.#last !== undefined && { last: this.#last }),
      digest,
      isNew: digest !== known?.digest,
      files: parts.flatMap(({ lines }) => (lines ? [lines] : [])),
    };
  }

  #digestPending(): void {
    this.#hash.update(this.#pending);
    this.#pending = '';
  }
}

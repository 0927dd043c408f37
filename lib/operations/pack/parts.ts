import { ChangedError } from '../../store/conflict.ts';
import type { Store } from '../../store/store.ts';

/** One version of an object, of which only parts are read. */
export class Parts {
  readonly #store: Pick<Store, 'readRange'>;
  readonly #key: string;
  #etag: string | undefined;
  /** Of the whole object. */
  readonly bytes: number;

  constructor(store: Pick<Store, 'readRange'>, key: string, bytes: number) {
    this.#store = store;
    this.#key = key;
    this.bytes = bytes;
  }

  /** The bytes from `start` up to, but not including, `end`. Throws ChangedError where they are of another version than those before. */
  async read(start: number, end: number): Promise<Buffer> {
    const stored = await this.#store.readRange(this.#key, { start, end, etag: this.#etag });
    if (stored?.bytes.length !== Math.min(end, this.bytes) - start) {
      throw new ChangedError(this.#key);
    }
    this.#etag ??= stored.etag;
    const { buffer, byteOffset, length } = stored.bytes;
    return Buffer.from(buffer, byteOffset, length);
  }

  /** Pieces from an offset to the end, each read when it is asked for. */
  async *from(offset: number, pieceBytes: number): AsyncGenerator<Buffer> {
    for (let start = offset; start < this.bytes; start += pieceBytes) {
      yield await this.read(start, Math.min(start + pieceBytes, this.bytes));
    }
  }
}

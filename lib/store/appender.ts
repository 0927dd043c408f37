import type { FileHandle } from 'node:fs/promises';
import type { Appender } from './store.ts';

/**
 * Appends to an open file in the background, in order, many small pieces in one write. A write that
 * fails is told by the next `flush` or `close`; nothing is written after it.
 */
export function appenderTo(file: FileHandle): Appender {
  let pending: (Uint8Array | string)[] = [];
  let writing: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  async function drain(): Promise<void> {
    while (pending.length > 0 && !failure) {
      const pieces = pending;
      pending = [];
      try {
        await file.appendFile(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
      } catch (error) {
        failure = { error };
      }
    }
    writing = undefined;
  }

  async function settle(): Promise<void> {
    await writing;
    if (failure) throw failure.error;
  }

  return {
    append(bytes) {
      pending.push(bytes);
      writing ??= Promise.resolve().then(drain);
    },
    async flush() {
      await settle();
      await file.datasync();
    },
    async close() {
      try {
        await settle();
      } finally {
        await file.close();
      }
    },
  };
}

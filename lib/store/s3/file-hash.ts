import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export type HashAlgorithm = 'sha256' | 'crc32';

/** A file that is being written. */
export interface GrowingFile {
  readonly path: string;
  /** How long it will be. */
  readonly bytes: number;
}

/**
 * The hash of a file, made in a thread of its own while the rest of the file is written. What it
 * reads back the system still has in memory.
 */
export class FileHash {
  readonly #worker: Worker;
  readonly #digest: Promise<unknown[]>;

  constructor({ path, bytes }: GrowingFile, algorithm: HashAlgorithm) {
    const workerData = { path, bytes, algorithm };
    this.#worker = new Worker(code, { eval: true, workerData, execArgv: [] });
    this.#digest = once(this.#worker, 'message');
    // Whoever asks for it hears of it; the others have an error of their own.
    this.#digest.catch(() => undefined);
  }

  /** Tells that all before this position has been written. */
  advance(to: number): void {
    this.#worker.postMessage(to);
  }

  /** SHA-256 in hex, CRC32 in base64, once the whole file has been written. */
  async digest(): Promise<string> {
    return String((await this.#digest)[0]);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** As text, so that it is there however this module is bundled. */
const code = `
  const { createHash } = require('node:crypto');
  const { openSync, readSync } = require('node:fs');
  const { parentPort, workerData } = require('node:worker_threads');
  const { crc32 } = require('node:zlib');

  const file = openSync(workerData.path);
  const buffer = Buffer.allocUnsafe(256 * 1024);
  const hash = createHash('sha256');
  const sum = Buffer.alloc(4);
  let at = 0;

  parentPort.on('message', (to) => {
    while (at < to) {
      const read = readSync(file, buffer, 0, Math.min(buffer.length, to - at), at);
      if (read === 0) throw new Error('the file became shorter while it was written');
      const bytes = buffer.subarray(0, read);
      if (workerData.algorithm === 'sha256') hash.update(bytes);
      else sum.writeUInt32BE(crc32(bytes, sum.readUInt32BE()));
      at += read;
    }
    if (at < workerData.bytes) return;
    parentPort.postMessage(
      workerData.algorithm === 'sha256' ? hash.digest('hex') : sum.toString('base64'),
    );
  });`;

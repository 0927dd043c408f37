import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { reasonOf, UsageError } from '../errors.ts';
import { eventLine } from '../terminal/json.ts';
import type { Outlet, OutletEffects } from './outlets.ts';

/** Writes every event as a line of JSON to a file, or to stdout for `-`. */
export async function openEventFile(path: string, effects: OutletEffects): Promise<Outlet> {
  const lines = await openLines(path, '--events', effects);
  return { write: (event) => lines.write(eventLine(event)), close: () => lines.close() };
}

/** A file that lines are added to, a batch at a time. */
export interface Lines {
  write(line: string): void;
  close(): Promise<void>;
}

/** Characters that are gathered before they are written. */
const batchChars = 65_536;
/** How long a line waits for others at most, so that whoever follows the file sees it soon. */
const maxDelayMs = 200;

/** Replaces the file. Throws UsageError if that cannot be; a later failure is told once. */
export async function openLines(
  path: string,
  option: string,
  { cwd, say }: OutletEffects,
): Promise<Lines> {
  const stream = path === '-' ? process.stdout : await openFile(resolve(cwd, path), option);
  let failed = false;
  let batch = '';
  let timer: NodeJS.Timeout | undefined;
  const fail = (error: unknown): void => {
    if (!failed)
      say(
        `${option}: '${path}' could not be written: ${reasonOf(error)}; the run goes on without it`,
      );
    failed = true;
  };
  if (path !== '-') stream.on('error', fail);
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!failed && batch !== '') stream.write(batch);
    batch = '';
  };
  return {
    write(line) {
      batch += line;
      if (batch.length >= batchChars) flush();
      else timer ??= setTimeout(flush, maxDelayMs).unref();
    },
    async close() {
      flush();
      if (path === '-' || failed) return;
      await new Promise<void>((done) => {
        stream.once('close', done);
        stream.end();
      });
    },
  };
}

async function openFile(path: string, option: string): Promise<Writable> {
  const stream = createWriteStream(path);
  try {
    await once(stream, 'open');
  } catch (error) {
    throw new UsageError(
      `${option}: '${path}' cannot be written: ${reasonOf(error)}; name a file in a folder that is there`,
      { cause: error },
    );
  }
  return stream;
}

import type { Store } from '../store/store.ts';
import type { RunEvent } from './events.ts';

/** The record of one run: one JSON line per event at `.pipe/runs/<run>/events.jsonl` below the store. */
export interface Ledger {
  readonly key: string;
  write(event: RunEvent): void;
  /** Waits while more is unwritten than should be held in memory. Whoever writes much asks now and then. */
  ready(): Promise<void>;
  /** Resolves when everything written so far is on the disk. Throws if any of it could not be written. */
  close(): Promise<void>;
}

/** Lines gathered before they are handed to the store, in characters. At 250 a line some 260 lines. */
const batchChars = 65_536;
/** How long a line waits for others at most. A crash loses no more than that. */
const maxDelayMs = 100;
/** What may be unwritten before {@link Ledger.ready} waits, in characters. */
const maxPendingChars = 4 * 1024 * 1024;

export async function openLedger(store: Pick<Store, 'append'>, run: string): Promise<Ledger> {
  const key = ledgerKey(run);
  const appender = await store.append(key);
  let batch = '';
  let pending = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (batch) appender.append(batch);
    pending += batch.length;
    batch = '';
  };
  return {
    key,
    write(event) {
      batch += `${JSON.stringify(event)}\n`;
      // The first line says how to go on, so it is never waited for.
      if (batch.length >= batchChars || event.type === 'run-started') flush();
      else timer ??= setTimeout(flush, maxDelayMs).unref();
    },
    async ready() {
      if (pending < maxPendingChars) return;
      pending = 0;
      await appender.flush();
    },
    async close() {
      flush();
      await appender.close();
    },
  };
}

/** Where the ledgers of all runs lie, a folder for each. */
export const RUNS_PREFIX = '.pipe/runs/';

export function ledgerKey(run: string): string {
  return `${RUNS_PREFIX}${run}/events.jsonl`;
}

/**
 * A run's id: sorts by time, and two runs that start in one millisecond differ by `random` (hex
 * digits, of which five are used).
 * @example runId(Date.parse('2026-11-20T06:00:00.123Z'), '1f3a9') // '20261120T060000Z-07b1f3a9'
 */
export function runId(startedMs: number, random: string): string {
  const time = new Date(startedMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const ms = (startedMs % 1000).toString(16).padStart(3, '0');
  return `${time}-${ms}${random.slice(0, 5)}`;
}

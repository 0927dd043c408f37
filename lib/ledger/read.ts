import type { Entry, Store } from '../store/store.ts';
import type { RunEvent } from './events.ts';
import { ledgerKey, RUNS_PREFIX } from './ledger.ts';
import { endsOf, linesOf } from './lines.ts';
import { parseEvent } from './parse-event.ts';
import { RunFold } from './record.ts';
import type { RunRecord, RunSummary } from './record.ts';

/** A ledger as a listing shows it. */
export interface RunEntry {
  readonly run: string;
  readonly bytes: number;
  /** When it was last written to. */
  readonly modified: Date;
}

/** Every run that has a ledger, the newest first: one listing, nothing is read. */
export async function runsIn(store: Pick<Store, 'list'>): Promise<RunEntry[]> {
  const runs: RunEntry[] = [];
  for await (const entry of store.list(RUNS_PREFIX)) {
    const run = runOf(entry);
    if (run !== undefined) runs.push({ run, bytes: entry.bytes, modified: entry.modified });
  }
  return runs.sort(newestFirst);
}

/**
 * The runs of a store, the newest first, read a few at a time as they are asked for. Only the ends
 * of a ledger are parsed; all of it where the run has not finished, to count what it did.
 */
export async function* listRuns(
  store: Pick<Store, 'list' | 'stream'>,
): AsyncGenerator<RunSummary, void, undefined> {
  const runs = await runsIn(store);
  for (let at = 0; at < runs.length; at += readAhead) {
    const some = runs.slice(at, at + readAhead);
    yield* await Promise.all(some.map(({ run }) => readSummary(store, run)));
  }
}

/** The events of a run in the order in which they were written; what cannot be read is left out. */
export async function* readEvents(
  store: Pick<Store, 'stream'>,
  run: string,
): AsyncGenerator<RunEvent, void, undefined> {
  for await (const events of eventsOf(store, run)) yield* events;
}

/** A run with its invocations. */
export async function readRun(store: Pick<Store, 'stream'>, run: string): Promise<RunRecord> {
  return (await foldOf(store, run)).record();
}

/** A run as the ends of its ledger tell it. */
export async function readSummary(store: Pick<Store, 'stream'>, run: string): Promise<RunSummary> {
  const { head, tail } = await endsOf(store, ledgerKey(run), endBytes);
  const [first = ''] = head.split('\n', 1);
  const last = tail.trimEnd().split('\n').at(-1) ?? '';
  const fold = new RunFold(run);
  for (const line of first === last ? [first] : [first, last]) {
    const event = parseEvent(line);
    if (event) fold.add(event);
  }
  return (fold.isFinished() ? fold : await foldOf(store, run)).summary();
}

/** Requests that are on their way to a distant store at once. */
const readAhead = 8;
/** The first line has a command, the last one counts; neither is nearly as long. */
const endBytes = 64 * 1024;

async function foldOf(store: Pick<Store, 'stream'>, run: string): Promise<RunFold> {
  const fold = new RunFold(run);
  for await (const events of eventsOf(store, run)) events.forEach((event) => fold.add(event));
  return fold;
}

async function* eventsOf(
  store: Pick<Store, 'stream'>,
  run: string,
): AsyncGenerator<readonly RunEvent[], void, undefined> {
  for await (const lines of linesOf(store, ledgerKey(run))) {
    yield lines.map(parseEvent).filter((event) => event !== undefined);
  }
}

/** An id says the second; of runs that began in the same one, the one that was at work last comes first. */
function newestFirst(a: RunEntry, b: RunEntry): number {
  const [first, second] = [a.run.split('-')[0] ?? '', b.run.split('-')[0] ?? ''];
  if (first !== second) return first < second ? 1 : -1;
  return b.modified.getTime() - a.modified.getTime() || (a.run < b.run ? 1 : -1);
}

function runOf({ key }: Entry): string | undefined {
  const run = key.slice(RUNS_PREFIX.length).split('/')[0] ?? '';
  return key === ledgerKey(run) ? run : undefined;
}

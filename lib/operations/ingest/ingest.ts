import pLimit from 'p-limit';
import type { RowCounts } from '../../ledger/events.ts';
import { checkRejects, publishAccount, total, writeAccount, writeSuperseded } from './accounts.ts';
import type { Account, MaxRejects } from './accounts.ts';
import { checkWhole } from './check-whole.ts';
import { daysWith, newDays, publishDay } from './days.ts';
import type { Effects, NewDay } from './days.ts';
import { discard, load, unload } from './incoming.ts';
import type { Loaded } from './incoming.ts';
import { kindOf } from './kind.ts';
import type { KindOptions } from './kind.ts';
import type { Source } from './source.ts';
import { supersededBy } from './superseded.ts';
import type { Superseded } from './superseded.ts';

export interface IngestOptions extends KindOptions {
  readonly site: string;
  readonly maxRejects?: MaxRejects;
}

/** A source to ingest. */
export interface Incoming {
  readonly source: Source;
  /** It was ingested before, so days may hold rows of it. */
  readonly isKnown: boolean;
}

/**
 * Reads sources and publishes their rows in the days of the dataset `events`, in place of what
 * these days hold of the same sources or of shorter versions of them; then each one's account.
 * The days come first: a run that is cut off between leaves sources without account, so the next
 * run does them again. Throws UserError for what cannot be read and for too many rejects; nothing
 * is published then.
 */
export async function ingest(
  effects: Effects,
  options: IngestOptions,
  sources: readonly Incoming[],
): Promise<RowCounts> {
  const { engine, store } = effects;
  const { site, maxRejects } = options;
  try {
    const readings = [];
    for (const { source } of sources) {
      readings.push({ source, kind: await kindOf(engine, source, options) });
    }
    const loaded = await load(engine, readings);
    const superseded = await supersededBy(store, site, loaded, await newDays(engine));
    // The engine reads lines again on one core, so the other one is free for the check.
    const [, accounts] = await together(
      overlapping(loaded, checkWhole),
      account(effects, loaded, superseded),
    );
    if (maxRejects) checkRejects(accounts, maxRejects);
    const days = [...(await newDays(engine)), ...(await oldDays(effects, site, sources))];
    const replaced = new Set([
      ...superseded.versions,
      ...loaded.map(({ source }) => source.sha256),
    ]);
    await overlapping(merged(days), (day) => publishDay(effects, site, loaded, replaced, day));
    const before = await accountsBefore(effects, site, superseded);
    await overlapping(
      [...before, ...accounts],
      (one) => publishAccount(effects, site, one),
      ACCOUNTS_AT_ONCE,
    );
    return total(accounts);
  } finally {
    await unload(engine);
  }
}

/** Sources of which a longer version is there, too, or the same once more, count as read and filtered. */
async function account(
  effects: Effects,
  loaded: readonly Loaded[],
  { versions }: Superseded,
): Promise<Account[]> {
  const accounts: Account[] = [];
  const seen = new Set(versions);
  for (const one of loaded) {
    const isSuperseded = seen.has(one.source.sha256);
    seen.add(one.source.sha256);
    if (isSuperseded) await discard(effects.engine, one);
    accounts.push(await writeAccount(effects, one, isSuperseded));
  }
  return accounts;
}

/** Days that may lose rows: other options may have put them elsewhere. */
async function oldDays(
  { store }: Effects,
  site: string,
  sources: readonly Incoming[],
): Promise<NewDay[]> {
  const known = sources.filter(({ isKnown }) => isKnown).map(({ source }) => source.sha256);
  if (known.length === 0) return [];
  const days = await daysWith(store, site, new Set(known));
  return days.map((day) => ({ day, rows: new Map() }));
}

/** Each day once, with its new rows if it has any. */
function merged(days: readonly NewDay[]): NewDay[] {
  const byDay = new Map<number, NewDay>();
  for (const day of days) if (!byDay.has(day.day)) byDay.set(day.day, day);
  return [...byDay.values()];
}

async function accountsBefore(
  effects: Effects,
  site: string,
  { before }: Superseded,
): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const input of before) accounts.push(...(await writeSuperseded(effects, site, input)));
  return accounts;
}

/** They are small, so that their time is that of the disk or the network. */
const ACCOUNTS_AT_ONCE = 16;

/** Two at a time unless told: of partitions one is written by the engine while the other is made durable. */
async function overlapping<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
  atOnce = 2,
): Promise<void> {
  const limit = pLimit(atOnce);
  await together(...items.map((item) => limit(() => work(item))));
}

/** Like `Promise.all`, but when one fails the others are waited for, so that nothing goes on behind. */
async function together<Works extends readonly Promise<unknown>[]>(...works: Works) {
  await Promise.allSettled(works);
  return Promise.all(works);
}

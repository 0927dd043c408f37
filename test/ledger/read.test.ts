import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { openLedger, runId } from '../../lib/ledger/ledger.ts';
import { parseEvent } from '../../lib/ledger/parse-event.ts';
import { listRuns, readEvents, readRun, readSummary, runsIn } from '../../lib/ledger/read.ts';
import { treeOf } from '../../lib/ledger/tree.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import { all, at, eventsOf, writeLines } from './events.ts';

const run = '20261120T060000Z-00000001';

async function eventsIn(...lines: readonly (RunEvent | string)[]): Promise<readonly RunEvent[]> {
  const store = openMemoryStore();
  await writeLines(store, run, lines);
  return all(readEvents(store, run));
}

describe('the events of a run', () => {
  const [started, planned] = eventsOf(run);
  if (!started || !planned) throw new Error('there are no events');

  test('are read as the ledger wrote them', async () => {
    const store = openMemoryStore();
    const ledger = await openLedger(store, run);
    for (const event of eventsOf(run)) ledger.write(event);
    await ledger.close();
    expect(await all(readEvents(store, run))).toEqual(eventsOf(run));
  });

  test('leave out a last line that is torn, wherever it is', async () => {
    const bytes = Buffer.from(`${JSON.stringify({ ...started, user: 'Ünï😀' })}\n`);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 2), async (length) => {
        const store = openMemoryStore();
        const whole = Buffer.from(`${JSON.stringify(planned)}\n`);
        const ledger = Buffer.concat([whole, bytes.subarray(0, length)]);
        await store.write(`.pipe/runs/${run}/events.jsonl`, ledger);
        expect(await all(readEvents(store, run))).toEqual([planned]);
      }),
    );
  });

  test('go on behind a line that is broken or of an unknown type', async () => {
    const future = '{"type":"lease-taken","at":"2026-11-20T06:00:00.000Z","id":2}\n';
    for (const line of [future, '{"type":"log"\n', '\0\0\0\n', '\n', 'null\n', '[]\n', '"log"\n']) {
      expect(await eventsIn(started, line, planned), line).toEqual([started, planned]);
    }
  });

  test('have fields of the right kind', () => {
    for (const event of eventsOf(run)) {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
      for (const name of Object.keys(event)) {
        const wrong = { ...event, [name]: { not: 'this' } };
        expect(parseEvent(JSON.stringify(wrong)), `${event.type}.${name}`).toBeUndefined();
      }
    }
    const log = { type: 'log', at: 'yesterday', id: 1, message: '' };
    expect(parseEvent(JSON.stringify(log))).toBeUndefined();
    expect(parseEvent('{"type":"constructor"}')).toBeUndefined();
    expect(parseEvent('{"type":["log"]}')).toBeUndefined();
  });

  test('may have fields that a later version adds', () => {
    const log = { type: 'log', at: at(0), id: 1, message: '', level: 'warning' };
    expect(parseEvent(JSON.stringify(log))).toEqual(log);
  });
});

describe('a run', () => {
  test('is its events, folded', async () => {
    const store = openMemoryStore();
    await writeLines(store, run, eventsOf(run));
    const { invocations, ...rest } = await readRun(store, run);
    expect(rest).toEqual({
      run,
      version: '0.1.0',
      host: 'h',
      user: 'u',
      pid: 1,
      command: 'pipe stats:multi -- --sites=a,b',
      store: 'file:///data',
      timezone: 'UTC',
      now: at(0),
      startedAt: at(0),
      endedAt: at(9),
      durationMs: 9,
      exitCode: 1,
      counts: { done: 1, skipped: 0, 'no-data': 0, failed: 1, cancelled: 0 },
      leaves: 2,
    });
    expect(invocations.map(({ id, parent, status }) => [id, parent, status])).toEqual([
      [1, undefined, 'failed'],
      [2, 1, 'done'],
      [3, 1, 'failed'],
    ]);
    expect(invocations[1]).toMatchObject({
      startedAt: at(3),
      durationMs: 2,
      rows: { in: 10, out: 2 },
      outputs: ['stats/clicks/site=a/date=2026-11-20/'],
    });
    expect(invocations[2]?.error?.message).toBe('it is bad');
  });

  test('that was killed is unfinished, and so is what it was at', async () => {
    const store = openMemoryStore();
    await writeLines(store, run, [...eventsOf(run).slice(0, 7), '{"type":"invoc']);
    const { invocations, ...killed } = await readRun(store, run);
    expect(killed).toMatchObject({ exitCode: 'unfinished', durationMs: 6, counts: { done: 1 } });
    expect(invocations.map(({ status }) => status)).toEqual(['unfinished', 'done', 'unfinished']);
    expect(await readSummary(store, run)).toMatchObject({ exitCode: 'unfinished', durationMs: 6 });
  });

  test('of which nothing was written is known by its id', async () => {
    const store = openMemoryStore();
    for (const lines of [[], ['{"type":"run-st']]) {
      await writeLines(store, run, lines);
      expect(await readRun(store, run)).toMatchObject({
        run,
        startedAt: '2026-11-20T06:00:00.000Z',
        exitCode: 'unfinished',
        invocations: [],
      });
    }
  });

  test('is a tree, also where a parent was lost', async () => {
    const store = openMemoryStore();
    const lost = eventsOf(run).filter((event) => !('id' in event) || event.id !== 1);
    for (const [events, expected] of [
      [eventsOf(run), ['1 at 0', '2 at 1', '3 at 1']],
      [lost, ['2 at 0', '3 at 0']],
    ] as const) {
      await writeLines(store, run, events);
      const tree = [...treeOf(await readRun(store, run))];
      expect(tree.map(({ depth, invocation }) => `${invocation.id} at ${depth}`)).toEqual(expected);
    }
  });
});

describe('the runs of a store', () => {
  test('come newest first, read as they are asked for', async () => {
    const store = openMemoryStore();
    const ids = Array.from({ length: 30 }, (_, n) => runId(Date.UTC(2026, 10, 1 + n), '00000000'));
    for (const id of ids) await writeLines(store, id, eventsOf(id));
    await store.write('.pipe/runs/other/notes.txt', Buffer.from('not a ledger'));
    expect((await runsIn(store)).map((entry) => entry.run)).toEqual(ids.toReversed());
    let reads = 0;
    const counting = {
      list: (prefix: string) => store.list(prefix),
      stream: (key: string) => (reads++, store.stream(key)),
    };
    for await (const summary of listRuns(counting)) {
      expect(summary).toMatchObject({ run: ids.at(-1), exitCode: 1, counts: { done: 1 } });
      break;
    }
    expect(reads).toBe(8);
    expect(await all(listRuns(store))).toHaveLength(30);
  });

  test('that began in one second come in the order of their last events', async () => {
    const entry = (key: string, modified: string) => ({
      key: `.pipe/runs/${key}/events.jsonl`,
      bytes: 1,
      etag: key,
      modified: new Date(modified),
    });
    async function* list() {
      yield entry('20261120T060000Z-a', '2026-11-20T06:00:09Z');
      yield entry('20261120T060000Z-b', '2026-11-20T06:00:01Z');
      yield entry('20261120T060000Z-c', '2026-11-20T06:00:05Z');
      yield entry('20261120T060001Z-a', '2026-11-20T06:00:02Z');
    }
    const runs = (await runsIn({ list })).map((each) => each.run.slice(13));
    expect(runs).toEqual(['01Z-a', '00Z-a', '00Z-c', '00Z-b']);
  });

  test('are none in a new store', async () => {
    expect(await all(listRuns(openMemoryStore()))).toEqual([]);
  });

  test('are known by the ends of ledgers that are long', async () => {
    const store = openMemoryStore();
    const [started, ...rest] = eventsOf(run);
    const filler = Array.from({ length: 5000 }, (_, id) => `{"type":"x","id":${id},"é":"😀"}\n`);
    if (!started) throw new Error('there are no events');
    await writeLines(store, run, [started, ...filler, ...rest]);
    const { invocations: _, leaves: __, ...whole } = await readRun(store, run);
    expect(await readSummary(store, run)).toEqual(whole);
  });
});

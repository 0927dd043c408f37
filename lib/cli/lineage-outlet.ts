import { OpenLineage } from '../ledger/openlineage.ts';
import type { LineageEvent } from '../ledger/openlineage.ts';
import { openLines } from './event-file.ts';
import type { Outlet, OutletEffects } from './outlets.ts';
import { parseAddress, postJson } from './post.ts';

/** Hands events on as OpenLineage has them, as lines of JSON to a file, or one by one to a service. */
export async function openLineageOutlet(target: string, effects: OutletEffects): Promise<Outlet> {
  const { environment } = effects;
  const lineage = new OpenLineage(environment['OPENLINEAGE_NAMESPACE'] ?? 'pipe');
  const sender = /^https?:/i.test(target)
    ? openSender(endpointOf(target), environment['OPENLINEAGE_API_KEY'], effects.say)
    : await openFileSender(target, effects);
  return {
    write(event) {
      for (const mapped of lineage.map(event)) sender.send(mapped);
    },
    close: () => sender.close(),
  };
}

interface Sender {
  send(event: LineageEvent): void;
  close(): Promise<void>;
}

async function openFileSender(path: string, effects: OutletEffects): Promise<Sender> {
  const lines = await openLines(path, '--openlineage', effects);
  return {
    send: (event) => lines.write(`${JSON.stringify(event)}\n`),
    close: () => lines.close(),
  };
}

/** Where a service takes events when only its address is given. */
const defaultPath = '/api/v1/lineage';

function endpointOf(text: string): URL {
  const url = parseAddress(text, '--openlineage');
  return url.pathname === '/' ? new URL(`${defaultPath}${url.search}`, url) : url;
}

/** Some 10 MB: a service that is that far behind does not catch up. */
const maxPending = 10_000;
/** A service that fails so often in a row is gone. */
const maxFailures = 3;
/** How long a run that is over waits for the service. */
const maxWaitMs = 10_000;

/** One after the other, since a start must come before its end. */
function openSender(url: URL, key: string | undefined, say: OutletEffects['say']): Sender {
  const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const giveUp = new AbortController();
  const queue: LineageEvent[] = [];
  let lost = 0;
  let failures = 0;
  let reason = '';
  let working: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    for (let event = queue.shift(); event; event = queue.shift()) {
      if (failures < maxFailures && !giveUp.signal.aborted) {
        const problem = await postJson(url, event, { headers, signal: giveUp.signal });
        if (problem === undefined) {
          failures = 0;
          continue;
        }
        failures++;
        reason = problem;
      }
      lost++;
    }
    working = undefined;
  };
  return {
    send(event) {
      if (queue.length >= maxPending) lost++;
      else queue.push(event);
      working ??= work();
    },
    async close() {
      const timer = setTimeout(() => giveUp.abort(new Error('it is too slow')), maxWaitMs);
      await working;
      clearTimeout(timer);
      if (lost > 0)
        say(`--openlineage: ${lost} events were lost (${reason || `${url.host} is too slow`})`);
    },
  };
}

import type { RunEvent } from '../ledger/events.ts';

/** An event as one line of JSON, line break included. */
export function eventLine(event: RunEvent): string {
  return `${JSON.stringify(event)}\n`;
}

import { boundsOf } from '../dates/zone.ts';
import { parseDay } from '../dates/day.ts';
import { UsageError } from '../errors.ts';

/**
 * The pinned now: an instant with its offset, a day (its noon would be as good; its first instant
 * is taken), or the clock when nothing is given.
 */
export function parseNow(text: string | undefined, timezone: string, clock: () => number): number {
  if (text === undefined) return clock();
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return boundsOf(parseDay(text, '--now'), timezone).start;
  const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:?\d{2})$/.test(text)
    ? Date.parse(text)
    : NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new UsageError(
    `--now: '${text}' is not an instant; write a day such as 2026-11-20, or an instant with its offset such as 2026-11-20T06:00:00Z`,
  );
}

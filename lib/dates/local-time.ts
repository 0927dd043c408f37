import type { Instant } from './day.ts';
import { offsetsOf } from './zone.ts';

/** What the clocks of a zone show at an instant, as `2026-11-20 06:00:03`. */
export function localTimeOf(instant: Instant, zone: string): string {
  const [offset] = offsetsOf(instant, instant, zone);
  const local = instant + (offset?.offsetMs ?? 0);
  return new Date(local).toISOString().slice(0, 19).replace('T', ' ');
}

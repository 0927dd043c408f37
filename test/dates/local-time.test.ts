import { expect, test } from 'vitest';
import { localTimeOf } from '../../lib/dates/local-time.ts';

test.each([
  ['2026-11-20T06:00:03.999Z', 'UTC', '2026-11-20 06:00:03'],
  ['2026-11-20T18:15:00Z', 'Asia/Kathmandu', '2026-11-21 00:00:00'],
  ['2026-10-25T00:59:59Z', 'Europe/Berlin', '2026-10-25 02:59:59'],
  ['2026-10-25T01:00:00Z', 'Europe/Berlin', '2026-10-25 02:00:00'],
  ['2026-01-01T04:59:59Z', 'America/New_York', '2025-12-31 23:59:59'],
])('%s in %s is %s', (instant, zone, text) => {
  expect(localTimeOf(Date.parse(instant), zone)).toBe(text);
});

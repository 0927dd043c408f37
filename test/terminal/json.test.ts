import { expect, test } from 'vitest';
import { eventLine } from '../../lib/terminal/json.ts';
import { failure, leafFinished } from './run-events.ts';

test('an event is one line of JSON that reads back the same', () => {
  const event = leafFinished(1, 'failed', { error: failure(1, 'two\nlines') });
  const line = eventLine(event);
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual(event);
});

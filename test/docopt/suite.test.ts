import { describe, expect, test } from 'vitest';
import { matchArgv } from '../../lib/docopt/match.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { UsageError } from '../../lib/errors.ts';
import { documents } from './documents.ts';

test('the suite is read whole', () => {
  expect(documents).toHaveLength(81);
  expect(documents.flatMap(({ cases }) => cases)).toHaveLength(175);
});

describe.each(documents)("docopt's suite: $doc", ({ doc, name, cases }) => {
  test.each(cases)('$argv', ({ argv, expected }) => {
    expect(outcome(doc, name, argv)).toEqual(JSON.parse(expected));
  });
});

function outcome(doc: string, name: string, argv: readonly string[]): unknown {
  const usage = parseUsage(doc, name);
  try {
    return matchArgv(usage, argv);
  } catch (error) {
    if (error instanceof UsageError) return 'user-error';
    throw error;
  }
}

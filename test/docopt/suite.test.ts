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
    const usage = parseUsage(doc, name);
    const wanted: unknown = JSON.parse(expected);
    if (wanted === 'user-error') expect(() => matchArgv(usage, argv)).toThrow(UsageError);
    else expect(matchArgv(usage, argv)).toEqual(wanted);
  });
});

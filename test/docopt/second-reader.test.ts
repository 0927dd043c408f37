import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { compareWithNeodoc } from '../../lib/docopt/second-reader.ts';
import { usageAndArgv } from './arbitraries.ts';
import { documents } from './documents.ts';

describe('agreement', () => {
  test.each([
    '',
    '--sites=<sites> [--force] [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]',
    '[options] <file>... [--] [-]\n\nOptions:\n  -o, --out_file=<f>  Out [default: 007]\n  -q  Quiet [default: x]',
    'add:it [(-a | -b <x>)]... [--as=<csv|json>]\nOptions:\n -b <x>  B [default: 2024-01-01]',
    '(-abc | FILE)... [--Ünï=<v>] [--a[=<x>]]',
    '-v...',
  ])('%s', async (body) => {
    expect(await compareWithNeodoc(parseUsage(body, 'x:y'))).toEqual([]);
  });

  test("docopt's documents", async () => {
    for (const { doc, name } of documents) {
      expect([doc, await compareWithNeodoc(parseUsage(doc, name))]).toEqual([doc, []]);
    }
  });

  test('random usages', async () => {
    await fc.assert(
      fc.asyncProperty(usageAndArgv, async ({ body }) => {
        expect(await compareWithNeodoc(parseUsage(body, 'x:y'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test('a difference is told in words', async () => {
  const usage = parseUsage('[--all] <x>\n\nOptions: -v  Verbose', 'x:y');
  const text = usage.text.replace('[--all]', '(--all)').replace('-v', '-q');
  expect(await compareWithNeodoc({ ...usage, text })).toEqual([
    'usage line 1 is ([--all] <x>) here, (--all <x>) in neodoc',
    'only here: option -v',
    'only in neodoc: option -q',
  ]);
});

test('what neodoc cannot read is a difference', async () => {
  expect(await compareWithNeodoc(parseUsage('a=b <>', 'x:y'))).toEqual([
    expect.stringContaining('neodoc cannot read it: '),
  ]);
});

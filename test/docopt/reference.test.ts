import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchArgv } from '../../lib/docopt/match.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { UsageError } from '../../lib/errors.ts';
import { usageAndArgv } from './arbitraries.ts';

const reference: { docopt(text: string, options: object): unknown } = createRequire(
  import.meta.url,
)('docopt');

const mutations = fc.array(
  fc.tuple(
    fc.nat(8),
    fc.constantFrom('drop', 'repeat', 'insert'),
    fc.constantFrom('a', 'add', '-v', '--all', '--out=1', '--sites', '-vq'),
  ),
  { maxLength: 2 },
);

// The reference does not go back, so it refuses some argv that has a reading.
test('what npm docopt accepts is accepted', () => {
  let accepted = 0;
  fc.assert(
    fc.property(usageAndArgv, mutations, ({ body, argv }, changes) => {
      const mutated = changes.reduce(mutate, argv);
      const text = `Usage: prog ${body}`;
      const theirs = attempt(() => reference.docopt(text, { argv: [...mutated], exit: false }));
      fc.pre(theirs !== undefined);
      accepted += 1;
      const ours = attempt(() => matchArgv(parseUsage(text, 'prog'), mutated));
      expect(Object.keys(ours ?? {}).toSorted()).toEqual(Object.keys(theirs ?? {}).toSorted());
    }),
    { numRuns: 1000 },
  );
  expect(accepted).toBe(1000);
});

type Mutation = [number, 'drop' | 'repeat' | 'insert', string];

function mutate(argv: readonly string[], [at, change, token]: Mutation): readonly string[] {
  const index = Math.min(at, argv.length);
  if (change === 'insert') return argv.toSpliced(index, 0, token);
  if (change === 'drop') return argv.toSpliced(index, 1);
  return argv.toSpliced(index, 0, ...argv.slice(index, index + 1));
}

/** The record, or undefined when argv is refused; docopt throws what is no Error. */
function attempt(match: () => unknown): object | undefined {
  try {
    return Object(match());
  } catch (error) {
    if (error instanceof UsageError || !(error instanceof TypeError)) return undefined;
    throw error;
  }
}

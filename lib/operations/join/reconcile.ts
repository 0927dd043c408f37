import type { Counts } from '../../dataset/manifest.ts';
import { UserError } from '../../errors.ts';
import type { RowCounts } from '../../ledger/events.ts';
import type { How } from './spec.ts';
import type { Tally } from './tally.ts';

/** How many rows a join has to have. */
export function expectedRows(how: How, { pairs, pairsOrLeft, ...tally }: Tally): number {
  const rest = tally.rights[0]?.unmatched ?? 0;
  switch (how) {
    case 'inner':
      return pairs;
    case 'left':
      return pairsOrLeft;
    case 'right':
      return pairs + rest;
    case 'full':
      return pairsOrLeft + rest;
    case 'semi':
      return tally.matched;
    case 'anti':
      return tally.unmatched;
    case 'rest':
      return rest;
    default:
      return how satisfies never;
  }
}

/** What the manifest of a join says, by name. Numbers of further right sides end in `2`, `3`, …. */
export function countsOf(tally: Tally, out: number): Counts {
  const rights = tally.rights.flatMap(({ rows, unmatched, matchedLeft }, index) => {
    const suffix = index === 0 ? '' : String(index + 1);
    return [
      [`right${suffix}`, rows],
      [`matchedLeft${suffix}`, matchedLeft],
      [`unmatchedLeft${suffix}`, tally.left - matchedLeft],
      [`matchedRight${suffix}`, rows - unmatched],
      [`unmatchedRight${suffix}`, unmatched],
    ];
  });
  return { left: tally.left, ...Object.fromEntries(rights), matched: tally.pairs, out };
}

/** Throws UserError with the numbers unless the join came to as many rows as were counted apart from it. */
export function reconcile(how: How, tally: Tally, out: number): void {
  const expected = expectedRows(how, tally);
  if (expected === out) return;
  throw new UserError(
    `The ${how} join has ${out} rows, but by its keys it has to have ${expected}. Nothing was published; ` +
      `the inputs may have changed while they were read, so run the same command again, and report this if it stays: ${JSON.stringify(countsOf(tally, out))}`,
    { retryable: true },
  );
}

/** The rows of the left side: `aggregated` went into the result, as one row, several or none of their own. */
export function rowCounts(how: How, tally: Tally, out: number): RowCounts {
  const kept = keptRows(how, tally);
  const { left } = tally;
  return { in: left, out, rejected: 0, filtered: left - kept, aggregated: kept };
}

function keptRows(how: How, { left, matched, unmatched }: Tally): number {
  switch (how) {
    case 'left':
    case 'full':
      return left;
    case 'inner':
    case 'right':
    case 'semi':
      return matched;
    case 'anti':
      return unmatched;
    case 'rest':
      return 0;
    default:
      return how satisfies never;
  }
}

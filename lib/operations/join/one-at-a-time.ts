import pLimit from 'p-limit';

const limit = pLimit(1);

/**
 * Does work that may take all the memory that joins may have: in one process one such work is done
 * after the other, with all its threads. Nothing inside may wait for other work of this kind.
 */
export function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  return limit(work);
}

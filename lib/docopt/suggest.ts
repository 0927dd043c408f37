/**
 * The candidate a person may have meant: the closest by Damerau-Levenshtein distance, at most a
 * third of its length away (at least one), one less when one is the beginning of the other. Of
 * names with `:` the last segment alone counts too: migrate -> db:migrate.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const distance = Math.min(apart(word, candidate), apartFromSegment(word, candidate));
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

/** `migrate` for `db:migrate`; a whole name that is as close comes first. */
function apartFromSegment(word: string, candidate: string): number {
  const segment = candidate.slice(candidate.lastIndexOf(':') + 1);
  return segment === candidate ? Infinity : apart(word, segment) + 0.5;
}

/** The distance, or Infinity when it is too far to be what was meant. */
function apart(word: string, candidate: string): number {
  const [a, b] = [bare(word), bare(candidate)];
  const begins = a !== b && (a.startsWith(b) || b.startsWith(a));
  const most = Math.max(1, Math.floor(b.length / 3)) - (begins ? 1 : 0);
  if (Math.abs(a.length - b.length) > Math.max(most, 0)) return Infinity;
  const distance = editDistance(a, b);
  return distance <= most ? distance : Infinity;
}

/** Without the dashes of an option, in small letters. */
function bare(word: string): string {
  return word.replace(/^-+/, '').toLowerCase();
}

/** Damerau-Levenshtein with adjacent transpositions (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

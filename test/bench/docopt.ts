import { createRequire } from 'node:module';
import { parseArgs } from '../../lib/docopt/args.ts';
import { compile } from '../../lib/docopt/compile.ts';
import { formatArgs } from '../../lib/docopt/format.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';

const body = `--sites=<sites> [--force] [--aggregates=<aggs>]
  [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]`;
const many = `[options] --in=<uri>... [ (--from=<d> --to=<d>) | --days=<n> ] <file>...

Options:
  --a=<x>  A
  --b=<x>  B
  --c=<x>  C
  --d=<x>  D
  --e=<x>  E
  --f=<x>  F [default: 1]
  --g      G
  --h      H
  --i      I
  --j      J`;

const usage = parseUsage(body, 'stats:multi');
const large = parseUsage(many, 'events:ingest');
const two = ['--sites=a', '--days-ago=7'];
const four = ['--force', '--end-date=2024-01-02', '--sites=a', '--start-date=2024-01-01'];
const eight = '--in=x --a=1 --in=y --from=1 f --to=2 --g --h --c=1 g h'.split(' ');
const args = parseArgs(usage, four);

const npm: { docopt(text: string, options: object): unknown } = createRequire(import.meta.url)(
  'docopt',
);
const whole = `Usage: prog ${body.replace(/\s+/g, ' ')}`;

/** What an invocation costs before anything runs: the median of five runs of at least 100 ms, in µs a call. */
export async function benchDocopt(): Promise<readonly object[]> {
  const calls: Readonly<Record<string, () => unknown>> = {
    'parse a usage': () => parseUsage(body, 'stats:multi'),
    'parse and compile a usage': () => compile(parseUsage(body, 'stats:multi')),
    'match 2 options': () => parseArgs(usage, two),
    'match 4 options': () => parseArgs(usage, four),
    'match 8 options and 3 words of 15': () => parseArgs(large, eight),
    'format 4 options': () => formatArgs(usage, args),
    'explain a misspelt option': () => attempt(() => parseArgs(usage, ['--stes=a'])),
    'explain a conflict': () => attempt(() => parseArgs(usage, [...four, '--days-ago=1'])),
    'npm docopt: parse and match 4 options': () => npm.docopt(whole, { argv: four, exit: false }),
  };
  return Object.entries(calls).map(([call, run]) => ({ call, µs: measure(run) }));
}

function measure(run: () => unknown): number {
  const times = Array.from({ length: 5 }, () => timeOf(run)).toSorted((a, b) => a - b);
  return Math.round((times[2] ?? NaN) * 100) / 100;
}

function timeOf(run: () => unknown): number {
  const start = performance.now();
  let calls = 0;
  for (let now = start; now < start + 100; now = performance.now()) {
    for (let index = 0; index < 20; index += 1) run();
    calls += 20;
  }
  return ((performance.now() - start) / calls) * 1000;
}

function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    // The message is what is measured.
  }
}

import { DATA_FILE } from '../lib/dataset/layout.ts';
import { UsageError } from '../lib/errors.ts';
import { toParquet } from '../lib/operations/join/convert.ts';
import { countsOfLook } from '../lib/operations/join/facts.ts';
import { textFiles } from '../lib/operations/join/load.ts';
import { lookAt } from '../lib/operations/join/look.ts';
import { writeHeavy } from '../lib/operations/join/heavy-file.ts';
import { oneAtATime } from '../lib/operations/join/one-at-a-time.ts';
import {
  checkTarget,
  fractionKey,
  packedOf,
  parseFraction,
  sideOf,
} from '../lib/operations/join/places.ts';
import type { Fraction } from '../lib/operations/join/places.ts';
import {
  filesOf,
  inputsOfJoin,
  lookPartition,
  openJoin,
  sidesOf,
  targetOf,
} from '../lib/operations/join/request.ts';
import type { JoinRequest, NamedSource } from '../lib/operations/join/request.ts';
import { repack } from '../lib/operations/join/repack.ts';
import type { Column } from '../lib/dataset/manifest.ts';
import type { DraftFile } from '../lib/dataset/publish.ts';
import { findSource, inputsOf } from '../lib/operations/join/sources.ts';
import type { SourceFile } from '../lib/operations/join/sources.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext } from '../lib/task/task.ts';
import { days, daysOptions, deciding, joined, joinedOptions, requestOf } from './join-request.ts';
import { joinEngine, scanBytes } from './join-work.ts';

export const joinLook = defineTask({
  name: 'join:look',
  summary: 'Look at samples of what is to be joined: sizes and frequent keys',
  usage: `${joined} ${days}

Options:${joinedOptions}${daysOptions}

A step of join:sharded, to be run alone; runs:show has its command.

For example:
  pipe join:look -- --left=events/site=a --right=pages.csv --on=url --to=visits --days-ago=1`,

  async outputs(args, context) {
    const request = await requestOf(args, context);
    const partition = lookPartition(request);
    return [{ partition, inputs: inputsOfJoin(request), argv: deciding(args) }];
  },

  run: (args, context) =>
    oneAtATime(async () => {
      const request = await requestOf(args, context);
      const engine = await joinEngine(context, args.memory);
      const staging = await context.staging();
      const open = await openJoin({ store: context.store, engine, staging }, request);
      const look = await lookAt(engine, open.spec, open.files, scanBytes(args.memory));
      const path = staging.path(DATA_FILE);
      const { rows, schema } = await writeHeavy(engine, look.heavy, path);
      await context.publish({
        partition: lookPartition(request),
        files: [{ name: DATA_FILE, path, rows }],
        rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
        counts: countsOfLook(look),
        schema,
      });
    }),
});

export const joinPartition = defineTask({
  name: 'join:partition',
  summary: 'Make Parquet of some of the text files of one side of a join',
  usage: `--side=<name> --from=<source> --to=<dataset> --part=<k/n> [--memory=<size>]

Options:
  --side=<name>    left, right, right-2, …
  --from=<source>  File, folder or glob, or s3://bucket/key: CSV or JSON lines, plain, gzip or zstd.
  --to=<dataset>   Dataset of the join's result.
  --part=<k/n>     Which of n parts of the files, such as 1/4.
  --memory=<size>  What a process may take, more or less, such as 500MB [default: 1GB].

A step of join:sharded, to be run alone; runs:show has its command.

For example:
  pipe join:partition -- --side=right --from='pages/*.csv' --to=visits --part=1/4`,

  async outputs(args, context) {
    const part = parseFraction(args.part, '--part');
    checkTarget(args.to);
    const files = await textsOf(args.from, part, context);
    return [
      {
        partition: sideOf(args.to, args.side, fractionKey(part)),
        inputs: files.map(({ uri, version, bytes }) => ({ name: uri, version, bytes })),
        argv: [],
      },
    ];
  },

  run: (args, context) =>
    oneAtATime(async () => {
      const part = parseFraction(args.part, '--part');
      const files = await textsOf(args.from, part, context);
      const staging = await context.staging();
      const engine = await joinEngine(context, args.memory);
      const path = staging.path(DATA_FILE);
      const texts = await textFiles(files, staging);
      const { rows, schema } = await toParquet(engine, texts, path);
      await context.publish({
        partition: sideOf(args.to, args.side, fractionKey(part)),
        files: [{ name: DATA_FILE, path, rows }],
        rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
        schema,
      });
    }),
});

export const joinRepack = defineTask({
  name: 'join:repack',
  summary: 'Write one side of a join in row groups small enough for its memory',
  usage: `${joined} --side=<name> ${days}

Options:${joinedOptions}
  --side=<name>           left, right, right-2, …${daysOptions}

A step of join:sharded, to be run alone; runs:show has its command.

For example:
  pipe join:repack -- --left=big.parquet --right=pages.csv --on=url --to=visits --side=left`,

  async outputs(args, context) {
    const request = await requestOf(args, context);
    const { source } = sideNamed(request, args.side);
    const partition = packedOf(targetOf(request), args.side);
    return [{ partition, inputs: inputsOf(source), argv: [] }];
  },

  run: (args, context) =>
    oneAtATime(async () => {
      const request = await requestOf(args, context);
      const engine = await joinEngine(context, args.memory, 1);
      const staging = await context.staging();
      const effects = { store: context.store, engine, staging };
      const found = await filesOf(effects, request, sideNamed(request, args.side));
      const files: DraftFile[] = [];
      let schema: readonly Column[] = [];
      for (const [index, file] of found.entries()) {
        const path = staging.path('packed.parquet');
        const written = await repack(effects, file.path, path, scanBytes(args.memory));
        const name = `part-${fractionKey({ number: index + 1, of: found.length })}.parquet`;
        files.push({ name, path, rows: written.rows });
        schema = written.schema;
      }
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      const counts = { in: rows, out: rows, rejected: 0, filtered: 0 };
      const partition = packedOf(targetOf(request), args.side);
      await context.publish({ partition, files, rows: counts, schema });
    }),
});

function sideNamed(request: JoinRequest, name: string): NamedSource {
  const sides = sidesOf(request);
  const found = sides.find(({ side }) => side === name);
  if (found) return found;
  throw new UsageError(
    `--side: '${name}' is no side of this join; it is one of ${sides.map(({ side }) => side).join(', ')}`,
  );
}

/** Every n-th file from the k-th on. */
async function textsOf(
  from: string,
  { number, of }: Fraction,
  context: PlanContext,
): Promise<readonly SourceFile[]> {
  const source = await findSource(from, '--from', undefined, context);
  if (source.kind === 'files') {
    return source.files.filter((_, index) => index % of === number - 1);
  }
  throw new UsageError(`--from: '${from}' is a dataset, which is Parquet already; name files`);
}

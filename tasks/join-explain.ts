import { DATA_FILE } from '../lib/dataset/layout.ts';
import { advise } from '../lib/operations/join/advice.ts';
import { toParquet } from '../lib/operations/join/convert.ts';
import { keysTable, sidesTable, unmatchedNotes } from '../lib/operations/join/explain.ts';
import { localFiles, textFiles } from '../lib/operations/join/load.ts';
import type { LocalFile } from '../lib/operations/join/load.ts';
import { lookAt } from '../lib/operations/join/look.ts';
import { parseSize } from '../lib/operations/join/memory.ts';
import { sidesOf, specOf } from '../lib/operations/join/request.ts';
import { isText } from '../lib/operations/join/sources.ts';
import type { Source } from '../lib/operations/join/sources.ts';
import { defineTask } from '../lib/task/define.ts';
import type { SummaryContext } from '../lib/task/task.ts';
import { scanBytes } from './join-work.ts';
import { days, daysOptions, explainedOptions, requestOf } from './join-request.ts';

export const joinExplain = defineTask({
  name: 'join:explain',
  summary: 'Show how the keys of two sides are distributed, and how to join them',
  usage: `--left=<source> --right=<source>... --on=<keys>... [--to=<dataset>]
  [--how=<inner|left|right|full|semi|anti|rest>] [--select=<columns>] [--left-prefix=<text>]
  [--right-prefix=<text>]... [--flatten] [--memory=<size>] ${days}

Options:${explainedOptions}${daysOptions}

For example:
  pipe join:explain -- --left=events/site=a --right=pages.csv --on=url --days-ago=1`,

  async *show(args, context) {
    const request = await requestOf(args, context);
    const files: (readonly LocalFile[])[] = [];
    for (const { source } of sidesOf(request)) files.push(await parquetOf(source, context));
    const engine = await context.engine();
    const spec = await specOf(engine, request, files);
    const look = await lookAt(engine, spec, files, scanBytes(args.memory));
    const memoryBytes = parseSize(args.memory, '--memory');
    const advice = advise(request.how, look, { strategy: 'auto', memoryBytes }, spec.main);
    const names = sidesOf(request).map(({ side, text }) => `${side}: ${text}`);
    yield keysTable(look, spec);
    const sides = sidesTable(look, names, advice);
    const unmatched = await unmatchedNotes(engine, spec, files[0] ?? []);
    yield { ...sides, notes: [...unmatched, ...sides.notes] };
  },
});

/** Text is made Parquet for this look alone. */
async function parquetOf(source: Source, context: SummaryContext): Promise<readonly LocalFile[]> {
  const staging = await context.staging();
  if (source.kind === 'dataset' || !isText(source)) {
    return localFiles(source, { store: context.store, staging });
  }
  const path = staging.path(DATA_FILE);
  await toParquet(await context.engine(), await textFiles(source.files, staging), path);
  return [{ path, keys: {} }];
}

import { availableParallelism } from 'node:os';
import { dayOf } from '../lib/dates/zone.ts';
import { parseDay } from '../lib/dates/day.ts';
import { checkDataset } from '../lib/dataset/layout.ts';
import { damagedDays, setPartition, setsOf } from '../lib/dataset/snapshot.ts';
import type { Engine } from '../lib/engine/engine.ts';
import { UsageError, UserError } from '../lib/errors.ts';
import type { MergeEffects } from '../lib/operations/merge/merge.ts';
import { standingOf } from '../lib/operations/merge/guards.ts';
import type { Standing } from '../lib/operations/merge/guards.ts';
import { findSource } from '../lib/operations/merge/source.ts';
import { sourceText } from '../lib/operations/merge/store-set.ts';
import type { SetEffects, SetOptions } from '../lib/operations/merge/store-set.ts';
import type { Output, PlanContext, RunContext } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';

/** Arguments of the tasks that store a set of a day. */
export interface StoreArgs {
  readonly dataset: string;
  readonly from: string;
  readonly date?: string;
  readonly 'bucket-rows'?: string;
  readonly memory?: string;
  readonly 'accept-schema': boolean;
  readonly 'allow-shrink'?: boolean;
}

/** The day that is named, or today. */
export function dayIn(
  date: string | undefined,
  { now, timezone }: Pick<PlanContext, 'now' | 'timezone'>,
): string {
  return date === undefined ? dayOf(now, timezone) : parseDay(date, '--date');
}

/**
 * The set of the day, which only one run at a time works on together with all others of the
 * dataset. What decides its rows are the files and `recipe`.
 */
export async function setOutput(
  args: StoreArgs,
  recipe: readonly string[],
  context: PlanContext,
): Promise<Output> {
  checkDataset(args.dataset);
  const day = dayIn(args.date, context);
  const source = await findSource(args.from, context);
  return {
    partition: setPartition(args.dataset, day),
    inputs: source.files.map(({ input }) => input),
    argv: recipe,
    lease: { dataset: args.dataset, keys: {} },
    optional: true,
  };
}

/** Arguments that decide the rows of a set, without those that were not given. */
export function recipeOf(
  task: string,
  args: Readonly<Record<string, string | undefined>>,
): string[] {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  return [task, ...given.map(([name, value]) => `--${name}=${String(value)}`)];
}

/** What is there for the set of the day, and how to make it; undefined where it was made of the same source before. */
export async function prepareSet(
  args: StoreArgs,
  recipe: readonly string[],
  context: RunContext,
): Promise<{ readonly options: SetOptions; readonly standing: Standing } | undefined> {
  const day = dayIn(args.date, context);
  const options: SetOptions = {
    dataset: args.dataset,
    day,
    source: await findSource(args.from, context),
    from: args.from,
    recipe: recipe.join(' '),
    acceptSchema: args['accept-schema'],
    allowShrink: args['allow-shrink'] ?? false,
    bucketSize: bucketSize(args['bucket-rows']),
  };
  const sets = await setsOf(context.store, args.dataset);
  const present = sets.find((set) => set.day === day);
  const isForced = context.outputs.some(({ because }) => because.includes('--force'));
  if (present?.set.source === sourceText(options) && !isForced) {
    context.log(`${args.dataset} of ${day} holds this source already`);
    return undefined;
  }
  const damaged = (await damagedDays(context.store, args.dataset)).filter((each) => each !== day);
  if (damaged.length > 0) throw lost(args.dataset, damaged);
  const standing = standingOf(args.dataset, sets, day);
  if (present) {
    context.log(
      `${args.dataset}: the ${present.set.kind} set of ${day} is there, and stays until this one is stored in its place`,
    );
  }
  return { options, standing };
}

/** Sets on top of one that has lost files would hide that. */
function lost(dataset: string, days: readonly string[]): UserError {
  return new UserError(
    `${dataset}: the set of ${days.join(', ')} has lost files. Restore them from a copy, or remove the folders of this day and those after it, and store these anew.`,
  );
}

/** What `--bucket-rows` says. */
export function bucketSize(rows: string | undefined): SetOptions['bucketSize'] {
  return rows === undefined ? {} : { rows: integer(rows, { option: '--bucket-rows', min: 1 }) };
}

/** What making a set touches, with an engine of so much memory. */
export async function effectsOf(
  context: RunContext,
  memory: string | undefined,
): Promise<SetEffects> {
  const engine = await context.engine(memory === undefined ? undefined : engineOptions(memory));
  return { engine, ...(await effectsWith(context)) };
}

/** As {@link effectsOf}, with an engine of one thread for every core. */
export async function mergeEffectsOf(
  context: RunContext,
  memory: string | undefined,
): Promise<MergeEffects> {
  const count = availableParallelism();
  const open = (): Promise<Engine> =>
    context.engine({ threads: 1, ...(memory !== undefined && engineOptions(memory, count)) });
  const [first, ...others] = await Promise.all([
    open(),
    ...Array.from({ length: count - 1 }, open),
  ]);
  return { ...(await effectsWith(context)), engines: [first, ...others] };
}

async function effectsWith(context: RunContext): Promise<Omit<SetEffects, 'engine'>> {
  return {
    store: context.store,
    staging: await context.staging(),
    publish: (draft) => context.publish(draft),
    log: (message) => context.log(message),
  };
}

/** Resident memory is up to 1.7 times what the engine is told (measured). */
const RESIDENT_PER_LIMIT = 1.7;

function engineOptions(memory: string, engines = 1): { readonly memoryLimit: string } {
  const [, number, unit = ''] = /^(\d+)\s*(MB|GB|MiB|GiB)$/i.exec(memory) ?? [];
  if (number === undefined) {
    throw new UsageError(
      `--memory: '${memory}' is no amount of memory; write for example --memory=800MB or --memory=4GB`,
    );
  }
  const scale = /^g/i.test(unit) ? 1000 : 1;
  return {
    memoryLimit: `${Math.floor((Number(number) * scale) / RESIDENT_PER_LIMIT / engines)}MB`,
  };
}

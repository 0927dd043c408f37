import type { WindowOptions } from '../lib/dates/window.ts';
import { UsageError } from '../lib/errors.ts';
import { checkTarget } from '../lib/operations/join/places.ts';
import { keysOfRights } from '../lib/operations/join/request.ts';
import type { JoinRequest, NamedSource } from '../lib/operations/join/request.ts';
import { findSource } from '../lib/operations/join/sources.ts';
import { hows } from '../lib/operations/join/spec.ts';
import type { CallArgs, PlanContext } from '../lib/task/task.ts';
import { list, oneOf, window } from '../lib/task/values.ts';

export const days =
  '[ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]';

/** The arguments that decide what a join comes to. */
export const joined = `--left=<source> --right=<source>... --on=<keys>... --to=<dataset>
  [--how=<inner|left|right|full|semi|anti|rest>] [--select=<columns>] [--left-prefix=<text>]
  [--right-prefix=<text>]... [--flatten] [--memory=<size>]`;

const sideOptions = `
  --left=<source>         Dataset, some of its partitions (events/site=a), file, folder or glob, or s3://bucket/key.
  --right=<source>        The same for the other side; may be repeated, each with an --on of its own.
  --on=<keys>             Columns that must be equal: user, or user_id=id, or id::bigint to compare as a type; several by commas.` as const;

const shapeOptions = `
  --how=<inner|left|right|full|semi|anti|rest>  Which rows; rest: those of the right side alone that match nothing [default: inner].
  --select=<columns>      Columns of the result, separated by commas; default: all.
  --left-prefix=<text>    Put before the names of the left side's columns but keys.
  --right-prefix=<text>   The same for the right side; once for all of them, or once for each.
  --flatten               Make columns of the fields of structs: user.id becomes user_id.
  --memory=<size>         What a process may take, more or less, such as 500MB [default: 1GB].` as const;

export const joinedOptions = `${sideOptions}
  --to=<dataset>          Dataset of the result, partitioned as the left side is.${shapeOptions}` as const;

/** Of a task that writes nothing. */
export const explainedOptions = `${sideOptions}
  --to=<dataset>          Dataset that the result would have [default: joined].${shapeOptions}` as const;

export const daysOptions = `
  --start-date=<date>     First day, such as 2026-11-12, of sides that are partitioned by date.
  --end-date=<date>       Last day.
  --days-ago=<n>          First day, counted back from today: 7 makes eight days [default: 0].
  --days-ago-end=<n>      Last day, counted back from today [default: 0].`;

export interface JoinArgs extends WindowOptions {
  readonly left: string;
  readonly right: readonly string[];
  readonly on: readonly string[];
  readonly to: string;
  readonly how: string;
  readonly select?: string;
  readonly 'left-prefix'?: string;
  readonly 'right-prefix': readonly string[];
  readonly flatten: boolean;
  readonly memory: string;
}

/** Looks up what the arguments name; reads listings only. */
export async function requestOf(args: JoinArgs, context: PlanContext): Promise<JoinRequest> {
  const { left, right, on, to, select } = args;
  checkTarget(to);
  const how = oneOf(args.how, hows, '--how');
  const keys = keysOfRights(how, right, on);
  const find = async (text: string, side: string, option: string): Promise<NamedSource> => ({
    side,
    text,
    source: await findSource(text, option, window(args, context), context),
  });
  const rights: NamedSource[] = [];
  for (const [index, text] of right.entries()) {
    rights.push(await find(text, index === 0 ? 'right' : `right-${index + 1}`, '--right'));
  }
  const leftPrefix = args['left-prefix'];
  return {
    how,
    to,
    left: await find(left, 'left', '--left'),
    rights,
    keys,
    output: {
      ...(select !== undefined && { select: list(select, '--select') }),
      ...(leftPrefix !== undefined && { leftPrefix }),
      rightPrefixes: prefixesOf(args['right-prefix'], right),
    },
    flatten: args.flatten,
  };
}

function prefixesOf(
  given: readonly string[],
  rights: readonly string[],
): readonly (string | undefined)[] {
  if (given.length <= 1) return rights.map(() => given[0]);
  if (given.length === rights.length) return given;
  throw new UsageError(
    `--right-prefix: there are ${rights.length} --right and ${given.length} --right-prefix; write one for all, or one for each`,
  );
}

/** The arguments that every invocation of a join has, for another task of the same join. */
export function joinArgs(args: JoinArgs): Exclude<CallArgs, readonly string[]> {
  return {
    left: args.left,
    right: args.right,
    on: args.on,
    to: args.to,
    how: args.how,
    select: args.select,
    'left-prefix': args['left-prefix'],
    'right-prefix': args['right-prefix'],
    flatten: args.flatten,
    memory: args.memory,
    'start-date': args['start-date'],
    'end-date': args['end-date'],
  };
}

/** What decides the rows of a join's result; days and memory do not, and inputs are compared apart. */
export function deciding(args: JoinArgs): readonly string[] {
  const { left, right, on, how, select, flatten } = args;
  return Object.entries({
    left: [left],
    right,
    on,
    how: [how],
    select: select === undefined ? [] : [select],
    'left-prefix': args['left-prefix'] === undefined ? [] : [args['left-prefix']],
    'right-prefix': args['right-prefix'],
    flatten: flatten ? ['yes'] : [],
  }).flatMap(([name, values]) => values.map((value) => `--${name}=${value}`));
}

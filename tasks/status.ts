import { datasetsIn, publishedDays } from '../lib/dataset/datasets.ts';
import type { PublishedDays } from '../lib/dataset/datasets.ts';
import { addDays } from '../lib/dates/day.ts';
import type { Day } from '../lib/dates/day.ts';
import { daysOf } from '../lib/dates/window.ts';
import type { Window } from '../lib/dates/window.ts';
import { nearest } from '../lib/docopt/suggest.ts';
import { NoDataError } from '../lib/errors.ts';
import { placeOf } from '../lib/store/place.ts';
import { defineTask } from '../lib/task/define.ts';
import type { PlanContext, Summary, SummaryCell, SummaryColumn } from '../lib/task/task.ts';
import { window } from '../lib/task/values.ts';

export const statusCalendar = defineTask({
  name: 'status:calendar',
  summary: 'Show which days of a dataset are there and which are missing, per site',
  usage: `--dataset=<name> [ (--start-date=<date> --end-date=<date>) | (--days-ago=<n> [--days-ago-end=<n>]) ]

Options:
  --dataset=<name>     Such as events or stats/pageloads.
  --start-date=<date>  First day, such as 2026-11-12. Without a window each site's own first and last day count.
  --end-date=<date>    Last day.
  --days-ago=<n>       First day, counted back from today.
  --days-ago-end=<n>   Last day, counted back from today.

For example:
  pipe status:calendar -- --dataset=stats/pageloads
  pipe status:calendar -- --dataset=events --days-ago=30`,
  async *show({ dataset, ...days }, context) {
    const published = await publishedDays(context.store, dataset);
    if (published.groups.size === 0) throw await withoutDays(dataset, context);
    const isWindowed = Object.values(days).some((value) => value !== undefined);
    yield calendarOf(dataset, published, {
      timezone: context.timezone,
      ...(isWindowed && { window: window(days, context) }),
    });
  },
});

export interface CalendarOptions {
  /** The days that should be there. Default: of each group from its first to its last. */
  readonly window?: Window;
  readonly timezone: string;
}

/** One row for each site: its days by month or, where they are many, its months by year. */
export function calendarOf(
  dataset: string,
  { keys, groups }: PublishedDays,
  { window: given, timezone }: CalendarOptions,
): Summary {
  const rows = [...groups].map(([name, days]) => {
    const expected = given ?? { ...spanOf(days), timezone };
    return { name, days, expected: new Set(daysOf(expected)) };
  });
  const span = given ?? { ...spanOf(rows.flatMap(({ expected }) => [...expected])), timezone };
  const all = [...daysOf(span)];
  const isByDay = all.length <= mostDays;
  const columns = [...groupBy(all, (day) => day.slice(0, isByDay ? 7 : 4))];
  return {
    title: `${dataset}: days from ${span.start} to ${span.end}`,
    columns: [
      { name: keys.join('/') || 'dataset', kind: 'text' },
      ...columns.map(([name]): SummaryColumn => ({ name, kind: 'text' })),
      { name: 'done', kind: 'number' },
      { name: 'missing', kind: 'number' },
      { name: 'gaps', kind: 'command' },
    ],
    rows: rows.map((row): SummaryCell[] => {
      const missing = [...row.expected].filter((day) => !row.days.has(day));
      return [
        row.name || dataset,
        ...columns.map(([, days]) => cellOf(days, row, isByDay)),
        row.expected.size - missing.length,
        missing.length,
        gapsText(missing),
      ];
    }),
    notes: [
      isByDay
        ? '█ done  ░ missing  · not expected'
        : '█ every day of the month done  ▒ some  ░ none  · not expected',
    ],
  };
}

/** Beside the other columns they fit into 80 cells. */
const mostDays = 40;
const mostGaps = 3;

interface Row {
  readonly days: ReadonlySet<Day>;
  readonly expected: ReadonlySet<Day>;
}

/** A sign for each day, or for each month that the days are of. */
function cellOf(days: readonly Day[], row: Row, isByDay: boolean): string {
  const parts = isByDay ? days.map((day) => [day]) : monthsOf(days);
  return parts.map((part) => signOf(part, row)).join('');
}

function signOf(part: readonly Day[], { days, expected }: Row): string {
  const due = part.filter((day) => expected.has(day));
  if (due.length === 0) return '·';
  const done = due.filter((day) => days.has(day)).length;
  return done === due.length ? '█' : done === 0 ? '░' : '▒';
}

function monthsOf(days: readonly Day[]): (readonly Day[])[] {
  return [...groupBy(days, (day) => day.slice(0, 7)).values()];
}

function groupBy(days: readonly Day[], nameOf: (day: Day) => string): Map<string, Day[]> {
  const groups = new Map<string, Day[]>();
  for (const day of days) {
    const name = nameOf(day);
    const group = groups.get(name);
    if (group) group.push(day);
    else groups.set(name, [day]);
  }
  return groups;
}

/** `2026-11-13, 2026-11-15 to 2026-11-17`; the first few. */
function gapsText(missing: readonly Day[]): string {
  const gaps: { readonly from: Day; to: Day }[] = [];
  for (const day of missing) {
    const last = gaps.at(-1);
    if (last && addDays(last.to, 1) === day) last.to = day;
    else gaps.push({ from: day, to: day });
  }
  const texts = gaps
    .slice(0, mostGaps)
    .map(({ from, to }) => (from === to ? from : `${from} to ${to}`));
  return [...texts, ...(gaps.length > mostGaps ? [`and ${gaps.length - mostGaps} more`] : [])].join(
    ', ',
  );
}

function spanOf(days: Iterable<Day>): { readonly start: Day; readonly end: Day } {
  const sorted = [...days].sort();
  const [start] = sorted;
  const end = sorted.at(-1);
  if (start === undefined || end === undefined) throw new Error('there is no day');
  return { start, end };
}

async function withoutDays(dataset: string, { store, cwd }: PlanContext): Promise<NoDataError> {
  const known: string[] = [];
  for await (const name of datasetsIn(store)) known.push(name);
  const near = nearest(dataset, known);
  const hint = near
    ? `did you mean ${near}?`
    : known.length === 0
      ? 'it has no datasets; read events with events:ingest, or make some up with events:sample'
      : `it has ${known.slice(0, 10).join(', ')}`;
  return new NoDataError(
    `--dataset: '${dataset}' has no published day in the store ${placeOf(store.uri, cwd)}; ${hint}`,
  );
}

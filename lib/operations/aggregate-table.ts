import type { Aggregate } from './aggregate.ts';
import { readDayTotals, siteDay } from './day-totals.ts';
import type { DayTotals, TotalsEffects } from './day-totals.ts';

/** Rows a person still reads; the rest is in the files. */
const MAX_ROWS = 40;

/** A table with a row per site and day: numbers with bars, which show the shape of the days. */
export interface AggregateTable {
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
  readonly rows: readonly (readonly Cell[])[];
  /** What was left out. */
  readonly notes: readonly string[];
}

type Kind = 'text' | 'number' | 'bar' | 'spark';
type Cell = string | number | null | readonly number[];

/**
 * Makes the table of what is published; what is not stays blank. One aggregate alone is shown with
 * its hours. When there are too many rows the latest days of each site are shown.
 */
export async function aggregateTable(
  aggregates: readonly Aggregate[],
  sites: readonly string[],
  days: readonly string[],
  effects: TotalsEffects,
): Promise<AggregateTable> {
  const shownSites = sites.slice(0, MAX_ROWS);
  const shownDays = days.slice(-Math.max(1, Math.floor(MAX_ROWS / shownSites.length)));
  const totals: ReadonlyMap<string, DayTotals>[] = [];
  for (const aggregate of aggregates) {
    totals.push(await readDayTotals(aggregate, shownSites, shownDays, effects));
  }
  const draw = aggregates.length === 1 ? inDetail : inBrief;
  const groups = aggregates.map(draw);
  return {
    columns: [
      { name: 'site', kind: 'text' },
      { name: 'date', kind: 'text' },
      ...groups.flat().map(({ name, kind }) => ({ name, kind })),
    ],
    rows: shownSites.flatMap((site) =>
      shownDays.map((day) => [
        site,
        day,
        ...groups.flatMap((group, index) => {
          const found = totals[index]?.get(siteDay(site, day));
          return group.map(({ cell }) => (found ? cell(found) : null));
        }),
      ]),
    ),
    notes: [
      ...omitted('sites', shownSites.length, sites.length),
      ...omitted('days', shownDays.length, days.length),
    ],
  };
}

interface DrawnColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly cell: (totals: DayTotals) => Cell;
}

function inBrief({ name }: Aggregate): readonly DrawnColumn[] {
  return [{ name, kind: 'bar', cell: ({ events }) => events }];
}

function inDetail(aggregate: Aggregate): readonly DrawnColumn[] {
  const distinct: DrawnColumn = {
    name: aggregate.distinct,
    kind: 'number',
    cell: (totals) => totals.distinct ?? null,
  };
  return [
    ...inBrief(aggregate),
    ...(aggregate.groups.length === 0 ? [distinct] : []),
    { name: 'hours 0–23', kind: 'spark', cell: ({ hours }) => hours },
  ];
}

function omitted(what: string, shown: number, all: number): string[] {
  if (shown === all) return [];
  return [`Shown are ${shown} of ${all} ${what}; the files hold all of them.`];
}

import { formatNumber } from '../terminal/format.ts';
import { anchorOf } from './data.ts';
import { groupBy } from './group.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { PartitionCell, PartitionState } from './partitions.ts';
import { note, scroller } from './parts.ts';

/** More rows or days than anybody reads make a page that no browser opens. */
const maxRows = 120;
const maxDays = 366;

/** Above so many days in a row from first to last, only those that occur are shown. */
const maxGapless = 400;

/** So many days have room for a sign each; of more the cells get as narrow as it takes to see them all. */
const maxRoomy = 42;
/** Pixels that the cells of a row have together on a wide screen. */
const denseWidth = 960;

/** One row for each dataset and site, one column for each day. */
export function calendar(cells: readonly PartitionCell[]): Html | undefined {
  if (cells.length === 0) return undefined;
  const allRows = rowsOf(cells);
  const allDays = daysOf(cells);
  const rows = allRows.slice(0, maxRows);
  const days = allDays.slice(-maxDays);
  const hasDayless = rows.some(({ byDay }) => byDay.has(noDay));
  return html`${legend(cells)}
  ${scroller('Calendar of partitions', calendarTable(rows, hasDayless ? [...days, noDay] : days))}
  ${allDays.length > days.length ? note(`The last ${days.length} of ${formatNumber(allDays.length)} days are shown.`) : undefined}
  ${allRows.length > rows.length ? note(`${rows.length} of ${formatNumber(allRows.length)} rows are shown, those with failures first.`) : undefined}`;
}

const noDay = '';

interface Row {
  readonly dataset: string;
  readonly keys: string;
  readonly byDay: ReadonlyMap<string, PartitionCell>;
}

function rowsOf(cells: readonly PartitionCell[]): Row[] {
  const rows = new Map<string, Row & { readonly byDay: Map<string, PartitionCell> }>();
  for (const cell of cells) {
    const { dataset, keys, day = noDay } = cell;
    const id = `${dataset} ${keys}`;
    let row = rows.get(id);
    if (!row) rows.set(id, (row = { dataset, keys, byDay: new Map() }));
    row.byDay.set(day, cell);
  }
  const all = [...rows.values()];
  if (all.length > maxRows) all.sort((a, b) => failuresIn(b) - failuresIn(a));
  return [...all.slice(0, maxRows).sort(byName), ...all.slice(maxRows)];
}

function failuresIn({ byDay }: Row): number {
  return [...byDay.values()].filter(({ state }) => state === 'failed').length;
}

function byName(a: Row, b: Row): number {
  return names.compare(a.dataset, b.dataset) || names.compare(a.keys, b.keys);
}

/** `site=9` before `site=10`. */
const names = new Intl.Collator('en', { numeric: true });

/** Every day from the first to the last, so that a gap is seen. */
function daysOf(cells: readonly PartitionCell[]): string[] {
  const found = [...new Set(cells.flatMap(({ day }) => day ?? []))].sort();
  const [first, last] = [Date.parse(found[0] ?? ''), Date.parse(found.at(-1) ?? '')];
  const count = Math.round((last - first) / dayMs) + 1;
  if (!(count <= maxGapless)) return found;
  return Array.from({ length: count }, (_, index) =>
    new Date(first + index * dayMs).toISOString().slice(0, 10),
  );
}

const dayMs = 86_400_000;

function calendarTable(rows: readonly Row[], days: readonly string[]): Html {
  const groups = [...groupBy(rows, ({ dataset }) => dataset)];
  const density = days.length > maxRoomy ? ' dense' : '';
  return html`<table class="calendar${density}" style="--cell:${cellWidth(days.length)}px">
    <caption class="hidden">
      What became of each partition, by dataset and day
    </caption>
    <thead>
      <tr>
        <td></td>
        ${months(days)}
      </tr>
      <tr>
        <th scope="col" class="corner">Partition</th>
        ${days.map(dayHead)}
      </tr>
    </thead>
    ${groups.map(
      ([dataset, members]) =>
        html`<tbody>
          <tr>
            <th scope="rowgroup" class="dataset" colspan="${days.length + 1}">
              <span>${dataset}</span>
            </th>
          </tr>
          ${members.map(
            (row) =>
              html`<tr>
                <th scope="row">${row.keys || 'all'}</th>
                ${days.map((day) => dayCell(row.byDay.get(day)))}
              </tr> `,
          )}
        </tbody>`,
    )}
  </table>`;
}

/** Pixels of a cell, without the one between two of them; never less than can be seen. */
function cellWidth(days: number): number {
  return days > maxRoomy ? Math.max(2, Math.floor(denseWidth / days) - 1) : 24;
}

function months(days: readonly string[]): Html[] {
  return [...groupBy(days, (day) => day.slice(0, 7))].map(
    ([month, members]) =>
      html`<th scope="colgroup" class="month" colspan="${members.length}">
        <span>${month}</span>
      </th>`,
  );
}

function dayHead(day: string): Html {
  if (day === noDay) return html`<th scope="col">–<b>without a day</b></th>`;
  return html`<th scope="col"><b>${day.slice(0, 8)}</b>${day.slice(8)}</th>`;
}

function dayCell(cell: PartitionCell | undefined): Html {
  if (!cell) return html`<td></td>`;
  const { state, invocation } = cell;
  const said = html`<b>${words[state]}</b>`;
  if (state !== 'failed' || !invocation) return html`<td class="c-${state}">${said}</td>`;
  return html`<td class="c-${state}" title="${invocation.error?.message}">
    <a href="#${anchorOf(invocation)}">${said}</a>
  </td>`;
}

const words: Readonly<Record<PartitionState, string>> = {
  done: 'done',
  kept: 'up to date',
  failed: 'failed',
  stale: 'stale',
  missing: 'missing',
  'no-data': 'no data',
};

function legend(cells: readonly PartitionCell[]): Html {
  const counts = groupBy(cells, ({ state }) => state);
  const states = Object.entries(words).map(([state, word]) => {
    const count = [...counts].find(([each]) => each === state)?.[1].length ?? 0;
    return html`<li>
      <span class="key c-${state}" aria-hidden="true"></span>${word}
      <strong>${formatNumber(count)}</strong>
    </li>`;
  });
  return html`<ul class="legend" aria-label="Partitions by state">
    ${states}
  </ul>`;
}

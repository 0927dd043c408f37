import type { RowCounts } from '../ledger/events.ts';
import type { InvocationRecord } from '../ledger/record.ts';
import { formatCount, formatNumber } from '../terminal/format.ts';
import { groupBy } from './group.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { note, scroller } from './parts.ts';

/** Where the rows of each task went. Undefined where no task counted any. */
export function rowTable(invocations: readonly InvocationRecord[]): Html | undefined {
  const counted = invocations.flatMap(({ kind, task, rows }) =>
    kind === 'leaf' && rows ? [{ task, rows }] : [],
  );
  if (counted.length === 0) return undefined;
  const tasks = [...groupBy(counted, ({ task }) => task)];
  const sums = tasks.map(([task, members]) => ({
    task,
    leaves: members.length,
    rows: members.map(({ rows }) => rows).reduce(add),
  }));
  const rejected = sums.reduce((sum, { rows }) => sum + rows.rejected, 0);
  return html`${scroller(
      'Rows by task',
      html`<table class="data">
        <caption class="hidden">
          Rows by task
        </caption>
        <thead>
          <tr>
            <th scope="col">Task</th>
            ${['Leaves', 'Rows in', 'Aggregated', 'Rows out', 'Filtered', 'Rejected'].map((name) => html`<th scope="col" class="n">${name}</th>`)}
            <th scope="col">Share of rows in</th>
          </tr>
        </thead>
        <tbody>
          ${sums.map(rowOf)}
        </tbody>
      </table>`,
    )}
    <ul class="legend">
      <li><span class="key r-kept" aria-hidden="true"></span>kept</li>
      <li><span class="key r-filtered" aria-hidden="true"></span>filtered</li>
      <li><span class="key r-rejected" aria-hidden="true"></span>rejected</li>
    </ul>
    ${rejected > 0 ? note(`${formatCount(rejected, 'row')} could not be read. They are kept with their source, line and reason in the dataset of rejects.`) : undefined}`;
}

/** The rows of all leaves together. */
export function totalRows(invocations: readonly InvocationRecord[]): RowCounts | undefined {
  const all = invocations.flatMap(({ kind, rows }) => (kind === 'leaf' && rows ? [rows] : []));
  return all.length === 0 ? undefined : all.reduce(add);
}

function add(a: RowCounts, b: RowCounts): RowCounts {
  return {
    in: a.in + b.in,
    out: a.out + b.out,
    rejected: a.rejected + b.rejected,
    filtered: a.filtered + b.filtered,
    ...((a.aggregated ?? b.aggregated) !== undefined && {
      aggregated: (a.aggregated ?? 0) + (b.aggregated ?? 0),
    }),
  };
}

function rowOf(sum: {
  readonly task: string;
  readonly leaves: number;
  readonly rows: RowCounts;
}): Html {
  const { task, leaves, rows } = sum;
  const numbers = [leaves, rows.in, rows.aggregated, rows.out, rows.filtered, rows.rejected];
  const kept = rows.in - rows.filtered - rows.rejected;
  const parts = [
    ['kept', kept],
    ['filtered', rows.filtered],
    ['rejected', rows.rejected],
  ] as const;
  const said = parts.map(([name, count]) => `${name} ${share(count, rows.in)}`).join(', ');
  return html`<tr>
    <th scope="row"><code>${task}</code></th>
    ${numbers.map((count) => html`<td class="n">${count === undefined ? '–' : formatNumber(count)}</td>`)}
    <td>
      <div class="stack" role="img" aria-label="${said}" title="${said}">
        ${parts.map(([name, count]) => (count > 0 ? html`<span class="r-${name}" style="flex-grow:${count}"></span>` : undefined))}
      </div>
    </td>
  </tr> `;
}

/** `12.5 %`, and never 0 for what is something. */
function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0 %';
  const percent = (part * 100) / whole;
  return percent < 0.01 ? '<0.01 %' : `${formatNumber(percent)} %`;
}

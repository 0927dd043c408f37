import type { InvocationRecord } from '../ledger/record.ts';
import { formatDuration, formatNumber } from '../terminal/format.ts';
import { anchorOf, labelOf } from './data.ts';
import type { ReportData } from './data.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { commandBox, note, pill, scroller, shownStatus } from './parts.ts';

/** A thousand rows are 600 kB; a browser lays them out in a moment. */
const maxRows = 1000;

/** Every invocation with its status, times, rows and command. */
export function invocationTable(data: ReportData): Html {
  const all = data.run.invocations;
  const shown = all.length <= maxRows ? all : choose(all);
  return html`<div class="filter" hidden>
      <label for="filter">Filter</label>
      <input
        id="filter"
        type="search"
        placeholder="failed, site=a, 2026-11-19 …"
        aria-controls="invocation-rows"
      />
      <span id="filtered" role="status"></span>
    </div>
    ${scroller(
      'Table of invocations',
      html`<table class="data invocations">
        <caption class="hidden">
          Invocations in the order in which they began
        </caption>
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Invocation</th>
            ${['Began after', 'Took', 'Rows in', 'Rows out', 'Filtered', 'Rejected'].map((name) => html`<th scope="col" class="n">${name}</th>`)}
          </tr>
        </thead>
        <tbody id="invocation-rows">
          ${shown.map((each) => rowOf(each, data))}
        </tbody>
      </table>`,
    )}
    ${all.length > shown.length ? note(`${formatNumber(shown.length)} of ${formatNumber(all.length)} invocations are shown, those that did not succeed first. The ledger has all of them: pipe runs:show -- ${data.run.run}`) : undefined}`;
}

/** What went wrong and what called for others, then the first ones, all in their order. */
function choose(all: readonly InvocationRecord[]): readonly InvocationRecord[] {
  const isPlain = (each: InvocationRecord): boolean =>
    each.kind === 'leaf' && ['done', 'skipped'].includes(shownStatus(each));
  const first = [...all.filter((each) => !isPlain(each)), ...all.filter(isPlain)];
  return first.slice(0, maxRows).sort((a, b) => a.id - b.id);
}

function rowOf(invocation: InvocationRecord, { run, command }: ReportData): Html {
  const { kind, startedAt, durationMs, rows, error, attempts = 1, reason } = invocation;
  const began = Date.parse(startedAt) - Date.parse(run.startedAt);
  const numbers = rows
    ? [rows.in, rows.out, rows.filtered, rows.rejected].map(formatNumber)
    : ['', '', '', ''];
  const label = labelOf(invocation);
  return html`<tr class="${kind}" id="${anchorOf(invocation)}">
    <td>${pill(invocation)}</td>
    <th scope="row">
      ${commandBox(command(invocation), `Copy the command of ${label}`)}
      ${reason === undefined ? undefined : html`<p class="reason">${reason}</p>`}
      ${attempts > 1 ? html`<p class="reason">in ${attempts} attempts</p>` : undefined}
      ${error ? html`<p class="error">${error.message}</p>` : undefined}
    </th>
    <td class="n">${formatDuration(began)}</td>
    <td class="n">${durationMs === undefined ? '–' : formatDuration(durationMs)}</td>
    ${numbers.map((text) => html`<td class="n">${text}</td>`)}
  </tr> `;
}

import type { RunRecord } from '../ledger/record.ts';
import { formatBytes, formatCount, formatDuration, formatNumber } from '../terminal/format.ts';
import type { ReportData } from './data.ts';
import { publishedBytes } from './files.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { PartitionCell } from './partitions.ts';
import { commandBox, shownStatus, statusWords } from './parts.ts';
import type { ShownStatus } from './parts.ts';
import { totalRows } from './rows.ts';

/** What came of the run, on the first screen. */
export function overview({ run, resume }: ReportData, cells: readonly PartitionCell[]): Html {
  const root = run.invocations[0];
  const [verdict, tone] = verdictOf(run);
  return html`<header>
    <p class="eyebrow">Run <code>${run.run}</code></p>
    <h1>${root?.task ?? 'Run'} <span class="verdict ${tone}">${verdict}</span></h1>
    ${commandBox(run.command, 'Copy the command of this run')}
    ${
      resume === undefined
        ? undefined
        : html`<p class="resume">To go on with what is left:</p>
            ${commandBox(resume, 'Copy the command that goes on with what is left')}`
    }
    ${tiles(run, cells, { rows: totalRows(run.invocations), leaves: run.leaves })}
    <dl class="facts">
      ${facts(run).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </header> `;
}

/** In a few words, and whether that is good. */
export function verdictOf(run: RunRecord): readonly [string, string] {
  const { exitCode } = run;
  const counts = shownCounts(run);
  if (exitCode === 'unfinished') return ['Unfinished', 'bad'];
  if (exitCode === 130 || exitCode === 143) return ['Interrupted', 'bad'];
  if (counts.failed > 0) return [formatCount(counts.failed, 'failure'), 'bad'];
  if (counts.cancelled > 0) return ['Interrupted', 'bad'];
  if (exitCode === 3) return ['Some data missing', 'fair'];
  if (exitCode !== 0) return [`Failed with exit code ${exitCode}`, 'bad'];
  if (counts.left > 0) return ['Some skipped', 'fair'];
  return [counts.done === 0 && counts.skipped > 0 ? 'Up to date' : 'Done', 'good'];
}

type Counted = Exclude<ShownStatus, 'unfinished'>;

const statuses: readonly Counted[] = ['done', 'skipped', 'left', 'no-data', 'failed', 'cancelled'];

function shownCounts({ counts, invocations }: RunRecord): Readonly<Record<Counted, number>> {
  const left = invocations.filter((each) => shownStatus(each) === 'left').length;
  return { ...counts, skipped: counts.skipped - left, left };
}

interface Totals {
  readonly rows: ReturnType<typeof totalRows>;
  readonly leaves: number | undefined;
}

function tiles(run: RunRecord, cells: readonly PartitionCell[], totals: Totals): Html {
  const { rows, leaves } = totals;
  const counts = shownCounts(run);
  const counted = statuses.reduce((sum, status) => sum + counts[status], 0);
  const open = Math.max((leaves ?? 0) - counted, 0);
  const present = statuses.filter((status) => counts[status] > 0);
  const said = present.map((status) => `${formatNumber(counts[status])} ${statusWords[status]}`);
  if (open > 0) said.push(`${formatNumber(open)} not finished`);
  const bytes = publishedBytes(cells);
  return html`<div class="tiles">
    <div class="tile wide">
      <p class="label">Leaves</p>
      <p class="value">${formatNumber(leaves ?? counted)}</p>
      <div class="stack" aria-hidden="true">
        ${present.map((status) => html`<span class="s-${status}" style="flex-grow:${counts[status]}"></span>`)}${open > 0 ? html`<span class="s-unfinished" style="flex-grow:${open}"></span>` : undefined}
      </div>
      <p class="more">${said.join(', ')}</p>
    </div>
    ${tile('Duration', formatDuration(run.durationMs), `from ${timeOf(run.startedAt).slice(11)} UTC`)}
    ${rows ? tile('Rows in', formatNumber(rows.in), `${formatNumber(rows.out)} out`) : undefined}
    ${rows ? tile('Rejected', formatNumber(rows.rejected), `${formatNumber(rows.filtered)} filtered`) : undefined}
    ${bytes > 0 ? tile('Published', formatBytes(bytes), formatCount(cells.filter(({ record }) => record.published).length, 'partition')) : undefined}
  </div>`;
}

function tile(label: string, value: string, more: string): Html {
  const size = value.length > 9 ? ' long' : '';
  return html`<div class="tile">
    <p class="label">${label}</p>
    <p class="value${size}">${value}</p>
    <p class="more">${more}</p>
  </div>`;
}

function facts(run: RunRecord): readonly (readonly [string, string])[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Started', `${timeOf(run.startedAt)} UTC`],
    ['Ended', run.exitCode === 'unfinished' ? 'not recorded' : `${timeOf(run.endedAt)} UTC`],
    ['Exit code', run.exitCode === 'unfinished' ? 'none' : String(run.exitCode)],
    ['Store', run.store],
    ['Time zone', run.timezone],
    ['By', `${run.user} on ${run.host} (process ${run.pid})`],
    ['Pipe', run.version],
  ];
  return facts.filter(([, value]) => value !== '');
}

function timeOf(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ');
}

import type { InvocationRecord } from '../ledger/record.ts';
import type { Placed } from '../ledger/tree.ts';
import { treeOf } from '../ledger/tree.ts';
import { formatDuration, formatNumber } from '../terminal/format.ts';
import { criticalPath } from './critical-path.ts';
import { labelOf } from './data.ts';
import type { ReportData } from './data.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { note, scroller, shownStatus, statusWords } from './parts.ts';

/** More bars than this say less, not more. */
const maxBars = 150;

/** A bar for each invocation, from the start of the run to its end. */
export function timeline({ run }: Pick<ReportData, 'run'>): Html | undefined {
  const placed = [...treeOf(run)];
  if (placed.length === 0) return undefined;
  const critical = criticalPath(run.invocations);
  const shown = choose(placed, critical);
  const scale = scaleOf(run.startedAt, run.invocations, run.durationMs);
  const leaves = run.invocations.filter(({ kind }) => kind === 'leaf');
  return html`${leaves.length > 1 ? summary(leaves, critical) : undefined}
    <ul class="legend">
      <li><span class="key bar critical" aria-hidden="true"></span>on the critical path</li>
      <li><span class="key bar" aria-hidden="true"></span>others</li>
      <li><span class="key bar meta" aria-hidden="true"></span>meta-tasks</li>
    </ul>
    ${scroller(
      'Timeline of invocations',
      html`<table class="gantt" style="--step:${scale.stepShare.toFixed(3)}%">
        <caption class="hidden">
          When each invocation ran
        </caption>
        <thead>
          <tr>
            <th scope="col">Invocation</th>
            <th scope="col" class="axis">
              <span class="hidden">Time</span>
              <div aria-hidden="true">
                ${scale.ticks.map(({ at, text }) => html`<span style="left:${at.toFixed(3)}%">${text}</span>`)}
              </div>
            </th>
          </tr>
        </thead>
        <tbody>
          ${shown.map((each) => bar(each, critical.has(each.invocation.id), scale))}
        </tbody>
      </table>`,
    )}
    ${placed.length > shown.length ? note(`${formatNumber(shown.length)} of ${formatNumber(placed.length)} invocations are shown: failures, the longest, and as many of the critical path as fit.`) : undefined}`;
}

/** What failed, then what took longest; with them whatever called for them. */
function choose(placed: readonly Placed[], critical: ReadonlySet<number>): readonly Placed[] {
  if (placed.length <= maxBars) return placed;
  const byId = new Map(placed.map(({ invocation }) => [invocation.id, invocation]));
  const weight = ({ invocation }: Placed): number =>
    (invocation.durationMs ?? Infinity) +
    (critical.has(invocation.id) ? 1e6 : 0) +
    (invocation.status === 'failed' ? 1e12 : 0);
  const chosen = new Set<number>();
  for (const { invocation } of [...placed].sort((a, b) => weight(b) - weight(a))) {
    const added: number[] = [];
    for (let at: InvocationRecord | undefined = invocation; at && !chosen.has(at.id);) {
      added.push(at.id);
      at = at.parent === undefined ? undefined : byId.get(at.parent);
    }
    if (chosen.size + added.length > maxBars) break;
    for (const id of added) chosen.add(id);
  }
  return placed.filter(({ invocation }) => chosen.has(invocation.id));
}

interface Scale {
  readonly startMs: number;
  readonly spanMs: number;
  /** From tick to tick, in percent. */
  readonly stepShare: number;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

function scaleOf(
  startedAt: string,
  invocations: readonly InvocationRecord[],
  durationMs: number,
): Scale {
  const startMs = Date.parse(startedAt);
  const ends = invocations.map((each) => Date.parse(each.startedAt) + (each.durationMs ?? 0));
  const end = ends.reduce((latest, each) => Math.max(latest, each), startMs + durationMs);
  const spanMs = Math.max(end - startMs, 1);
  const step = stepOf(spanMs);
  const count = Math.floor(spanMs / step) + 1;
  const ticks = Array.from({ length: count }, (_, index) => ({
    at: (index * step * 100) / spanMs,
    text: index === 0 ? '0' : formatDuration(index * step),
  }));
  return { startMs, spanMs, stepShare: (step * 100) / spanMs, ticks };
}

/** A round time of which four to ten make the span. */
function stepOf(spanMs: number): number {
  const minute = 60_000;
  const rounds = [1, 2, 5, 10, 15, 30].map((each) => each * minute);
  const hours = [1, 2, 3, 6, 12, 24, 48, 168].map((each) => each * 60 * minute);
  const small = [1, 10, 100, 1000, 10_000].flatMap((each) => [each, 2 * each, 5 * each]);
  const steps = [...small.filter((each) => each < minute), ...rounds, ...hours];
  return steps.find((each) => spanMs / each <= 7) ?? spanMs;
}

function bar({ depth, invocation }: Placed, isCritical: boolean, scale: Scale): Html {
  const { kind, durationMs, startedAt } = invocation;
  const status = shownStatus(invocation);
  const start = Date.parse(startedAt) - scale.startMs;
  const length = durationMs ?? scale.spanMs - start;
  const left = Math.min(Math.max((start * 100) / scale.spanMs, 0), 100);
  const width = Math.min((length * 100) / scale.spanMs, 100 - left);
  const classes = `bar ${kind} s-${status}${isCritical ? ' critical' : ''}`;
  const label = depth > 0 ? labelOf(invocation) : [invocation.task, ...invocation.argv].join(' ');
  const took = durationMs === undefined ? 'not finished' : formatDuration(durationMs);
  // A text at the end of a bar that ends at the edge would be cut off.
  const side = left + width > 80 ? (left > 20 ? ' before' : ' inside') : '';
  return html`<tr>
    <th scope="row" title="${label}">
      <span style="--depth:${Math.min(depth, 6)}">${label}</span>
    </th>
    <td>
      <div class="${classes}" style="left:${left.toFixed(3)}%;width:${width.toFixed(3)}%">
        <span class="took${side}">${took}</span>
      </div>
      <b
        >${statusWords[status]}, began after
        ${formatDuration(start)}${isCritical ? ', on the critical path' : ''}</b
      >
    </td>
  </tr> `;
}

function summary(all: readonly InvocationRecord[], critical: ReadonlySet<number>): Html {
  const leaves = all.filter(({ id }) => critical.has(id));
  const sum = leaves.reduce((total, { durationMs = 0 }) => total + durationMs, 0);
  const work = all.reduce((total, { durationMs = 0 }) => total + durationMs, 0);
  return html`<p>
    The critical path is the chain of steps, each of which began when the one before it had ended:
    <strong>${formatNumber(leaves.length)} of ${formatNumber(all.length)} leaves</strong>,
    ${formatDuration(sum)} of ${formatDuration(work)} of work. A faster step off the path does not
    make the run faster.
  </p>`;
}

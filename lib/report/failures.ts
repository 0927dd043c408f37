import type { InvocationRecord } from '../ledger/record.ts';
import { formatNumber } from '../terminal/format.ts';
import { labelOf } from './data.ts';
import type { ReportData } from './data.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { commandBox, note, pill } from './parts.ts';

const maxFailures = 100;
/** The others open on demand, so that they do not hide what is below them. */
const maxOpen = 5;

/** Each failure with its message and the command that reruns just it; undefined where there is none. */
export function failures({ run, command }: ReportData): Html | undefined {
  // What has no data is seldom what somebody looks for first.
  const found = run.invocations.filter(({ error }) => error);
  const all = [
    ...found.filter(({ status }) => status !== 'no-data'),
    ...found.filter(({ status }) => status === 'no-data'),
  ];
  if (all.length === 0) return undefined;
  const shown = all.slice(0, maxFailures);
  const items = shown.map((each) => failure(each, command(each)));
  const folded = items.slice(maxOpen);
  return html`<ol class="failures">
      ${items.slice(0, maxOpen)}
    </ol>
    ${
      folded.length === 0
        ? undefined
        : html`<details>
            <summary>${formatNumber(folded.length)} more</summary>
            <ol class="failures" start="${maxOpen + 1}">
              ${folded}
            </ol>
          </details>`
    }
    ${all.length > shown.length ? note(`The first ${shown.length} of ${formatNumber(all.length)} are shown.`) : undefined}`;
}

function failure(invocation: InvocationRecord, command: string): Html {
  const { status, error } = invocation;
  const label = labelOf(invocation);
  const chain = error && error.chain.length > 1 ? error.chain.slice(0, -1).join(' ⇒ ') : undefined;
  return html`<li>
    <h3>${pill(invocation)} ${label}</h3>
    <pre class="message s-${status}">${error?.message}</pre>
    ${chain === undefined ? undefined : html`<p class="chain">called by ${chain}</p>`}
    ${commandBox(error?.command || command, `Copy the command that reruns ${label}`)}
    ${
      error?.stack === undefined
        ? undefined
        : html`<details>
            <summary>Stack trace</summary>
            <pre>${error.stack}</pre>
          </details>`
    }
  </li> `;
}

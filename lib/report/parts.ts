import type { Status } from '../ledger/events.ts';
import type { InvocationRecord } from '../ledger/record.ts';
import { html } from './html.ts';
import type { Content, Html } from './html.ts';

/** A part of the page with a heading that the navigation leads to. */
export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

export function section({ id, title, body }: Section): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${body}
  </section> `;
}

/** A box that scrolls sideways, with the keyboard as well. */
export function scroller(label: string, body: Content): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${body}</div>`;
}

/** A command line with a button that copies it. */
export function commandBox(command: string, label: string): Html {
  return html`<div class="command">${commandText(command)}${copyButton(label)}</div>`;
}

/** A command line that breaks between its words alone; a word may begin with a hyphen. */
function commandText(command: string): Html {
  const words = command
    .split(' ')
    .map((word, index) => [index > 0 ? ' ' : '', html`<i>${word}</i>`]);
  return html`<code>${words}</code>`;
}

/** Copies the text of the `code` before it. */
function copyButton(label: string): Html {
  return html`<button type="button" class="copy" hidden aria-label="${label}">Copy</button>`;
}

/** Why not everything is shown. */
export function note(text: Content): Html {
  return html`<p class="note">${text}</p>`;
}

/** What became of an invocation, as a word with a mark and a colour. */
export function pill(invocation: Pick<InvocationRecord, 'status' | 'reason'>): Html {
  const status = shownStatus(invocation);
  return html`<span class="pill s-${status}">${statusWords[status]}</span>`;
}

/** A status as a reader has to tell it; `left`: skipped although it may not be up to date. */
export type ShownStatus = Status | 'unfinished' | 'left';

export function shownStatus({
  status,
  reason,
}: Pick<InvocationRecord, 'status' | 'reason'>): ShownStatus {
  return status === 'skipped' && reason !== undefined ? 'left' : status;
}

export const statusWords: Readonly<Record<ShownStatus, string>> = {
  done: 'done',
  skipped: 'up to date',
  left: 'skipped',
  'no-data': 'no data',
  failed: 'failed',
  cancelled: 'cancelled',
  unfinished: 'unfinished',
};

import { messageOf } from '../errors.ts';
import type { RunEvent, RunFinished, RunStarted } from '../ledger/events.ts';
import { cut } from '../terminal/text.ts';
import type { Outlet, OutletEffects } from './outlets.ts';
import { parseAddress, postJson } from './post.ts';

/** What is posted when a run has failed, as it stands or, for Slack, as a text. */
export interface Notice {
  readonly type: 'run-failed';
  /** Absent where the run ended before it began. */
  readonly run?: string;
  readonly command?: string;
  readonly store?: string;
  readonly host?: string;
  readonly user?: string;
  readonly startedAt?: string;
  readonly durationMs?: number;
  readonly exitCode?: number;
  readonly counts?: RunFinished['counts'];
  readonly failures: readonly { readonly message: string; readonly command?: string }[];
  /** How many failures are not among these. */
  readonly more: number;
}

/** As many as somebody reads in a message. */
const maxFailures = 20;

/** Posts a summary when a run has failed. */
export function openNotifier(target: string, { say, mask }: OutletEffects): Outlet {
  const url = parseAddress(target, '--notify');
  const failures: Notice['failures'][number][] = [];
  let more = 0;
  let started: RunStarted | undefined;
  let finished: RunFinished | undefined;
  const write = (event: RunEvent): void => {
    if (event.type === 'run-started') started = event;
    if (event.type === 'run-finished') finished = event;
    if (event.type !== 'invocation-finished' || !event.error) return;
    const { message, command } = event.error;
    if (failures.length < maxFailures) failures.push({ message, command });
    else more++;
  };
  return {
    write,
    async close(error) {
      if (error === undefined && (finished?.exitCode ?? 0) === 0) return;
      if (error !== undefined) failures.unshift({ message: mask(messageOf(error)) });
      const notice = noticeOf({ started, finished, failures, more });
      const problem = await postJson(url, bodyFor(url, notice));
      if (problem !== undefined) say(`--notify: nobody was told (${problem})`);
    },
  };
}

/** Where Slack takes messages, and its GovSlack. */
const slackHosts = ['hooks.slack.com', 'hooks.slack-gov.com'];

/** Slack takes a text; everybody else gets the data. */
export function bodyFor({ hostname }: URL, notice: Notice): unknown {
  return slackHosts.includes(hostname) ? { text: slackText(notice) } : notice;
}

function noticeOf(seen: {
  readonly started: RunStarted | undefined;
  readonly finished: RunFinished | undefined;
  readonly failures: Notice['failures'];
  readonly more: number;
}): Notice {
  const { started, finished, failures, more } = seen;
  return {
    type: 'run-failed',
    ...(started && {
      run: started.run,
      command: started.command,
      store: started.store,
      host: started.host,
      user: started.user,
      startedAt: started.at,
    }),
    ...(finished && {
      durationMs: finished.durationMs,
      exitCode: finished.exitCode,
      counts: finished.counts,
    }),
    failures,
    more,
  };
}

/** Slack cuts texts of more than 40,000 characters; nobody reads nearly as much. */
const maxChars = 3000;
const shownFailures = 5;
/** In cells: of a message of pages the beginning, so that what follows it is read, too. */
const maxMessage = 400;

function slackText(notice: Notice): string {
  const { run, command, host, exitCode, counts, failures, more } = notice;
  const counted = Object.entries(counts ?? {}).filter(([, count]) => count > 0);
  const rest = failures.length - Math.min(failures.length, shownFailures) + more;
  const lines = [
    `:x: *Pipe run failed*${host === undefined ? '' : ` on ${slack(host)}`}${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`,
    ...(command === undefined ? [] : [code(command)]),
    ...(counted.length > 0
      ? [counted.map(([status, count]) => `${count} ${status}`).join(', ')]
      : []),
    ...failures
      .slice(0, shownFailures)
      .map(
        (each) =>
          `• ${slack(cut(each.message, maxMessage))}${each.command ? `\n  ${code(each.command)}` : ''}`,
      ),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    ...(run === undefined ? [] : [`More: ${code(`pipe runs:show -- ${run}`)}`]),
  ];
  return lines.join('\n').slice(0, maxChars);
}

/** Slack's own three escapes; nothing of a ledger becomes a link or a mention. */
function slack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function code(text: string): string {
  return `\`${slack(text).replaceAll('`', "'").replaceAll('\n', ' ')}\``;
}

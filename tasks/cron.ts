import { parseCron } from '../lib/dates/cron.ts';
import { quoted, UsageError } from '../lib/errors.ts';
import { defineTask } from '../lib/task/define.ts';
import { resolveCall } from '../lib/task/invocation.ts';
import type { PlanContext } from '../lib/task/task.ts';
import { crontab, githubWorkflow, systemdUnits } from './cron-forms.ts';

export const cronPrint = defineTask({
  name: 'cron:print',
  summary: 'Print a command for a scheduler: as crontab, systemd timer and GitHub workflow',
  usage: `The schedule counts in the time zone of pipe, UTC unless --timezone or the project says otherwise.

Usage:
  cron:print -- --schedule=<expr> [--name=<name>] <task> [--] [<argument>...]
  cron:print -- --schedule=<expr> [--name=<name>] -- <command>...

Options:
  --schedule=<expr>  Five fields: minute, hour, day of the month, month, weekday, such as '0 6 * * *'.
  --name=<name>      Of units, logs and workflows; made of the task's name unless given.

For example:
  pipe cron:print -- --schedule='0 6 * * *' stats:multi -- --sites=all --days-ago=7
  pipe cron:print -- --schedule='0 6 * * *' -- --jobs=2 stats:multi -- --sites=all --days-ago=7`,
  async *show({ schedule: text, name, task, argument, command }, context) {
    const schedule = parseCron(text, '--schedule');
    const job = jobOf(task === undefined ? command : [task, '--', ...argument], context);
    const { cwd: folder, timezone, now } = context;
    checkLines([folder, ...job.argv]);
    const named = { ...job, name: nameOf(name, job.task), schedule, timezone, folder, now };
    yield `${crontab(named)}\n${systemdUnits(named)}\n${githubWorkflow(named)}`;
  },
});

/** The words behind `pipe`, as they were given: days that are relative to now stay so. */
function jobOf(
  words: readonly string[],
  context: PlanContext,
): { readonly task: string; readonly argv: readonly string[] } {
  const given = words[0] === 'pipe' ? words.slice(1) : words;
  const at = given.findIndex((word) => !word.startsWith('-'));
  const task = given[at];
  if (task === undefined) {
    throw new UsageError(
      `'${words.join(' ')}' names no task; write for example -- stats:multi -- --sites=all`,
    );
  }
  const options = given.slice(0, at);
  const rest = given.slice(at + 1);
  const args = rest[0] === '--' ? rest.slice(1) : rest;
  // What cron would find out at six in the morning.
  resolveCall(context.registry, { task, args }, context);
  const isGiven = (name: string): boolean => options.some((word) => word.startsWith(name));
  const { timezone } = context;
  const added = [
    ...(timezone === 'UTC' || isGiven('--timezone') ? [] : [`--timezone=${timezone}`]),
    // What takes longer than the schedule allows is not done twice at once, nor queued up.
    ...(isGiven('--if-running') ? [] : ['--if-running=skip']),
  ];
  return { task, argv: [...added, ...options, task, ...(args.length > 0 ? ['--', ...args] : [])] };
}

function nameOf(name: string | undefined, task: string): string {
  if (name === undefined) return `pipe-${task.replaceAll(':', '-')}`;
  if (/^[a-z][\w.-]*$/i.test(name)) return name;
  throw new UsageError(
    `--name: '${name}' cannot name a unit and a file; use letters, digits and any of ._-, a letter first, as in --name=daily-stats`,
  );
}

/** A line break would begin another entry of a crontab, or another setting of a unit. */
function checkLines(texts: readonly string[]): void {
  const broken = texts.find((text) => /\p{Cc}/u.test(text));
  if (broken === undefined) return;
  throw new UsageError(
    `${quoted(broken)} has a line break or another control character, which no crontab can hold; put the command into a script`,
  );
}

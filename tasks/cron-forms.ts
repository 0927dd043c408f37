import { shiftCron } from '../lib/dates/cron.ts';
import type { CronSchedule } from '../lib/dates/cron.ts';
import { DAY_MS } from '../lib/dates/day.ts';
import type { Instant } from '../lib/dates/day.ts';
import { offsetsOf } from '../lib/dates/zone.ts';
import { quote, quoteWord } from '../lib/docopt/quote.ts';

/** A command and when it is due. */
export interface Job {
  /** Of units, logs and workflows. */
  readonly name: string;
  /** The words behind `pipe`. */
  readonly argv: readonly string[];
  readonly schedule: CronSchedule;
  readonly timezone: string;
  /** Where the command runs. */
  readonly folder: string;
  readonly now: Instant;
}

/** Where package managers put commands; schedulers start with less. */
const path = '/usr/local/bin:/usr/bin:/bin';

/** Lines for `crontab -e`. */
export function crontab({ name, argv, schedule, timezone, folder }: Job): string {
  const command = `cd ${quoteWord(folder)} && pipe ${quote(argv)} >>${name}.log 2>&1`;
  return `# crontab: add with crontab -e at the end, for PATH and CRON_TZ hold for all lines below them.
# PATH must lead to pipe and to node (dirname "$(command -v pipe)").
# CRON_TZ is known to cronie (Fedora, RHEL, Arch). The cron of Debian and Ubuntu ignores it and goes by the
# zone of the machine: have that be ${timezone} (timedatectl), or take the timer below.
PATH=${path}
CRON_TZ=${timezone}
${schedule.text} ${command.replaceAll('%', '\\%')}
`;
}

/** A service and its timer. */
export function systemdUnits({ name, argv, schedule, timezone, folder }: Job): string {
  const calendars = onCalendar(schedule).map((each) => `OnCalendar=${each} ${timezone}`);
  return `# ~/.config/systemd/user/${name}.service; its log: journalctl --user -u ${name}
# To run without a login: loginctl enable-linger
[Unit]
Description=pipe ${argv.join(' ').replaceAll('%', '%%')}

[Service]
Type=oneshot
WorkingDirectory=${folder.replaceAll('%', '%%')}
Environment=PATH=${path}
ExecStart=/usr/bin/env pipe ${argv.map(systemdWord).join(' ')}

# ~/.config/systemd/user/${name}.timer; start: systemctl --user enable --now ${name}.timer
[Unit]
Description=When to run ${name}

[Timer]
${calendars.join('\n')}
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** A workflow. GitHub knows UTC alone, so a zone with summer time has a line for each of its offsets. */
export function githubWorkflow(job: Job): string {
  const { name, argv } = job;
  const due = dueInUtc(job);
  if (due === undefined) {
    return `# GitHub Actions schedules in UTC alone, where '${job.schedule.text}' in ${job.timezone} cannot be said:
# its days would be others there. Choose hours that are on the same day in UTC.
`;
  }
  const lines = [...new Set(due.flatMap((each) => each.lines))];
  const isSame = due.every((each) => each.lines.join() === lines.join());
  // In a workflow `${{` begins an expression, in quotes, too.
  const words = quote(argv).replaceAll('${{', "${{ '${{' }}");
  const command = `node_modules/.bin/pipe ${words}`;
  const script = isSame ? [command] : [...guard(due, job.timezone), command];
  return `# .github/workflows/${name}.yml; its log is that of the workflow's runs
# What a job writes is gone when it ends: the store has to be elsewhere, as s3://, its keys among the secrets.
name: ${name}
on:
  workflow_dispatch:
  schedule:
${lines.map((line) => `    - cron: '${line}'`).join('\n')}
concurrency:
  group: ${name}
  cancel-in-progress: false
permissions:
  contents: read
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
      - run: npm ci
      - run: |
${script.map((line) => `          ${line}`).join('\n')}
`;
}

interface Due {
  /** As `date +%z` writes it. */
  readonly offset: string;
  readonly lines: readonly string[];
}

/** The expressions in UTC for each offset that the zone has within a year. */
function dueInUtc({ schedule, timezone, now }: Job): Due[] | undefined {
  const changes = offsetsOf(now, now + 366 * DAY_MS, timezone);
  const minutes = [...new Set(changes.map(({ offsetMs }) => Math.round(offsetMs / 60_000)))];
  const due: Due[] = [];
  for (const offset of minutes) {
    const lines = shiftCron(schedule, offset);
    if (lines === undefined) return undefined;
    due.push({ offset: offsetText(offset), lines });
  }
  return due;
}

/** Goes on when the line that is due belongs to the offset in force, or a person started the workflow. */
function guard(due: readonly Due[], timezone: string): string[] {
  const cases = due.flatMap(({ offset, lines }) => lines.map((line) => `'${line} ${offset}'`));
  return [
    `case "\${{ github.event.schedule }} $(TZ=${timezone} date +%z)" in`,
    `  ' '* | ${cases.join(' | ')}) ;;`,
    `  *) echo 'not due at this time of the year'; exit 0 ;;`,
    'esac',
  ];
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** systemd.time(7). There both days must fit; where either will do it takes two. */
function onCalendar(schedule: CronSchedule): string[] {
  const { minutes, hours, daysOfMonth, months, weekdays, isEitherDay } = schedule;
  const time = `${numbers(hours, 24)}:${numbers(minutes, 60)}:00`;
  const month = numbers(months, 12);
  const names =
    weekdays.length === 7 ? '' : `${weekdays.map((each) => weekdayNames[each]).join(',')} `;
  const days = numbers(daysOfMonth, 31);
  if (!isEitherDay) return [`${names}*-${month}-${days} ${time}`];
  return [`*-${month}-${days} ${time}`, `${names}*-${month}-* ${time}`];
}

const weekdayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function numbers(values: readonly number[], all: number): string {
  if (values.length === all) return '*';
  return values.map((value) => String(value).padStart(2, '0')).join(',');
}

/** systemd.service(5), "Command lines": its quotes, and its own signs doubled. */
function systemdWord(word: string): string {
  if (/^[\w@+:,./=-]+$/.test(word)) return word;
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return `"${escaped}"`;
}

import { settingsHelp } from './setting-table.ts';

/** Pipe's own command line; `pipe --help` prints it as it stands. */
export const pipeUsage = `Run tasks of data-science batch pipelines: only what is missing or out of date, each step a command.

Usage:
  pipe [options] <task> [--] [<argument>...]
  pipe <task> --help
  pipe init | config | doctor
  pipe [--json] (-T | --list[=<pattern>])
  pipe --help | --version

Options:
  -n, --dry-run          Print the plan as a tree of commands with their state and why; change nothing.
  --why                  The same, partition by partition; also when and by which run a stale one was made.
  -j, --jobs=<n>         How many invocations run at once; the number of cores unless given.
  -f, --force            Run what is up to date, too.
  --lookback=<days>      Look at so many days before the window, too, and make again what is stale there.
  -k, --keep-going       Go on with the others when one fails; this is the default.
  --fail-fast            Start nothing new once one has failed.
  --retries=<n>          How often to try again what may pass, such as a lost network; 0 unless given.
  --retry-delay=<time>   At most so long before the first retry, twice that before the next; 1s unless given.
  --timeout=<time>       How long one attempt at one invocation may take, such as 500ms, 30s, 5m or 2h.
  --isolate=<process|none>  Run every invocation in a process of its own, or none; as tasks say unless given.
  --max-memory=<size>    The heap of such a process, such as 512m or 2g; Node's own limit unless given.
  --grace=<time>         How long what runs may go on after the first Ctrl-C or SIGTERM; 30s unless given.
  --if-running=<policy>  Where another run makes the same: wait, skip, fail or take-over; wait unless given.
  --wait=<time>          How long to wait for it; then exit with 4. 1h unless given.
  --store=<uri>          Where datasets live, a folder or s3://<bucket>/<prefix>; data unless given.
  --unsafe-publish       Publish also where S3 ignores conditions; never run two at once there.
  --timezone=<zone>      The time zone whose calendar days count; UTC unless given.
  --now=<instant>        Take this as the present, such as 2026-11-20 or 2026-11-20T06:00:00Z.
  --events=<file>        Write the events of the run to a file, too, as JSON lines; - is stdout.
  --openlineage=<place>  Write them as OpenLineage has them to a file, or post them to a URL.
  --notify=<url>         Post a summary to a URL when the run fails; to Slack's in its own format.
  --json                 Print events, or the list of tasks, as JSON lines on stdout.
  -q, --quiet            Print failures only.
  -v, --verbose          Print a line for every invocation.
  --debug                Print stack traces.
  -T                     List the tasks; --list does the same.
  --list[=<pattern>]     List the tasks whose name or summary contains the pattern.
  -h, --help             Show this text, or that of a task.
  -V, --version          Show the version.

Commands, which are no tasks; pipe <command> --help says more:
  init    Begin a project: a config, a task, its test.
  config  Show what is in force, and where each value came from.
  doctor  Check Node, project, store, conditional writes, time zones, disk and engine.

Environment, below the command line and above pipe.config.{ts,js,json}:
${settingsHelp()}
Exit codes:
  0 done or nothing to do     3 an input was missing altogether    130 interrupted
  1 an invocation failed      4 locked by another run              143 terminated
  2 wrong usage              70 an error in Pipe itself
`;

/** What is parsed of the command line before the task's name: the options alone. */
export const optionsUsage = `${pipeUsage.slice(0, pipeUsage.indexOf('Usage:'))}Usage: pipe [options]

${pipeUsage.slice(pipeUsage.indexOf('Options:'), pipeUsage.indexOf('Commands, which'))}`;

/** A command of pipe itself, which is no task: a name without `:`, and no run. */
export interface CommandUsage {
  readonly summary: string;
  /** A whole docopt text, whose lines begin with `pipe <command>`. */
  readonly usage: string;
}

/** By name. Apart from what they do, so that help and completion load no more than this. */
export const commandUsages: Readonly<Record<string, CommandUsage>> = {
  init: {
    summary: 'Begin a project: a config, a task, its test',
    usage: `Usage:
  pipe init [<folder>]

Writes pipe.config.ts, tasks/hello.ts, its test and a line in .gitignore, where they
are not there yet, and changes nothing that is. The folder is this one unless given.
`,
  },
  config: {
    summary: 'Show what is in force: store, zone and the rest, and where each value came from',
    usage: `Usage:
  pipe config [--json | --markdown]

Options:
  --json      As a JSON object.
  --markdown  Everything that can be set, as a table of the manual.

The command line stands above the environment, that above what a task says of itself, and that above
the project's pipe.config.{ts,js,json}.
Secrets are masked.
`,
  },
  doctor: {
    summary: 'Check Node, project, store, conditional writes, time zones, disk and engine',
    usage: `Usage:
  pipe doctor [--json]

Options:
  --json  One JSON object for each check.

Each line is ok, failed or a note; what failed says what to do. The exit code is 1 when something failed.
With --store=<uri> another store is checked; nothing is left in it.
`,
  },
};

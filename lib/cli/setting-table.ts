/** One thing that can be set, wherever it is set. */
export interface SettingRow {
  /** As an option of the command line without dashes, or what its variable is called where it has none. */
  readonly name: string;
  readonly variable: `PIPE_${string}`;
  /** Whether the command line has an option of this name. */
  readonly isOption: boolean;
  /** Its field in `pipe.config.{ts,js,json}`. */
  readonly config?: string;
  /** What holds when nobody says anything. */
  readonly otherwise: string;
  readonly meaning: string;
}

/** Everything that can be set from outside: what `pipe config`, `pipe --help` and the manual say of it. */
export const settingTable: readonly SettingRow[] = [
  row('store', 'data', 'where datasets live: a folder or s3://bucket/prefix', 'store'),
  row('timezone', 'UTC', 'the zone whose calendar days count', 'timezone'),
  row('jobs', 'the number of cores', 'how many invocations run at once', 'jobs'),
  row('now', 'the clock', 'the present, as a day or an instant'),
  row('retries', '0', 'how often to try again what may pass', 'retries'),
  row('retry-delay', '1s', 'the most that is waited before the first retry', 'retryDelay'),
  row('timeout', 'none', 'how long one attempt may take', 'timeout'),
  row('isolate', 'as tasks say', 'process: each invocation in one of its own', 'isolate'),
  row('max-memory', "Node's limit", 'the heap of each such process', 'maxMemory'),
  row('grace', '30s', 'what runs may go on so long after Ctrl-C', 'grace'),
  row('if-running', 'wait', 'where another run makes the same', 'ifRunning'),
  row('wait', '1h', 'how long to wait for another run', 'wait'),
  {
    ...row('lease-stale', '1m', 'how long a silent run on another machine is believed to live'),
    isOption: false,
  },
  row('events', 'none', 'a file for the events of a run'),
  row('openlineage', 'none', 'a file or URL for OpenLineage events'),
  row('notify', 'none', 'a URL that is told of failures'),
  {
    ...row('s3-endpoint', 'AWS', 'the S3 server; AWS_ENDPOINT_URL_S3 does the same'),
    isOption: false,
  },
  {
    ...row('spool', 'the temporary folder', 'where copies of objects on S3 are kept'),
    isOption: false,
  },
  { ...row('spool-bytes', 'no limit', 'how big those may grow'), isOption: false },
];

/** The table as the manual has it. */
export function settingsMarkdown(): string {
  const head = ['option', 'environment', 'config', 'default', 'meaning'];
  const lines = settingTable.map(({ name, variable, isOption, config, otherwise, meaning }) => [
    isOption ? `\`--${name}\`` : '',
    `\`${variable}\``,
    config === undefined ? '' : `\`${config}\``,
    otherwise,
    meaning,
  ]);
  return [head, head.map(() => '---'), ...lines]
    .map((line) => `| ${line.join(' | ')} |\n`)
    .join('');
}

/** The part of `pipe --help` on variables. */
export function settingsHelp(): string {
  const width = Math.max(...settingTable.map(({ variable }) => variable.length));
  return settingTable
    .map(({ variable, name, isOption, config, meaning }) => {
      const also = config === undefined ? '' : `; ${config} in pipe.config.ts`;
      return `  ${variable.padEnd(width)}  ${isOption ? `as --${name}` : meaning}${also}\n`;
    })
    .join('');
}

function row(name: string, otherwise: string, meaning: string, config?: string): SettingRow {
  const variable = `PIPE_${name.toUpperCase().replaceAll('-', '_')}` as const;
  return { name, variable, isOption: true, otherwise, meaning, ...(config && { config }) };
}

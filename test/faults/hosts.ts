import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { messageOf } from '../../lib/errors.ts';

/** Tasks that make partitions, and note each publish with its generation in a file. */
export const makingTasks = `
import { appendFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineTask } from 'pipe';

const partition = (key) => ({ dataset: 'made', keys: { key } });

export const one = defineTask({
  name: 'test:one',
  summary: 'Make one',
  usage: '--key=<key>',
  outputs: ({ key }) => [{ partition: partition(key), inputs: [] }],
  async run({ key }, context) {
    const path = (await context.staging()).path('data.parquet');
    await writeFile(path, key + ' ' + process.pid + ' ' + process.hrtime.bigint());
    await sleep(5);
    const { generation } = await context.publish({
      partition: partition(key),
      files: [{ name: 'data.parquet', path, rows: 1 }],
      rows: { in: 1, out: 1, rejected: 0, filtered: 0 },
      schema: [],
    });
    await appendFile('published.log', key + ' ' + generation + '\\n');
  },
});

export const all = defineTask({
  name: 'test:all',
  summary: 'Make many',
  usage: '--keys=<n>',
  *plan({ keys }) {
    for (let n = 0; n < Number(keys); n++) yield { task: 'test:one', args: { key: 'k' + n } };
  },
});
`;

/** A program and arguments that give what they run a host name of its own. */
export function asHost(name: string): readonly string[] {
  return ['unshare', '--uts', 'sh', '-c', `hostname ${name}; exec "$@"`, '--'];
}

/** Whether processes may have host names of their own; says why not. */
export const canName = works('as other hosts', ['unshare', '--uts', 'hostname', 'pipe-test']);

/** Where Debian's package faketime puts it, by architecture. */
const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** Whether processes may have clocks of their own; says why not. */
export const canSkew =
  library !== undefined || skipped('of clocks that are off', 'faketime is not installed');

/** The environment of a process whose clock is off, as `-7m`, or as a file says that may change meanwhile. */
export function clock(
  off: { readonly by: string } | { readonly file: string },
): Record<string, string> {
  return {
    LD_PRELOAD: library ?? '',
    ...('by' in off ? { FAKETIME: off.by } : { FAKETIME_TIMESTAMP_FILE: off.file }),
    FAKETIME_NO_CACHE: '1',
    // How much time has passed, and when a file was written, does not depend on that clock.
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}

/** Whether a command that needs rights works here. */
export function works(what: string, [program = '', ...args]: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: 'pipe' });
    return true;
  } catch (error) {
    return skipped(what, messageOf(error).trim());
  }
}

function skipped(what: string, reason: string): false {
  console.error(`The tests ${what} are skipped: ${reason}`);
  return false;
}

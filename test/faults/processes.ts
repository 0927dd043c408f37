import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { pipeBin } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** A command under way. */
export interface Started {
  readonly child: ChildProcess;
  /** Its exit code, null when it was killed, and what it said on stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A program and arguments that run the command, such as `unshare --uts`. */
  readonly under?: readonly string[];
}

/** Starts `pipe` in the rig's folder, so that it can be killed. */
export function start(rig: Rig, args: readonly string[], options: StartOptions = {}): Started {
  const { env = {}, under = [] } = options;
  const [program = '', ...rest] = [...under, process.execPath, pipeBin, ...args];
  const child = spawn(program, rest, {
    cwd: rig.folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: rig.folder, ...env },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Awaited<Started['ended']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });
  return { child, ended };
}

/** The processes that a process has started and that live. Linux alone tells. */
export async function childrenOf(pid: number | undefined): Promise<number[]> {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => ((await parentOf(name)) === pid ? [Number(name)] : [])),
  );
  return found.flat();
}

/** Kills a process, unless it was faster. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Waits until no process works in a folder; workers outlive a run that was killed for a moment. */
export async function deserted(folder: string): Promise<void> {
  for (;;) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const links = pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined));
    if (!(await Promise.all(links)).includes(folder)) return;
    await sleep(20);
  }
}

/** Undefined where there is no such process, or where it has ended and nobody has taken note yet. */
async function parentOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is a name in parentheses that may itself hold spaces and parentheses.
  const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return parent === undefined || state === 'Z' ? undefined : Number(parent);
}

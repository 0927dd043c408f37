import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command, as users run it. */
export const pipeBin = fileURLToPath(new URL('../../dist/bin/pipe.js', import.meta.url));

/** What a command left behind. `$RIG` stands for the rig's folder in both texts. */
export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A temporary folder in which the real binary runs with a scrubbed environment. */
export interface Rig {
  readonly folder: string;
  path(name: string): string;
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  pipe(args: readonly string[], options?: SpawnOptions): Promise<Result>;
  /** Runs a command line in bash, with `pipe` on the PATH. */
  shell(line: string, options?: SpawnOptions): Promise<Result>;
  remove(): Promise<void>;
}

export async function createRig(): Promise<Rig> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'pipe-')));
  const path = (name: string): string => join(folder, name);
  const environment = await scrubbed(folder);
  const run = async (command: string, args: readonly string[], options: SpawnOptions = {}) => {
    const { cwd = folder, env = {} } = options;
    const result = await spawnCommand(command, args, { cwd, env: { ...environment, ...env } });
    const mask = (text: string): string => text.replaceAll(folder, '$RIG');
    return { ...result, stdout: mask(result.stdout), stderr: mask(result.stderr) };
  };
  return {
    folder,
    path,
    async write(files) {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(path(name)), { recursive: true });
        await writeFile(path(name), content);
      }
    },
    pipe: (args, options) => run(process.execPath, [pipeBin, ...args], options),
    shell: (line, options) => run('bash', ['-euo', 'pipefail', '-c', line], options),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Nothing of the machine that runs the tests, but a PATH with `pipe` on it. */
async function scrubbed(folder: string): Promise<Record<string, string>> {
  const bin = join(folder, '.bin');
  await mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\nexec '${process.execPath}' '${pipeBin}' "$@"\n`;
  await writeFile(join(bin, 'pipe'), script, { mode: 0o755 });
  const nodeFolder = dirname(process.execPath);
  return {
    PATH: `${bin}:${nodeFolder}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    TZ: 'Asia/Kathmandu',
  };
}

function spawnCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({
        code,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

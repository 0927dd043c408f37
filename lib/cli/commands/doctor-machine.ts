import { readFile, statfs } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDay } from '../../dates/day.ts';
import { boundsOf } from '../../dates/zone.ts';
import { isS3 } from '../../store/place.ts';
import { formatBytes } from '../../terminal/format.ts';
import type { Check } from './doctor.ts';

/** The Node that runs this; an older one does not come so far. */
export function checkNode(): Check {
  const { node } = process.versions;
  return { name: 'node', state: 'ok', found: `${node} on ${process.platform} ${process.arch}` };
}

/** A build of Node without zones, or with old ones, would cut days wrongly. */
export function checkZone(timezone: string): Check {
  const { start, end } = boundsOf(parseDay('2026-03-29', 'day'), 'Europe/Berlin');
  const isShort = end - start === 23 * 3_600_000;
  const count = Intl.supportedValuesOf('timeZone').length;
  const name = 'time zones';
  if (isShort && count > 300) {
    const found = `${timezone} counts; ${count} zones, data of ${process.versions['tz'] ?? 'unknown age'}`;
    return { name, state: 'ok', found };
  }
  return {
    name,
    state: 'failed',
    found: `this Node has ${count} time zones, and 2026-03-29 in Europe/Berlin ${isShort ? 'is right' : 'has not 23 hours'}`,
    next: 'install a Node with full ICU data, as nodejs.org has it',
  };
}

/** A partition is written beside the old one, and joins spill, so that little space fails a run midway. */
const leastFree = 1024 ** 3;

/** Free space where the store is, where it is a folder, and in the temporary folder. */
export async function* checkDisk(store: string): AsyncGenerator<Check> {
  const folders = [...(isS3(store) ? [] : [pathOf(store)]), tmpdir()];
  for (const folder of folders) {
    const free = await freeAt(folder);
    const name = 'disk';
    const found = `${formatBytes(free)} free for ${folder}`;
    const next =
      'make room, or use another: --store=<uri> for results, TMPDIR for what is temporary';
    yield free < leastFree ? { name, state: 'failed', found, next } : { name, state: 'ok', found };
  }
}

function pathOf(store: string): string {
  return store.startsWith('file:') ? fileURLToPath(store) : store;
}

/** Of the nearest folder that is there. */
async function freeAt(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return freeAt(dirname(folder));
  }
}

/** Whether the shell that is used here completes Pipe's command lines. */
export async function checkCompletion(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Check> {
  const name = 'completion';
  const shell = basename(environment['SHELL'] ?? 'bash');
  const files = startFiles[shell];
  if (!files)
    return { name, state: 'note', found: `none for ${shell}; there is bash, zsh and fish` };
  const home = homedir();
  for (const file of files) {
    const text = await readFile(join(home, file), 'utf8').catch(() => '');
    if (/completion:(?:bash|zsh|fish)|pipe complete /.test(text)) {
      return { name, state: 'ok', found: `${shell}, by ~/${file}` };
    }
  }
  const next = `pipe completion:${shell} --help says how`;
  return { name, state: 'note', found: `${shell} does not complete pipe yet`, next };
}

const startFiles: Readonly<Record<string, readonly string[]>> = {
  bash: [
    '.bashrc',
    '.bash_profile',
    '.profile',
    '.bash_completion',
    '.local/share/bash-completion/completions/pipe',
  ],
  zsh: ['.zshrc', '.zprofile', '.zfunc/_pipe', '.zsh/completions/_pipe'],
  fish: ['.config/fish/config.fish', '.config/fish/completions/pipe.fish'],
};

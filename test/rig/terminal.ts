import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { promisify, stripVTControlCharacters } from 'node:util';

const exec = promisify(execFile);

/** A program in a real terminal, typed at like a person does. */
export interface Terminal {
  /** Types text; `\t` and `\r` are the keys Tab and Enter. */
  type(text: string): Promise<void>;
  /** Waits until what is on the screen matches, and returns it; throws with the screen when it does not come. */
  screen(pattern: RegExp): Promise<string>;
  /** Gives up the line that is being typed, and waits for a prompt on an empty screen. */
  restart(prompt: RegExp): Promise<void>;
  close(): Promise<void>;
}

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Which of these programs are not installed. */
export function absent(...programs: readonly string[]): readonly string[] {
  const folders = ['/usr/local/bin', '/usr/bin', '/bin'];
  return programs.filter((name) => !folders.some((folder) => existsSync(`${folder}/${name}`)));
}

const patienceMs = 20_000;

/** Starts a program in a terminal of tmux, with this environment and nothing else. */
export async function openTerminal(
  command: readonly string[],
  { cwd, env }: TerminalOptions,
): Promise<Terminal> {
  const socket = `pipe-${randomBytes(6).toString('hex')}`;
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await exec('tmux', ['-L', socket, '-f', '/dev/null', ...args], { cwd })).stdout;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const program = ['env', '-i', 'TERM=xterm-256color', ...variables, ...command];
  await tmux('new-session', '-d', '-x', '120', '-y', '40', '-c', cwd, ...program);
  const capture = async (): Promise<string> =>
    stripVTControlCharacters(await tmux('capture-pane', '-p')).replace(/\s*$/, '');
  return {
    async type(text) {
      for (const part of text.split(/(?<=[\t\r])|(?=[\t\r])/)) {
        if (part === '\t') await tmux('send-keys', 'Tab');
        else if (part === '\r') await tmux('send-keys', 'Enter');
        else await tmux('send-keys', '-l', '--', part);
      }
    },
    async screen(pattern) {
      const end = performance.now() + patienceMs;
      for (;;) {
        const screen = await capture();
        if (pattern.test(screen)) return screen;
        if (performance.now() > end) throw new Error(`no ${pattern} on the screen:\n${screen}`);
        await setTimeout(50);
      }
    },
    async restart(prompt) {
      // What still computes an answer may overlook the first.
      for (let turn = 0; turn < 100 && !prompt.test(await capture()); turn++) {
        await tmux('send-keys', 'C-c');
        await setTimeout(100);
        await tmux('send-keys', 'C-l');
        await setTimeout(100);
      }
    },
    close: async () => void (await tmux('kill-server').catch(() => '')),
  };
}

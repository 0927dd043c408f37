import { exitCodes, messageOf, UsageError } from '../../errors.ts';
import type { ExitCode } from '../../errors.ts';
import { formatCount } from '../../terminal/format.ts';
import { findOwn, loadProject } from '../registry.ts';
import type { Own } from '../registry.ts';
import { resolveSettings } from '../settings.ts';
import type { Settings } from '../settings.ts';
import type { CommandInput } from './commands.ts';
import { misspelled } from './config.ts';
import { checkEngine } from './doctor-engine.ts';
import { checkCompletion, checkDisk, checkNode, checkZone } from './doctor-machine.ts';
import { checkStore } from './doctor-store.ts';

/** What was looked at and what came of it. */
export interface Check {
  readonly name: string;
  /** `note`: nothing is wrong, but a person may want to know. */
  readonly state: 'ok' | 'failed' | 'note';
  readonly found: string;
  /** What to do about it. */
  readonly next?: string;
}

/** Looks at everything that a run leans on, prints a line for each as it is known, and fails when one failed. */
export async function doctor(input: CommandInput): Promise<ExitCode> {
  let hasFailed = false;
  for await (const check of checksOf(input)) {
    hasFailed ||= check.state === 'failed';
    const masked = { ...check, found: input.mask.text(check.found) };
    const line = input.args['json'] === true ? JSON.stringify(masked) : lineOf(masked);
    process.stdout.write(`${line}\n`);
  }
  return hasFailed ? exitCodes.failed : exitCodes.done;
}

function lineOf({ name, state, found, next }: Check): string {
  const start = `${state.padEnd(6)}  ${name.padEnd(nameWidth)}  `;
  const indent = `\n${' '.repeat(8)}`;
  const text = found.replaceAll('\n', indent);
  return `${start}${text}${next === undefined ? '' : `${indent}-> ${next}`}`;
}

const nameWidth = 'conditional writes'.length;

async function* checksOf(input: CommandInput): AsyncGenerator<Check> {
  yield checkNode();
  const own = await attempt('project', () => findOwn(input.cwd));
  if ('state' in own) yield own;
  else yield* checkTasks(input.cwd);
  for (const found of misspelled(process.env)) yield { name: 'environment', state: 'note', found };
  const found = 'state' in own ? { root: input.cwd, config: {}, modules: [] } : own;
  const settings = await attempt('settings', async () => settingsOf(input, found));
  if ('state' in settings) {
    yield settings;
  } else {
    yield checkZone(settings.timezone);
    yield* checkStore(settings, input.cwd);
    yield* checkDisk(settings.store);
  }
  yield await checkEngine();
  yield await checkCompletion(process.env);
}

function settingsOf({ options, cwd }: CommandInput, { root, config }: Own): Settings {
  const environment = process.env;
  return resolveSettings({ options, environment, config, root, cwd, clock: Date.now });
}

async function* checkTasks(cwd: string): AsyncGenerator<Check> {
  const loaded = await attempt('project', () => loadProject(cwd));
  if ('state' in loaded) return yield loaded;
  const { root, registry } = loaded;
  const own = registry.tasks.filter(({ file }) => file !== 'Pipe itself').length;
  yield { name: 'project', state: 'ok', found: `${root}, ${formatCount(own, 'task')} of its own` };
}

/** What an action gives, or the check that it failed: an error that says what to do says it here. */
async function attempt<T extends object>(
  name: string,
  action: () => Promise<T>,
): Promise<T | Check> {
  try {
    return await action();
  } catch (error) {
    const next = error instanceof UsageError ? {} : { next: 'run with --debug to see where' };
    return { name, state: 'failed', found: messageOf(error), ...next };
  }
}

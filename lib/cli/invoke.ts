import type { RunEvent } from '../ledger/events.ts';
import { Mask } from '../ledger/mask.ts';
import type { RunReport } from '../run/run.ts';
import type { Task } from '../task/define.ts';
import { resolveCall } from '../task/invocation.ts';
import { registered } from '../task/load.ts';
import { createRegistry } from '../task/registry.ts';
import type { CallArgs, Isolate } from '../task/task.ts';
import { loadProject } from './registry.ts';
import { environmentSecrets } from './secrets.ts';
import { resolveSettings } from './settings.ts';

/** What `pipe` takes before a task's name, for a call from code. */
export interface InvokeOptions {
  /** A folder or a URI. Default: as on the command line in `cwd`. */
  readonly store?: string;
  readonly timezone?: string;
  readonly jobs?: number;
  /** A day or an instant with its offset. */
  readonly now?: string;
  readonly force?: boolean;
  readonly failFast?: boolean;
  readonly retries?: number;
  /** Durations as on the command line: `500ms`, `30s`, `5m`. */
  readonly retryDelay?: string;
  readonly timeout?: string;
  /** What to do where another run makes the same partition. Default: `wait`. */
  readonly ifRunning?: 'wait' | 'skip' | 'fail' | 'take-over';
  /** How long to wait for it, a duration. Default: `1h`. */
  readonly wait?: string;
  readonly isolate?: Isolate;
  /** Default: the process's working folder. */
  readonly cwd?: string;
  /** Tasks besides the built-in ones and those of the project in `cwd`. */
  readonly tasks?: readonly Task[];
  /** Aborts the run: nothing new starts and what runs is cancelled. */
  readonly signal?: AbortSignal;
  /** Called for every event of the run. */
  readonly listen?: (event: RunEvent) => void;
}

/**
 * Runs a task as `pipe <task> -- <args>` would, and returns its outcome, with the exit code that
 * the command would have. Prints nothing. Throws UsageError for wrong arguments, and the reason of
 * `signal` where that is aborted while the plan is read.
 * @example await invoke('stats:multi', { sites: 'a,b', 'days-ago': '7' }, { store: 'data' })
 */
export async function invoke(
  task: string,
  args: CallArgs = [],
  options: InvokeOptions = {},
): Promise<RunReport> {
  const { compose, runWithLedger } = await import('./compose.ts');
  const { cwd = process.cwd(), force = false, failFast = false } = options;
  const { root, config, registry: found } = await loadProject(cwd);
  const own = (options.tasks ?? []).map((each) => registered(each, 'this program', ownCode));
  const registry = createRegistry([...found.tasks, ...own]);
  const settings = resolveSettings({
    options: textOptions(options),
    environment: process.env,
    config,
    root,
    cwd,
    clock: Date.now,
  });
  const signal = options.signal ?? new AbortController().signal;
  const mask = new Mask(environmentSecrets(process.env));
  const request = { registry, settings, cwd, force, failFast, stop: signal, cancel: signal, mask };
  const invocation = resolveCall(registry, { task, args }, settings);
  const { listen = () => undefined } = options;
  return runWithLedger(invocation, await compose(request), { listen });
}

/** Tasks that are values of a running program have no file to hash; they count as unchanged. */
async function ownCode(): Promise<string> {
  return 'program';
}

function textOptions(options: InvokeOptions): Record<string, string> {
  const { ifRunning, wait } = options;
  const { store, timezone, jobs, now, retries, retryDelay, timeout, isolate } = options;
  const attempts = { retries, 'retry-delay': retryDelay, timeout, isolate };
  const given = Object.entries({
    'if-running': ifRunning,
    wait,
    store,
    timezone,
    jobs,
    now,
    ...attempts,
  });
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

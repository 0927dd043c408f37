import { Worker } from 'node:worker_threads';
import { exitCodes } from '../errors.ts';
import { Mask } from '../ledger/mask.ts';
import { serve } from '../run/serve.ts';
import type { FromWorker, ToWorker } from '../run/worker-messages.ts';
import { secretsIn } from '../task/secrets.ts';
import { compose } from './compose.ts';
import { strayText } from './early-exit.ts';
import { loadProject } from './registry.ts';
import { environmentSecrets } from './secrets.ts';
import type { Settings } from './settings.ts';
import type { Birth } from './worker-variable.ts';

/** The first message to a worker: what the run that it works for has found out already. */
export interface WorkerSetup {
  readonly type: 'setup';
  readonly settings: Settings;
  readonly cwd: string;
  readonly run: string;
  readonly force: boolean;
  readonly renewBefore?: string;
}

/** Does leaves for the process that started this one, until that ends or kills it. */
export function work(birth: Birth): void {
  watchParent(birth);
  process.on('uncaughtException', (error) => {
    console.error(strayText(error, false));
    process.exit(exitCodes.failed);
  });
  const early: ToWorker[] = [];
  let receive: ((message: ToWorker) => void) | undefined;
  process.on('message', (message: ToWorker | WorkerSetup) => {
    if (message.type === 'setup') {
      void prepare(message).then((ready) => {
        receive = ready;
        for (const each of early.splice(0)) ready(each);
      }, endWith);
    } else if (receive) receive(message);
    else early.push(message);
  });
}

async function prepare(setup: WorkerSetup): Promise<(message: ToWorker) => void> {
  const { settings, cwd, run, force, renewBefore } = setup;
  const { registry } = await loadProject(cwd);
  const stop = new AbortController();
  const mask = new Mask(environmentSecrets(process.env));
  const effects = await compose({
    registry,
    settings,
    cwd,
    force,
    renewBefore,
    failFast: false,
    stop: stop.signal,
    // What is cancelled is told so by itself.
    cancel: new AbortController().signal,
    mask,
  });
  const options = {
    ...effects,
    run,
    emit: () => undefined,
    breathe: () => Promise.resolve(),
  };
  const receive = serve(options, stop, send);
  return (message) => {
    if (message.type === 'run') mask.learn(secretsIn(registry.get(message.task), message.argv));
    receive(message);
  };
}

function send(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

/** A project that no longer loads. */
function endWith(error: unknown): void {
  console.error(error);
  process.exit(1);
}

/** How often a worker looks whether its parent still lives. */
const WATCH_MS = 500;

/**
 * Ends the process group, and removes its folder, when its parent has died. In a thread of its own:
 * a leaf that never gives the event loop back would otherwise go on for ever.
 */
function watchParent({ parent, folder }: Birth): void {
  const { pid } = process;
  const code = `
    const { rmSync } = require('node:fs');
    setInterval(() => {
      if (process.ppid === ${parent}) return;
      rmSync(${JSON.stringify(folder)}, { recursive: true, force: true });
      process.kill(-${pid}, 'SIGKILL');
    }, ${WATCH_MS});`;
  new Worker(code, { eval: true }).unref();
  // Without a parent to speak to there is nothing to live for; but the thread shall clear up.
  const wait = (): unknown => setInterval(() => undefined, WATCH_MS);
  if (process.connected) process.on('disconnect', wait);
  else wait();
}

import { UserError } from '../errors.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Outcome } from '../task/task.ts';
import { Engines } from './engines.ts';
import { runLeaf } from './leaf.ts';
import { Leases } from './leases.ts';
import type { RunOptions } from './options.ts';
import { receivedError, receivedOutcome, sendableError } from './worker-messages.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/**
 * Does the leaves that a run hands to this process, one at a time; returns what takes its messages.
 * `stop` is what the options' signal of that name belongs to.
 */
export function serve(
  options: RunOptions,
  stop: AbortController,
  send: (message: FromWorker) => void,
): (message: ToWorker) => void {
  const engines = new Engines(() => options.openEngine(leaves));
  const leases = options.leases && new Leases(options, options.leases);
  const answers = new Map<number, Answer>();
  let controller = new AbortController();
  let calls = 0;
  let leaves = 1;

  return (message) => {
    switch (message.type) {
      case 'run':
        ({ leaves } = message);
        return void run(message);
      case 'stop':
        return stop.abort();
      case 'abort':
        return controller.abort(new UserError(message.message));
      case 'invoked':
        answers.get(message.call)?.resolve(receivedOutcome(message.outcome));
        return void answers.delete(message.call);
      case 'not-invoked':
        answers.get(message.call)?.reject(receivedError(message.error));
        return void answers.delete(message.call);
      default:
        message satisfies never;
    }
  };

  async function run({ task, argv }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
    controller = new AbortController();
    try {
      const invocation = resolveCall(options.registry, { task, args: argv }, options);
      const result = await runLeaf(invocation, options, {
        engines,
        leases,
        // A process that is given up on is killed.
        attempt: { signal: controller.signal, abandoned: false },
        invoke: (called, args) =>
          new Promise<Outcome>((resolve, reject) => {
            const call = ++calls;
            answers.set(call, { resolve, reject });
            send({ type: 'invoke', call, task: called, args });
          }),
        progress: (done, total) =>
          send({ type: 'progress', done, ...(total !== undefined && { total }) }),
        log: (text) => send({ type: 'log', message: text }),
        declare: (partitions) => send({ type: 'declare', partitions }),
      });
      send({ type: 'done', result });
    } catch (error) {
      send({ type: 'failed', error: sendableError(error) });
    }
  }
}

interface Answer {
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

import { BulkLookup } from '../dataset/lookup.ts';
import type { ExitCode } from '../errors.ts';
import type { InvocationFinished, PartitionRecord, Status } from '../ledger/events.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call, Outcome } from '../task/task.ts';
import { childrenAhead } from './ahead.ts';
import { Bounds } from './bounds.ts';
import type { Attempt } from './bounds.ts';
import { Breath } from './breath.ts';
import { checkPlan } from './check.ts';
import { Engines } from './engines.ts';
import { expand } from './expand.ts';
import { exitCodeOf } from './failure.ts';
import { Leases } from './leases.ts';
import { lookAt, notHeld, runLeaf } from './leaf.ts';
import type { LeafEffects, LeafResult } from './leaf-work.ts';
import { createNode, joinNode } from './node.ts';
import type { Node } from './node.ts';
import type { RunOptions } from './options.ts';
import { underLeases } from './overlap.ts';
import { Recorder } from './recorder.ts';
import { policyOf, withRetries } from './retry.ts';
import { Seen } from './seen.ts';
import { Slots } from './slots.ts';
import { Tally } from './tally.ts';
import { Workers } from './workers.ts';
import type { IsolatedEffects } from './workers.ts';

export interface RunReport extends Outcome {
  readonly exitCode: ExitCode;
  /** Leaves of the plan. */
  readonly planned: number;
  /** Leaves that are neither made nor up to date, for whatever reason. */
  readonly left: number;
  /** Leaves that ignored their signal and may still be running although the run has ended. */
  readonly abandoned: number;
}

/**
 * Runs an invocation and everything it calls for. Its plan has been checked, and has so many
 * leaves. A failing leaf does not stop its siblings; what failed is in the events and the exit code.
 */
export async function runInvocation(
  root: Invocation,
  leaves: number,
  options: RunOptions,
): Promise<RunReport> {
  const started = options.clock();
  const engines = new Engines(() => options.openEngine(leaves));
  const bounds = new Bounds(options);
  const leases = options.leases && new Leases(options, options.leases);
  const workers = options.startWorker && new Workers(options.startWorker, leaves);
  const stop = (): void => workers?.stop();
  options.stop.addEventListener('abort', stop);
  const cancel = (): void => bounds.cancel();
  options.cancel.addEventListener('abort', cancel);
  try {
    options.emit({ type: 'run-planned', at: iso(options), leaves });
    const recorder = new Recorder(options);
    const lookup = new BulkLookup(options.store);
    const run = new Run(options, { engines, bounds, leases, lookup, workers }, recorder);
    const outcome = await (await run.start(root, undefined)).outcome;
    const counts = recorder.countsOf(leaves, run.isStopped());
    const exitCode = exitCodeOf(outcome, counts, {
      isLocked: recorder.isLocked(),
      stop: options.stop,
    });
    const durationMs = options.clock() - started;
    options.emit({ type: 'run-finished', at: iso(options), durationMs, exitCode, counts });
    const left = Math.max(leaves - counts.done - counts.skipped, 0);
    return { ...outcome, exitCode, planned: leaves, left, abandoned: bounds.abandoned };
  } finally {
    options.cancel.removeEventListener('abort', cancel);
    options.stop.removeEventListener('abort', stop);
    await leases?.close();
    await workers?.close();
    if (workers?.hasLost) await options.store.cleanStaging();
    await engines.close();
  }
}

/** An invocation whose plan has been read to its end; the outcome comes when its leaves have run. */
interface Started {
  readonly outcome: Promise<Outcome>;
}

/** Statuses by the number that stands for them in {@link Seen}, less one. */
const statuses: readonly Status[] = ['done', 'skipped', 'no-data', 'failed', 'cancelled'];

interface Means extends Pick<LeafEffects, 'engines' | 'leases'> {
  readonly lookup: BulkLookup;
  readonly bounds: Bounds;
  readonly workers: Workers | undefined;
}

class Run {
  readonly #options: RunOptions;
  readonly #means: Means;
  readonly #breath: Breath;
  readonly #recorder: Recorder;
  readonly #running = new Map<string, Node>();
  readonly #finished = new Seen();
  readonly #errors = new Map<string, unknown>();
  /** By level: a leaf that waits for another must not hold the slot that the other needs. */
  readonly #slots: Slots[] = [];
  #ids = 0;

  constructor(options: RunOptions, means: Means, recorder: Recorder) {
    this.#options = options;
    this.#means = means;
    this.#recorder = recorder;
    this.#breath = new Breath(options);
  }

  /**
   * Starts an invocation, or joins it where this run has come to it before. Resolves once its plan
   * is read to the end and each of its leaves has had a slot.
   */
  async start(invocation: Invocation, parent: Node | undefined, level = 0): Promise<Started> {
    const { text } = invocation;
    const status = statuses[(this.#finished.get(text) ?? 0) - 1];
    if (status) return { outcome: Promise.resolve({ status, error: this.#errors.get(text) }) };
    const running = this.#running.get(text);
    if (running) return { outcome: joinNode(running, parent) };
    const node = createNode(++this.#ids, invocation, parent, level);
    this.#running.set(text, node);
    parent?.waitsFor.add(node);
    const { outcome } = await this.#begin(node);
    void outcome.then((result) => this.#leave(node, result));
    return node;
  }

  #leave(node: Node, outcome: Outcome): void {
    const { text } = node.invocation;
    this.#finished.set(text, statuses.indexOf(outcome.status) + 1);
    if (outcome.error !== undefined) this.#errors.set(text, outcome.error);
    this.#running.delete(text);
    node.parent?.waitsFor.delete(node);
    node.settle(outcome);
  }

  async #begin(node: Node): Promise<Started> {
    if (this.isStopped()) return { outcome: Promise.resolve({ status: 'cancelled' }) };
    try {
      const expansion = await expand(node.invocation, this.#options);
      if (expansion.kind === 'meta') return await this.#runMeta(node, expansion.calls);
    } catch (error) {
      const started = this.#recorder.started(node, 'meta');
      return { outcome: Promise.resolve(this.#recorder.failed(node, 'meta', started, error)) };
    }
    const slots = (this.#slots[node.level] ??= new Slots(this.#options.jobs));
    await slots.room();
    await this.#breath.take();
    return { outcome: slots.run(() => this.#runLeaf(node)) };
  }

  async #runMeta(node: Node, calls: AsyncIterable<Call>): Promise<Started> {
    const started = this.#recorder.started(node, 'meta');
    const tally = new Tally();
    let failure: { readonly error: unknown } | undefined;
    let isCut = false;
    try {
      for await (const child of childrenAhead(calls, this.#options, this.#means.lookup)) {
        isCut = this.isStopped();
        if (isCut) break;
        tally.add((await this.start(child, node, node.level)).outcome);
      }
    } catch (error) {
      failure = { error };
    }
    const settle = async (): Promise<Outcome> => {
      const status = await tally.settled();
      if (failure) return this.#recorder.failed(node, 'meta', started, failure.error);
      return this.#recorder.finished(node, 'meta', started, {
        status: isCut && status !== 'failed' ? 'cancelled' : status,
      });
    };
    return { outcome: settle() };
  }

  async #runLeaf(node: Node): Promise<Outcome> {
    if (this.isStopped()) return { status: 'cancelled' };
    const started = this.#recorder.started(node, 'leaf');
    let declared: readonly PartitionRecord[] | undefined;
    let attempts = 1;
    const policy = policyOf(node.invocation.task, this.#options.attempts, this.#options.defaults);
    try {
      const { output, ...result } = await withRetries(policy, this.#options, {
        attempt: () =>
          this.#means.bounds.run(node, policy.timeoutMs, (attempt) =>
            this.#attempt(node, attempt, (partitions) => (declared = partitions)),
          ),
        stopped: () => this.isStopped(),
        retrying: (error, delayMs) => this.#recorder.retried(node, attempts++, error, delayMs),
      });
      const outcome = this.#recorder.finished(node, 'leaf', started, {
        ...result,
        ...several(attempts),
      });
      return output === undefined ? outcome : { ...outcome, output };
    } catch (error) {
      const partitions = declared && { partitions: declared };
      return this.#recorder.failed(node, 'leaf', started, error, {
        ...partitions,
        ...several(attempts),
      });
    }
  }

  #attempt(
    node: Node,
    attempt: Attempt,
    declare: (partitions: readonly PartitionRecord[]) => void,
  ): Promise<LeafResult> {
    const { engines, leases, lookup, workers } = this.#means;
    const effects: LeafEffects & IsolatedEffects = {
      attempt,
      engines,
      leases,
      lookup,
      invoke: async (task, args) => {
        attempt.signal.throwIfAborted();
        const child = resolveCall(this.#options.registry, { task, args }, this.#options);
        await checkPlan(child, this.#options.registry, this.#options);
        return (await this.start(child, node, node.level + 1)).outcome;
      },
      progress: (done, total) => {
        if (!attempt.abandoned) this.#recorder.progressed(node, done, total);
      },
      log: (message) => {
        if (!attempt.abandoned) this.#recorder.logged(node, message);
      },
      declare,
    };
    const { isolate: given, defaults } = this.#options;
    const isolate = given ?? node.invocation.task.isolate ?? defaults?.isolate;
    return workers && isolate === 'process'
      ? this.#runIsolated(workers, node, effects)
      : runLeaf(node.invocation, this.#options, effects);
  }

  /**
   * What is up to date needs no process. The lease is taken here, too, where its heart beats on
   * while the process is busy with nothing but its leaf.
   */
  async #runIsolated(
    workers: Workers,
    { invocation }: Node,
    effects: LeafEffects & IsolatedEffects,
  ): Promise<LeafResult> {
    const { lookup, leases } = this.#means;
    const { settled, assessed } = await lookAt(invocation, this.#options, effects, lookup);
    if (settled) return settled;
    const work = async (): Promise<LeafResult> => {
      const result = await workers.run(invocation, effects);
      for (const prefix of result.outputs) lookup.changed(prefix);
      return result;
    };
    if (!leases || !assessed) return await work();
    return await underLeases<LeafResult>(leases, assessed, {
      work,
      instead: (taken) => notHeld(taken, assessed, effects),
      log: effects.log,
      signal: effects.attempt.signal,
    });
  }

  /** Whether no further leaf may start. */
  isStopped(): boolean {
    const { stop, cancel, failFast } = this.#options;
    return stop.aborted || cancel.aborted || (failFast && this.#recorder.hasFailed);
  }
}

function several(attempts: number): Pick<InvocationFinished, 'attempts'> {
  return attempts > 1 ? { attempts } : {};
}

function iso({ clock }: Pick<RunOptions, 'clock'>): string {
  return new Date(clock()).toISOString();
}

import type { ExitCode } from '../errors.ts';
import type { ErrorRecord, InvocationFinished, PartitionRecord, Status } from '../ledger/events.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Call, Outcome } from '../task/task.ts';
import { Bounds } from './bounds.ts';
import type { Attempt } from './bounds.ts';
import { Breath } from './breath.ts';
import { checkPlan } from './check.ts';
import { Engines } from './engines.ts';
import { expand } from './expand.ts';
import { errorRecord, exitCodeOf, statusOf } from './failure.ts';
import { Leases } from './leases.ts';
import { LockedError } from './locked.ts';
import { runLeaf } from './leaf.ts';
import type { LeafEffects, LeafResult } from './leaf.ts';
import { chainOf, createNode, joinNode } from './node.ts';
import type { Node } from './node.ts';
import type { RunOptions } from './options.ts';
import { policyOf, withRetries } from './retry.ts';
import { Seen } from './seen.ts';
import { Slots } from './slots.ts';
import { noCounts, Tally } from './tally.ts';

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
  const cancel = (): void => bounds.cancel();
  options.cancel.addEventListener('abort', cancel);
  try {
    options.emit({ type: 'run-planned', at: iso(options), leaves });
    const run = new Run(options, { engines, bounds, leases });
    const outcome = await (await run.start(root, undefined)).outcome;
    const counts = run.countsOf(leaves);
    const exitCode = exitCodeOf(outcome, counts, run.isLocked());
    const durationMs = options.clock() - started;
    options.emit({ type: 'run-finished', at: iso(options), durationMs, exitCode, counts });
    const left = Math.max(leaves - counts.done - counts.skipped, 0);
    return { ...outcome, exitCode, planned: leaves, left, abandoned: bounds.abandoned };
  } finally {
    options.cancel.removeEventListener('abort', cancel);
    leases?.close();
    await engines.close();
  }
}

/** An invocation whose plan has been read to its end; the outcome comes when its leaves have run. */
interface Started {
  readonly outcome: Promise<Outcome>;
}

/** Statuses by the number that stands for them in {@link Seen}, less one. */
const statuses: readonly Status[] = ['done', 'skipped', 'no-data', 'failed', 'cancelled'];

type Means = Pick<LeafEffects, 'engines' | 'leases'> & { readonly bounds: Bounds };

class Run {
  readonly #options: RunOptions;
  readonly #means: Means;
  readonly #breath: Breath;
  readonly #counts = noCounts();
  readonly #running = new Map<string, Node>();
  readonly #finished = new Seen();
  readonly #errors = new Map<string, unknown>();
  /** By level: a leaf that waits for another must not hold the slot that the other needs. */
  readonly #slots: Slots[] = [];
  #ids = 0;
  #failed = false;
  /** Failures that another run's work is the reason for. */
  #locked = 0;

  constructor(options: RunOptions, means: Means) {
    this.#options = options;
    this.#means = means;
    this.#breath = new Breath(options);
  }

  /** Whether all that failed did so because another run makes it. */
  isLocked(): boolean {
    return this.#locked > 0 && this.#locked === this.#counts.failed;
  }

  /** Leaves by status; whatever has not been reached is cancelled. */
  countsOf(leaves: number): Readonly<Record<Status, number>> {
    const { done, skipped, failed, 'no-data': noData } = this.#counts;
    const left = this.#stopped() ? leaves - done - skipped - failed - noData : 0;
    return { ...this.#counts, cancelled: Math.max(left, 0) };
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
    if (this.#stopped()) return { outcome: Promise.resolve({ status: 'cancelled' }) };
    try {
      const expansion = await expand(node.invocation, this.#options);
      if (expansion.kind === 'meta') return await this.#runMeta(node, expansion.calls);
    } catch (error) {
      const started = this.#emitStarted(node, 'meta');
      return { outcome: Promise.resolve(this.#fail(node, 'meta', started, error)) };
    }
    const slots = (this.#slots[node.level] ??= new Slots(this.#options.jobs));
    await slots.room();
    await this.#breath.take();
    return { outcome: slots.run(() => this.#runLeaf(node)) };
  }

  async #runMeta(node: Node, calls: AsyncIterable<Call>): Promise<Started> {
    const started = this.#emitStarted(node, 'meta');
    const tally = new Tally();
    let failure: { readonly error: unknown } | undefined;
    try {
      for await (const call of calls) {
        if (this.#stopped()) break;
        const child = resolveCall(this.#options.registry, call, this.#options);
        tally.add((await this.start(child, node, node.level)).outcome);
      }
    } catch (error) {
      failure = { error };
    }
    const settle = async (): Promise<Outcome> => {
      const status = await tally.settled();
      if (failure) return this.#fail(node, 'meta', started, failure.error);
      return this.#finish(node, 'meta', started, {
        status: this.#stopped() && status !== 'failed' ? 'cancelled' : status,
      });
    };
    return { outcome: settle() };
  }

  async #runLeaf(node: Node): Promise<Outcome> {
    if (this.#stopped()) return { status: 'cancelled' };
    const started = this.#emitStarted(node, 'leaf');
    let declared: readonly PartitionRecord[] | undefined;
    let attempts = 1;
    const policy = policyOf(node.invocation.task, this.#options.attempts);
    try {
      const { output, ...result } = await withRetries(policy, this.#options, {
        attempt: () =>
          this.#means.bounds.run(node, policy.timeoutMs, (attempt) =>
            this.#attempt(node, attempt, (partitions) => (declared = partitions)),
          ),
        stopped: () => this.#stopped(),
        retrying: (error, delayMs) => this.#emitRetried(node, attempts++, error, delayMs),
      });
      const outcome = this.#finish(node, 'leaf', started, { ...result, ...several(attempts) });
      return output === undefined ? outcome : { ...outcome, output };
    } catch (error) {
      const partitions = declared && { partitions: declared };
      return this.#fail(node, 'leaf', started, error, { ...partitions, ...several(attempts) });
    }
  }

  #attempt(
    node: Node,
    attempt: Attempt,
    declare: (partitions: readonly PartitionRecord[]) => void,
  ): Promise<LeafResult> {
    return runLeaf(node.invocation, this.#options, {
      ...this.#means,
      attempt,
      invoke: async (task, args) => {
        attempt.signal.throwIfAborted();
        const child = resolveCall(this.#options.registry, { task, args }, this.#options);
        await checkPlan(child, this.#options.registry, this.#options);
        return (await this.start(child, node, node.level + 1)).outcome;
      },
      log: (message) => {
        if (attempt.abandoned) return;
        this.#options.emit({ type: 'log', at: iso(this.#options), id: node.id, message });
      },
      declare,
    });
  }

  /** Whether no further leaf may start. */
  #stopped(): boolean {
    const { stop, cancel, failFast } = this.#options;
    return stop.aborted || cancel.aborted || (failFast && this.#failed);
  }

  #emitStarted(node: Node, kind: 'meta' | 'leaf'): number {
    const { id, parent, invocation } = node;
    const at = this.#options.clock();
    this.#options.emit({
      type: 'invocation-started',
      at: new Date(at).toISOString(),
      id,
      ...(parent && { parent: parent.id }),
      kind,
      task: invocation.task.name,
      argv: invocation.argv,
    });
    return at;
  }

  #fail(
    node: Node,
    kind: 'meta' | 'leaf',
    started: number,
    error: unknown,
    known: Pick<Finished, 'partitions' | 'attempts'> = {},
  ): Outcome {
    const status = statusOf(error, this.#options.cancel.aborted);
    if (status === 'failed') this.#failed = true;
    if (status === 'failed' && error instanceof LockedError) this.#locked++;
    const record = this.#recordOf(error, node);
    this.#emitFinished(node, kind, started, { status, ...known, error: record });
    return { status, error };
  }

  #recordOf(error: unknown, node: Node): ErrorRecord {
    return errorRecord(error, chainOf(node), this.#options.command(node.invocation.text));
  }

  #emitRetried(node: Node, attempt: number, error: unknown, delayMs: number): void {
    this.#options.emit({
      type: 'invocation-retried',
      at: iso(this.#options),
      id: node.id,
      attempt,
      delayMs,
      error: this.#recordOf(error, node),
    });
  }

  #finish(node: Node, kind: 'meta' | 'leaf', started: number, result: Finished): Outcome {
    this.#emitFinished(node, kind, started, result);
    return { status: result.status, ...(result.rows && { rows: result.rows }) };
  }

  #emitFinished({ id }: Node, kind: 'meta' | 'leaf', started: number, result: Finished): void {
    if (kind === 'leaf' || result.error) this.#counts[result.status]++;
    const now = this.#options.clock();
    this.#options.emit({
      type: 'invocation-finished',
      at: new Date(now).toISOString(),
      id,
      kind,
      durationMs: now - started,
      ...result,
    });
  }
}

type Finished = Omit<InvocationFinished, 'type' | 'at' | 'id' | 'kind' | 'durationMs'>;

function several(attempts: number): Pick<InvocationFinished, 'attempts'> {
  return attempts > 1 ? { attempts } : {};
}

function iso({ clock }: Pick<RunOptions, 'clock'>): string {
  return new Date(clock()).toISOString();
}

import type { ErrorRecord, InvocationFinished, Status } from '../ledger/events.ts';
import type { Outcome } from '../task/task.ts';
import { errorRecord, statusOf } from './failure.ts';
import { LockedError } from './locked.ts';
import { chainOf } from './node.ts';
import type { Node } from './node.ts';
import type { RunOptions } from './options.ts';
import { noCounts } from './tally.ts';

type Kind = InvocationFinished['kind'];

/** What an event says of an invocation that has ended. */
export type Finished = Omit<InvocationFinished, 'type' | 'at' | 'id' | 'kind' | 'durationMs'>;

/** Tells what becomes of a run's invocations, and counts it. */
export class Recorder {
  readonly #options: RunOptions;
  readonly #counts = noCounts();
  /** Failures that another run's work is the reason for. */
  #locked = 0;
  #failed = false;
  #textOf = { ms: NaN, text: '' };

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** Whether anything has failed. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Whether all that failed did so because another run makes it. */
  isLocked(): boolean {
    return this.#locked > 0 && this.#locked === this.#counts.failed;
  }

  /** Leaves by status; those of a stopped run that have not been reached are cancelled. */
  countsOf(leaves: number, isStopped: boolean): Readonly<Record<Status, number>> {
    const { done, skipped, failed, 'no-data': noData } = this.#counts;
    const left = isStopped ? leaves - done - skipped - failed - noData : 0;
    return { ...this.#counts, cancelled: Math.max(left, 0) };
  }

  /** Returns the time, in milliseconds since the epoch. */
  started({ id, parent, invocation }: Node, kind: Kind): number {
    const at = this.#options.clock();
    const leaves = kind === 'meta' ? this.#options.leavesOf?.(invocation.text) : undefined;
    this.#options.emit({
      type: 'invocation-started',
      at: this.#iso(at),
      id,
      ...(parent && { parent: parent.id }),
      kind,
      task: invocation.task.name,
      argv: invocation.argv,
      ...(leaves !== undefined && { leaves }),
    });
    return at;
  }

  progressed({ id }: Node, done: number, total: number | undefined): void {
    const at = this.#iso(this.#options.clock());
    const share = total === undefined ? {} : { total };
    this.#options.emit({ type: 'leaf-progressed', at, id, done, ...share });
  }

  logged({ id }: Node, message: string): void {
    this.#options.emit({ type: 'log', at: this.#iso(this.#options.clock()), id, message });
  }

  retried(node: Node, attempt: number, error: unknown, delayMs: number): void {
    this.#options.emit({
      type: 'invocation-retried',
      at: this.#iso(this.#options.clock()),
      id: node.id,
      attempt,
      delayMs,
      error: this.#recordOf(error, node),
    });
  }

  failed(
    node: Node,
    kind: Kind,
    started: number,
    error: unknown,
    known: Pick<Finished, 'partitions' | 'attempts'> = {},
  ): Outcome {
    const status = statusOf(error, this.#options.cancel.aborted);
    if (status === 'failed') this.#failed = true;
    if (status === 'failed' && error instanceof LockedError) this.#locked++;
    const record = this.#recordOf(error, node);
    this.finished(node, kind, started, { status, ...known, error: record });
    return { status, error };
  }

  finished({ id }: Node, kind: Kind, started: number, result: Finished): Outcome {
    if (kind === 'leaf' || result.error) this.#counts[result.status]++;
    const now = this.#options.clock();
    this.#options.emit({
      type: 'invocation-finished',
      at: this.#iso(now),
      id,
      kind,
      durationMs: now - started,
      ...result,
    });
    return { status: result.status, ...(result.rows && { rows: result.rows }) };
  }

  #recordOf(error: unknown, node: Node): ErrorRecord {
    return errorRecord(error, chainOf(node), this.#options.command(node.invocation.text));
  }

  /** Many events fall into one millisecond, and a time as text costs more than the rest of an event. */
  #iso(ms: number): string {
    if (ms !== this.#textOf.ms) this.#textOf = { ms, text: new Date(ms).toISOString() };
    return this.#textOf.text;
  }
}

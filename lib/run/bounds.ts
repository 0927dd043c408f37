import { durationText } from '../dates/duration.ts';
import { messageOf, UserError } from '../errors.ts';
import type { Node } from './node.ts';
import type { RunOptions } from './options.ts';

/** How long a leaf has to end after its signal was aborted, before the run goes on without it. */
export const GIVE_UP_MS = 2000;

/** What an attempt at a leaf is bound by. */
export interface Attempt {
  /** Aborted when the attempt's time is over or the run is cancelled; the reason is an error to throw. */
  readonly signal: AbortSignal;
  /** Whether the run went on without it: whatever it still does must not count. */
  readonly abandoned: boolean;
  /** Says how the attempt can be ended by force; else one that ignores its signal is abandoned. */
  killWith(kill: () => void): void;
}

/** Ends attempts that take too long, and all of them when the run is cancelled. */
export class Bounds {
  readonly #sleep: RunOptions['sleep'];
  readonly #running = new Set<Running>();
  #abandoned = 0;

  constructor({ sleep }: Pick<RunOptions, 'sleep'>) {
    this.#sleep = sleep;
  }

  /** How many attempts may still be running although the run went on without them. */
  get abandoned(): number {
    return this.#abandoned;
  }

  /**
   * Runs an attempt. Throws what it throws; a {@link TimeoutError} once its time is over, whatever
   * it does then; and the signal's reason when it was abandoned.
   */
  run<Result>(
    node: Node,
    timeoutMs: number | undefined,
    work: (attempt: Attempt) => Promise<Result>,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const running = new Running(node, reject);
      this.#running.add(running);
      if (timeoutMs !== undefined) void this.#limit(running, timeoutMs);
      const ended = (): unknown => {
        this.#running.delete(running);
        return running.end();
      };
      work(running).then(
        (result) => {
          const late = ended();
          if (late === undefined) resolve(result);
          else reject(late);
        },
        (error: unknown) => reject(ended() ?? error),
      );
    });
  }

  /** Ends every attempt. */
  cancel(): void {
    for (const running of this.#running) {
      void this.#end(running, new UserError('cancelled before it was finished'), false);
    }
  }

  async #limit(running: Running, timeoutMs: number): Promise<void> {
    await this.#sleep(timeoutMs, running.over);
    if (running.over.aborted || running.isAborted) return;
    const reason = new TimeoutError(timeoutMs);
    for (const other of this.#running) {
      if (isBelow(other.node, running.node)) {
        void this.#end(other, new UserError(`its caller ${reason.message}`), true);
      }
    }
    await this.#end(running, reason, true);
  }

  /** `strict`: the result no longer counts, even if the attempt goes on to its end. */
  async #end(running: Running, reason: UserError, strict: boolean): Promise<void> {
    if (running.isAborted) return;
    running.abort(reason, strict);
    await this.#sleep(GIVE_UP_MS, running.over);
    if (running.over.aborted) return;
    if (running.kill) return running.kill();
    this.#abandoned++;
    this.#running.delete(running);
    running.abandon();
  }
}

/** An attempt took longer than it may. */
export class TimeoutError extends UserError {
  override readonly name = 'TimeoutError';

  constructor(timeoutMs: number) {
    super(
      `took longer than ${durationText(timeoutMs)}; if it needs more, give it more with --timeout=<duration>`,
      { retryable: true },
    );
  }
}

class Running implements Attempt {
  readonly node: Node;
  /** Made when somebody asks: most leaves never do, and it costs as much as all else here. */
  #controller: AbortController | undefined;
  #reason: UserError | undefined;
  readonly #reject: (error: unknown) => void;
  #over: AbortController | undefined;
  #late: UserError | undefined;
  kill: (() => void) | undefined;
  abandoned = false;

  constructor(node: Node, reject: (error: unknown) => void) {
    this.node = node;
    this.#reject = reject;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#reason && !this.#controller.signal.aborted) this.#controller.abort(this.#reason);
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  /** Aborted when the attempt has ended; made for those alone that somebody waits for. */
  get over(): AbortSignal {
    return (this.#over ??= new AbortController()).signal;
  }

  killWith(kill: () => void): void {
    this.kill = kill;
  }

  abort(reason: UserError, strict: boolean): void {
    if (strict) this.#late = reason;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  abandon(): void {
    this.abandoned = true;
    const reason = this.#reason;
    // Not retryable: a second attempt would run beside the first.
    this.#reject(
      new UserError(`${messageOf(reason)}; it went on although its signal was aborted`, {
        cause: reason,
      }),
    );
  }

  /** Returns the reason why the result does not count, if there is one. */
  end(): UserError | undefined {
    this.#over?.abort();
    return this.#late;
  }
}

/** Whether a leaf was invoked, by however many steps, from another one. */
function isBelow(node: Node, above: Node): boolean {
  return node.parent !== undefined && (node.parent === above || isBelow(node.parent, above));
}

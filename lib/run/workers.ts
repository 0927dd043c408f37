import { setImmediate } from 'node:timers';
import { UserError } from '../errors.ts';
import type { Invocation } from '../task/invocation.ts';
import type { Attempt } from './bounds.ts';
import type { LeafEffects, LeafResult } from './leaf-work.ts';
import { receivedError, sendableError, sendableOutcome } from './worker-messages.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** A process that does leaves, one at a time. */
export interface WorkerProcess {
  send(message: ToWorker): void;
  /** Ends it at once, and everything that it started. */
  kill(): void;
  /** Resolves when it and what it left behind are gone; never rejects. */
  readonly gone: Promise<void>;
}

/** What a worker process tells. */
export interface WorkerListener {
  message(message: FromWorker): void;
  /** A line that something in it has written to stdout or stderr. */
  output(line: string): void;
  ended(how: WorkerEnd): void;
}

/** Without exit code and signal it could not even begin. */
export interface WorkerEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

export type StartWorker = (listener: WorkerListener) => WorkerProcess;

/** What an isolated leaf needs of the run that it is part of. */
export interface IsolatedEffects extends Pick<
  LeafEffects,
  'invoke' | 'log' | 'progress' | 'declare'
> {
  readonly attempt: Attempt;
}

/**
 * Processes that leaves are done in, so that a crash, a memory limit or a busy loop costs one leaf.
 * One is started when a leaf comes and none is idle; it is used again while its leaves end well.
 */
export class Workers {
  readonly #start: StartWorker;
  readonly #leaves: number;
  readonly #all = new Set<Worker>();
  readonly #idle: Worker[] = [];
  /** Whether a process ended in the middle of a leaf, which may have left files behind. */
  hasLost = false;

  constructor(start: StartWorker, leaves: number) {
    this.#start = start;
    this.#leaves = leaves;
  }

  /** Tells every worker that the run takes no new leaves. */
  stop(): void {
    for (const worker of this.#all) worker.stop();
  }

  /** Does one leaf. Throws what the task throws, and a UserError when its process ends early. */
  async run(invocation: Invocation, effects: IsolatedEffects): Promise<LeafResult> {
    const worker = this.#living() ?? this.#add();
    try {
      return await worker.run(invocation, this.#leaves, effects);
    } finally {
      // One that was told to stop may still be busy with what it should have stopped.
      if (effects.attempt.signal.aborted) worker.kill();
      if (worker.isAlive) this.#idle.push(worker);
      else this.hasLost = true;
    }
  }

  /** Ends every worker. They hold nothing that has to be put in order: a leaf that has ended is done. */
  async close(): Promise<void> {
    for (const worker of this.#all) worker.kill();
    await Promise.all([...this.#all].map((worker) => worker.gone));
  }

  /** An idle one. Some may have died while they had nothing to do; a leaf would wait for them for ever. */
  #living(): Worker | undefined {
    for (;;) {
      const worker = this.#idle.pop();
      if (!worker || worker.isAlive) return worker;
    }
  }

  #add(): Worker {
    const worker = new Worker(this.#start);
    this.#all.add(worker);
    void worker.gone.then(() => this.#all.delete(worker));
    return worker;
  }
}

interface Job extends IsolatedEffects {
  resolve(result: LeafResult): void;
  reject(error: unknown): void;
}

class Worker {
  readonly #process: WorkerProcess;
  #job: Job | undefined;
  isAlive = true;

  constructor(start: StartWorker) {
    this.#process = start({
      message: (message) => this.#receive(message),
      output: (line) => this.#job?.log(line),
      ended: (how) => {
        this.isAlive = false;
        this.#job?.reject(endError(how));
      },
    });
  }

  get gone(): Promise<void> {
    return this.#process.gone;
  }

  async run(
    { task, argv }: Invocation,
    leaves: number,
    effects: IsolatedEffects,
  ): Promise<LeafResult> {
    const { signal } = effects.attempt;
    const abort = (): void =>
      this.#process.send({ type: 'abort', message: sendableError(signal.reason).message });
    effects.attempt.killWith(() => this.kill());
    signal.addEventListener('abort', abort);
    try {
      return await new Promise((resolve, reject) => {
        this.#job = { ...effects, resolve, reject };
        this.#process.send({ type: 'run', task: task.name, argv, leaves });
      });
    } finally {
      this.#job = undefined;
      signal.removeEventListener('abort', abort);
    }
  }

  stop(): void {
    this.#process.send({ type: 'stop' });
  }

  kill(): void {
    this.isAlive = false;
    this.#process.kill();
  }

  #receive(message: FromWorker): void {
    const job = this.#job;
    if (!job) return;
    switch (message.type) {
      case 'log':
        return job.log(message.message);
      case 'progress':
        return job.progress(message.done, message.total);
      case 'declare':
        return job.declare(message.partitions);
      case 'invoke':
        return void this.#invoke(message, job);
      // What it wrote before comes by another way, in this turn of the event loop at the latest.
      case 'done':
        return void setImmediate(() => job.resolve(message.result));
      case 'failed':
        return void setImmediate(() => job.reject(receivedError(message.error)));
      default:
        message satisfies never;
    }
  }

  async #invoke(
    { call, task, args }: Extract<FromWorker, { type: 'invoke' }>,
    { invoke }: Job,
  ): Promise<void> {
    try {
      const outcome = sendableOutcome(await invoke(task, args));
      this.#process.send({ type: 'invoked', call, outcome });
    } catch (error) {
      this.#process.send({ type: 'not-invoked', call, error: sendableError(error) });
    }
  }
}

/** Only what came from outside may pass by itself: a crash of its own comes again. */
function endError({ exitCode, signal }: WorkerEnd): UserError {
  if (signal === 'SIGKILL') {
    return new UserError(
      'its process was killed (SIGKILL), perhaps because the machine ran out of memory; run the same command again, with fewer at once (--jobs=1) if memory is short',
      { retryable: true },
    );
  }
  if (signal !== null) {
    return new UserError(
      `its process crashed (${signal}); its last words are in the log of the run: pipe runs:logs. ${crashAdvice(signal)}`,
    );
  }
  if (exitCode === null) {
    return new UserError('no process could be started for it; run fewer at once (--jobs=1)', {
      retryable: true,
    });
  }
  return new UserError(
    `its process ended (exit code ${exitCode}) before it was finished; a task must not exit: it returns when it is done and throws when it fails`,
  );
}

/** V8 ends a process that has used up its heap with SIGABRT. Faults of machine code are not JavaScript's. */
function crashAdvice(signal: string): string {
  if (signal === 'SIGABRT') return 'If it ran out of memory, give it more with --max-memory=<size>';
  const isFault = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE'].includes(signal);
  return isFault
    ? 'A native package that the task uses is the likeliest cause; try another version of it'
    : 'Run the same command again';
}

import type {
  InvocationFinished,
  InvocationStarted,
  RunEvent,
  RunFinished,
  RunStarted,
  Status,
} from './events.ts';

/** A run without its invocations, as the first and the last lines of its ledger tell it. */
export interface RunSummary extends Omit<RunStarted, 'type' | 'at'> {
  readonly startedAt: string;
  /** When the last event was written. */
  readonly endedAt: string;
  readonly durationMs: number;
  /** `unfinished`: was killed, or goes on still; its ledger has no end. */
  readonly exitCode: number | 'unfinished';
  /** Leaves by status. */
  readonly counts: Readonly<Record<Status, number>>;
}

/** A run with every invocation that began. */
export interface RunRecord extends RunSummary {
  /** As planned; absent where the run ended before. */
  readonly leaves?: number;
  /** In the order in which they began: a parent stands before its children. */
  readonly invocations: readonly InvocationRecord[];
}

export interface InvocationRecord
  extends
    Omit<InvocationStarted, 'type' | 'at'>,
    Pick<InvocationFinished, 'attempts' | 'rows' | 'outputs' | 'partitions' | 'reason' | 'error'> {
  readonly startedAt: string;
  /** `unfinished`: had begun when the ledger ends. */
  readonly status: Status | 'unfinished';
  readonly durationMs?: number;
}

/** Folds the events of one run, in the order of its ledger, into what a reader wants to know. */
export class RunFold {
  readonly #run: string;
  readonly #began = new Map<number, InvocationStarted>();
  readonly #ended = new Map<number, InvocationFinished>();
  readonly #counts: Record<Status, number> = {
    done: 0,
    skipped: 0,
    'no-data': 0,
    failed: 0,
    cancelled: 0,
  };
  #started: RunStarted | undefined;
  #leaves: number | undefined;
  #firstAt: string | undefined;
  #lastAt: string | undefined;
  #finished: RunFinished | undefined;

  constructor(run: string) {
    this.#run = run;
  }

  add(event: RunEvent): void {
    this.#firstAt ??= event.at;
    this.#lastAt = event.at;
    switch (event.type) {
      case 'run-started':
        this.#started = event;
        return;
      case 'run-planned':
        this.#leaves = event.leaves;
        return;
      case 'invocation-started':
        this.#began.set(event.id, event);
        return;
      case 'invocation-finished':
        this.#ended.set(event.id, event);
        if (event.kind === 'leaf' || event.error) this.#counts[event.status]++;
        return;
      case 'run-finished':
        this.#finished = event;
        return;
      case 'invocation-retried':
      case 'leaf-progressed':
      case 'log':
        return;
      default:
        event satisfies never;
    }
  }

  summary(): RunSummary {
    const { type: _, at, ...started } = this.#started ?? unknownRun(this.#run, this.#firstAt);
    const endedAt = this.#lastAt ?? at;
    const end: Pick<RunSummary, 'durationMs' | 'exitCode' | 'counts'> = this.#finished ?? {
      durationMs: Date.parse(endedAt) - Date.parse(at),
      exitCode: 'unfinished',
      counts: { ...this.#counts },
    };
    const { durationMs, exitCode, counts } = end;
    // The folder is what a run is found by, whatever its first line says.
    return { ...started, run: this.#run, startedAt: at, endedAt, durationMs, exitCode, counts };
  }

  record(): RunRecord {
    const leaves = this.#leaves;
    const invocations = [...this.#began.values()].map((began) =>
      invocationOf(began, this.#ended.get(began.id)),
    );
    return { ...this.summary(), ...(leaves !== undefined && { leaves }), invocations };
  }

  isFinished(): boolean {
    return this.#finished !== undefined;
  }
}

function invocationOf(
  started: InvocationStarted,
  finished: InvocationFinished | undefined,
): InvocationRecord {
  const { type: _, at: startedAt, ...began } = started;
  if (!finished) return { ...began, startedAt, status: 'unfinished' };
  const { type: __, at: ___, ...ended } = finished;
  return { ...ended, ...began, startedAt };
}

/** A run of which the first line was lost: its id still says when it began. */
function unknownRun(run: string, firstAt = '1970-01-01T00:00:00.000Z'): RunStarted {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(run) ?? [];
  const at =
    second === undefined ? firstAt : `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const texts = { version: '', host: '', user: '', command: '', store: '', timezone: 'UTC' };
  return { type: 'run-started', at, run, ...texts, pid: 0, now: at };
}

import type {
  InvocationFinished,
  InvocationStarted,
  LeafProgressed,
  RunEvent,
} from '../ledger/events.ts';
import { Pace } from './pace.ts';

/** How far the leaves of a plan are. */
export interface Share {
  /** Of the plan; undefined where nobody has counted them. */
  readonly leaves: number | undefined;
  /** Those that need no waiting for, whatever became of them. */
  readonly ended: number;
  readonly failed: number;
  readonly skipped: number;
  readonly withoutData: number;
}

export interface MetaTask extends Share {
  readonly task: string;
  readonly argv: readonly string[];
  /** 1 where the root has called for it. */
  readonly depth: number;
  /** Absent while it is under way. */
  readonly durationMs?: number;
}

export interface RunningLeaf {
  readonly task: string;
  readonly argv: readonly string[];
  /** ISO text. */
  readonly at: string;
  /** From 1. */
  readonly attempt: number;
  /** What it said last of how far it is. */
  readonly progress?: Pick<LeafProgressed, 'done' | 'total'>;
}

/** How many meta-tasks that have ended are remembered, the last ones. */
const maxClosed = 4;

/**
 * How far a run is, from its events alone. Keeps what is under way, and nothing of a leaf that has
 * ended: its memory grows with the meta-tasks and the leaves that run at once.
 */
export class Progress {
  /** The whole plan; what a running leaf calls for besides is in `called`. */
  readonly total: Mutable<Share> = share(undefined);
  readonly #metas = new Map<number, Meta>();
  readonly #leaves = new Map<number, Leaf>();
  readonly #closed: MetaTask[] = [];
  #closedCount = 0;
  #called = 0;
  #pace: Pace | undefined;

  add(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
      case 'run-finished':
      case 'log':
        return;
      case 'run-planned':
        this.total.leaves = event.leaves;
        this.#pace = new Pace(Date.parse(event.at));
        return;
      case 'invocation-started':
        return this.#started(event);
      case 'invocation-retried': {
        const leaf = this.#leaves.get(event.id);
        if (!leaf) return;
        leaf.attempt = event.attempt + 1;
        delete leaf.progress;
        return;
      }
      case 'leaf-progressed': {
        const leaf = this.#leaves.get(event.id);
        if (leaf) leaf.progress = event;
        return;
      }
      case 'invocation-finished':
        return event.kind === 'leaf' ? this.#leafFinished(event) : this.#metaFinished(event);
      default:
        event satisfies never;
    }
  }

  /** Meta-tasks below the root: the last ones that have ended, then those under way, as they began. */
  metas(): readonly MetaTask[] {
    const underWay = [...this.#metas.values()].filter(({ depth }) => depth > 0);
    return [...this.#closed, ...underWay];
  }

  /** How many have ended besides those of {@link metas}. */
  get metasEnded(): number {
    return this.#closedCount - this.#closed.length;
  }

  /** At most `count`, the one that runs longest first. */
  running(count: number): readonly RunningLeaf[] {
    const first: RunningLeaf[] = [];
    for (const leaf of this.#leaves.values()) {
      if (first.length >= count) break;
      first.push(leaf);
    }
    return first;
  }

  get runningCount(): number {
    return this.#leaves.size;
  }

  /** Leaves that have ended and that no plan had, but another leaf while it ran. */
  get called(): number {
    return this.#called;
  }

  /** Leaves a second, of late; `at` in milliseconds since the epoch. Undefined while too little is known. */
  rate(at: number): number | undefined {
    return this.#pace?.rate(at, this.total.ended);
  }

  #started({ id, parent, kind, task, argv, at, leaves }: InvocationStarted): void {
    const above = parent === undefined ? undefined : this.#metas.get(parent);
    // Whose parent is no meta-task under way was called for by a leaf.
    const isCalled = parent !== undefined && (above === undefined || above.isCalled);
    if (kind === 'leaf') {
      this.#leaves.set(id, { task, argv, at, attempt: 1, parent: above, isCalled });
      return;
    }
    const depth = above ? above.depth + 1 : 0;
    this.#metas.set(id, { ...share(leaves), task, argv, depth, parent: above, isCalled });
  }

  #leafFinished({ id, status, reason }: InvocationFinished): void {
    const leaf = this.#leaves.get(id);
    this.#leaves.delete(id);
    if (leaf?.isCalled) this.#called++;
    else {
      for (const each of this.#above(leaf?.parent)) {
        each.ended++;
        if (status === 'failed') each.failed++;
        if (status === 'skipped' && reason === undefined) each.skipped++;
        if (status === 'no-data') each.withoutData++;
      }
    }
  }

  #metaFinished({ id, status, error, durationMs }: InvocationFinished): void {
    const meta = this.#metas.get(id);
    if (!meta) return;
    this.#metas.delete(id);
    // What is left was made under another meta-task that had called for it before.
    const rest = (meta.leaves ?? 0) - meta.ended;
    if (rest > 0 && status !== 'cancelled' && !error) {
      for (const each of this.#above(meta)) each.ended += rest;
    }
    if (meta.depth !== 1 || meta.isCalled) return;
    this.#closedCount++;
    this.#closed.push({ ...meta, leaves: meta.leaves ?? meta.ended, durationMs });
    if (this.#closed.length > maxClosed) this.#closed.shift();
  }

  /** The shares that an invocation is part of. */
  *#above(meta: Meta | undefined): Generator<Mutable<Share>> {
    if (meta?.isCalled) return;
    for (let each = meta; each; each = each.parent) yield each;
    yield this.total;
  }
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

interface Meta extends Mutable<MetaTask> {
  readonly parent: Meta | undefined;
  /** Whether a leaf above has called for it while it ran. */
  readonly isCalled: boolean;
}

interface Leaf extends Mutable<RunningLeaf> {
  readonly parent: Meta | undefined;
  readonly isCalled: boolean;
}

function share(leaves: number | undefined): Mutable<Share> {
  return { leaves, ended: 0, failed: 0, skipped: 0, withoutData: 0 };
}

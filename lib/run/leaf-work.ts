import { prefixOf } from '../dataset/layout.ts';
import type { Fingerprint, Manifest } from '../dataset/manifest.ts';
import type { BulkLookup } from '../dataset/lookup.ts';
import { publish } from '../dataset/publish.ts';
import type { Draft } from '../dataset/publish.ts';
import type { Engine, EngineOptions } from '../engine/engine.ts';
import { UserError } from '../errors.ts';
import type { PartitionRecord, RowCounts, Status } from '../ledger/events.ts';
import { withoutPatterns } from '../ledger/mask.ts';
import type { Staging, Store } from '../store/store.ts';
import type { Authoring } from '../task/author.ts';
import type { Invocation } from '../task/invocation.ts';
import { checkResult } from '../task/returned.ts';
import type { CallArgs, Outcome, RunContext } from '../task/task.ts';
import { fingerprintOf } from './assess.ts';
import type { Assessed } from './assess.ts';
import { authoring } from './author.ts';
import type { Attempt } from './bounds.ts';
import type { Engines } from './engines.ts';
import { GuardedStore } from './guarded-store.ts';
import type { Leases } from './leases.ts';
import type { RunOptions } from './options.ts';
import type { Confirm } from './overlap.ts';
import { declaredRecord, publishedRecord } from './partition-record.ts';

/** What a leaf needs besides the options of the run. */
export interface LeafEffects {
  readonly attempt: Pick<Attempt, 'signal' | 'abandoned'>;
  readonly engines: Engines;
  /** Without them nobody else may be making the same. */
  readonly leases?: Leases | undefined;
  /** For the first look at whether a leaf is up to date; without it each looks at the store. */
  readonly lookup?: BulkLookup | undefined;
  readonly invoke: (task: string, args: CallArgs) => Promise<Outcome>;
  readonly log: (message: string) => void;
  readonly progress: (done: number, total?: number) => void;
  /** Called before the work with the partitions this leaf stands for, if it declares any. */
  readonly declare: (partitions: readonly PartitionRecord[]) => void;
}

/** What came of a leaf that did not throw. */
export interface LeafResult {
  readonly status: Extract<Status, 'done' | 'skipped' | 'cancelled'>;
  readonly rows?: RowCounts;
  /** Prefixes of the partitions that were published. */
  readonly outputs: readonly string[];
  /** Those partitions, and declared ones that were not. */
  readonly partitions?: readonly PartitionRecord[];
  /** What the task hands over, see `RunResult`. */
  readonly output?: string | Uint8Array;
  /** Why it was skipped although it may not be up to date. */
  readonly reason?: string;
}

/** What a running leaf has opened and published. */
export class Leaf {
  readonly #invocation: Invocation;
  readonly #options: RunOptions;
  readonly #effects: LeafEffects;
  /** By prefix, in their order. */
  readonly #outputs: ReadonlyMap<string, Assessed>;
  readonly #store: Store;
  readonly #confirm: Confirm | undefined;
  readonly #published: Manifest[] = [];
  #fingerprint: Promise<Fingerprint> | undefined;
  #engine: Promise<Engine> | undefined;
  readonly #ownEngines: Promise<Engine>[] = [];
  #staging: Promise<Staging> | undefined;

  constructor(
    invocation: Invocation,
    options: RunOptions,
    effects: LeafEffects,
    outputs: readonly Assessed[] = [],
    confirm?: Confirm,
  ) {
    this.#invocation = invocation;
    this.#options = options;
    this.#effects = effects;
    this.#outputs = new Map(outputs.map((output) => [prefixOf(output.partition), output]));
    this.#store = new GuardedStore(options.store, effects.attempt, (key) =>
      effects.lookup?.changed(key),
    );
    this.#confirm = confirm;
  }

  async run(): Promise<LeafResult> {
    const { task, args } = this.#invocation;
    const result = await task.run?.(args, this.context());
    checkResult(result, task.name);
    this.checkPublished();
    const rows = result?.rows ?? this.rows();
    const output = result?.output;
    const partitions = this.partitions();
    return {
      status: 'done',
      ...(rows && { rows }),
      ...(output !== undefined && { output }),
      outputs: this.prefixes(),
      ...(partitions.length > 0 && { partitions }),
    };
  }

  context(): RunContext {
    const { now, timezone, cwd, registry, openStore, openModule, force, run } = this.#options;
    const { attempt } = this.#effects;
    const outputs = [...this.#outputs.values()];
    const context: Omit<RunContext, keyof Authoring> = {
      run,
      now,
      timezone,
      cwd,
      store: this.#store,
      registry,
      openStore: async (uri) => (await openStore(uri)).until(attempt.signal),
      ...(openModule && { openModule }),
      get signal() {
        return attempt.signal;
      },
      outputs: force
        ? outputs.map((output) => ({ ...output, state: 'stale', because: ['--force'] }))
        : outputs,
      engine: (own) => (own ? this.#openEngine(own) : (this.#engine ??= this.#borrowEngine())),
      staging: () => (this.#staging ??= this.#store.openStaging(run)),
      publish: (draft) => this.#publish(draft),
      invoke: this.#effects.invoke,
      log: this.#effects.log,
      clock: () => this.#options.clock(),
    };
    return Object.assign(context, authoring(context, this.#options, this.#effects.progress));
  }

  async #borrowEngine(): Promise<Engine> {
    const { engines, attempt } = this.#effects;
    const engine = await engines.borrow();
    if (attempt.signal.aborted) {
      engines.giveBack(engine);
      throw attempt.signal.reason;
    }
    attempt.signal.addEventListener('abort', () => engine.interrupt());
    return engine;
  }

  #openEngine(own: EngineOptions): Promise<Engine> {
    const { signal } = this.#effects.attempt;
    const opened = this.#options.openEngine(1, own).then((engine) => {
      signal.addEventListener('abort', () => engine.interrupt());
      return engine;
    });
    this.#ownEngines.push(opened);
    return opened;
  }

  async #publish(draft: Draft): Promise<Manifest> {
    this.#effects.attempt.signal.throwIfAborted();
    const prefix = prefixOf(draft.partition);
    const output = this.#outputs.get(prefix);
    const fingerprint = await (this.#fingerprint ??= fingerprintOf(
      this.#invocation,
      this.#options,
    ));
    if (output?.checks) {
      const { holdChecks } = await import('../operations/relation/hold.ts');
      await holdChecks(
        await (this.#engine ??= this.#borrowEngine()),
        draft.partition,
        draft.files,
        output.checks,
      );
    }
    const confirm = output && this.#confirm;
    const argv = output?.argv ?? draft.argv ?? fingerprint.argv;
    const manifest = await publish(this.#store, draft, {
      ...(confirm && { confirm: (published) => confirm(draft.partition, published) }),
      run: this.#options.run,
      command: this.#options.command(this.#invocation.text),
      fingerprint: { ...fingerprint, argv: argv.map(withoutPatterns) },
      inputs: draft.inputs ?? output?.found ?? [],
      at: new Date(this.#options.clock()).toISOString(),
    });
    this.#published.push(manifest);
    return manifest;
  }

  /** A declared output that is neither up to date nor published now would be silently missing. */
  checkPublished(): void {
    const published = new Set(this.prefixes());
    const forgotten = [...this.#outputs].find(
      ([prefix, { state, optional }]) =>
        !optional && (state === 'missing' || state === 'stale') && !published.has(prefix),
    );
    if (!forgotten) return;
    throw new UserError(
      `task '${this.#invocation.task.name}' declares the output '${forgotten[0]}' but did not publish it; publish it with context.publish`,
    );
  }

  prefixes(): string[] {
    return this.#published.map(({ dataset, partition }) => prefixOf({ dataset, keys: partition }));
  }

  /** Declared partitions in their order, then those that only the task knew of. */
  partitions(): PartitionRecord[] {
    const records = new Map(
      [...this.#outputs].map(([prefix, output]) => [prefix, declaredRecord(output)]),
    );
    for (const manifest of this.#published) {
      const record = publishedRecord(manifest);
      records.set(record.name, { ...records.get(record.name), ...record });
    }
    return [...records.values()];
  }

  /** The rows of all published partitions together. */
  rows(): RowCounts | undefined {
    if (this.#published.length === 0) return undefined;
    return this.#published.map(({ rows }) => rows).reduce(addRows);
  }

  async close(): Promise<void> {
    // Who asked for one that could not be had has been told.
    const engine = await this.#engine?.catch(() => undefined);
    if (engine) this.#effects.engines.giveBack(engine);
    await Promise.allSettled(this.#ownEngines.map(async (own) => (await own).close()));
    if (this.#staging) await (await this.#staging).close();
  }
}

function addRows(a: RowCounts, b: RowCounts): RowCounts {
  const aggregated = (a.aggregated ?? 0) + (b.aggregated ?? 0);
  return {
    in: a.in + b.in,
    out: a.out + b.out,
    rejected: a.rejected + b.rejected,
    filtered: a.filtered + b.filtered,
    ...(aggregated > 0 && { aggregated }),
  };
}

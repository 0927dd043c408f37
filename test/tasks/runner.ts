import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openModule } from '../../lib/cli/registry.ts';
import { prefixOf } from '../../lib/dataset/layout.ts';
import type { Partition } from '../../lib/dataset/layout.ts';
import { publish } from '../../lib/dataset/publish.ts';
import { engineId, openDuckDB } from '../../lib/engine/duckdb.ts';
import type { Engine, Row } from '../../lib/engine/engine.ts';
import { sql } from '../../lib/engine/sql.ts';
import { parquet } from '../../lib/engine/parquet.ts';
import type { Sql } from '../../lib/engine/sql.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { checkPlan } from '../../lib/run/check.ts';
import { runInvocation } from '../../lib/run/run.ts';
import type { RunReport } from '../../lib/run/run.ts';
import { openStore } from '../../lib/store/open.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Task } from '../../lib/task/define.ts';
import { resolveCall } from '../../lib/task/invocation.ts';
import type { Summary } from '../../lib/task/task.ts';
import { runOptions } from '../rig/run.ts';
import { startS3Server } from '../rig/s3-server/server.ts';
import { openS3Rig, patientLimits } from '../store/s3-rig.ts';
import { testEffects } from '../store/system.ts';

export interface RunnerOptions {
  readonly timezone?: string;
  readonly now?: string;
  readonly force?: boolean;
  /** Stands between a task and the stores that it opens besides its own. */
  readonly wrap?: (store: Store) => Store;
}

export interface Ran extends RunReport {
  readonly events: readonly RunEvent[];
  /** The leaves that ran or were skipped, as `task -- argv`, with their status. */
  readonly leaves: readonly string[];
  readonly summary: Summary | undefined;
}

/** What a runner's store is: a folder, or a bucket of an S3 server in this process. */
export type Place = 'local' | 's3';

/** Runs tasks in process against a store that goes away with it. */
export class Runner {
  readonly folder: string;
  readonly store: Store;
  readonly engine: Engine;
  readonly #tasks: readonly Task[];
  readonly #open: (uri: string) => Promise<Store>;
  readonly #closeStore: () => Promise<void>;

  static async open(tasks: readonly Task[], place: Place = 'local'): Promise<Runner> {
    const folder = await mkdtemp(path.join(tmpdir(), 'pipe-'));
    const open = (uri: string): Promise<Store> =>
      openStore(uri, { cwd: folder, effects: testEffects() });
    const opened =
      place === 's3'
        ? await openS3()
        : { store: await open('store'), close: () => Promise.resolve() };
    return new Runner(folder, tasks, open, opened, await openDuckDB({ threads: 2 }));
  }

  private constructor(
    folder: string,
    tasks: readonly Task[],
    open: (uri: string) => Promise<Store>,
    { store, close }: Opened,
    engine: Engine,
  ) {
    this.folder = folder;
    this.#tasks = tasks;
    this.#open = open;
    this.store = store;
    this.#closeStore = close;
    this.engine = engine;
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.#closeStore();
    await rm(this.folder, { recursive: true });
  }

  async run(command: string | readonly string[], options: RunnerOptions = {}): Promise<Ran> {
    const { timezone = 'UTC', now = '2026-11-19T12:00:00Z', force = false } = options;
    const { wrap = (store) => store } = options;
    const [task = '', ...args] = typeof command === 'string' ? command.split(' ') : command;
    const events: RunEvent[] = [];
    const effects = await runOptions(this.#tasks, {
      now: Date.parse(now),
      timezone,
      force,
      cwd: this.folder,
      store: this.store,
      openStore: async (uri) => wrap(await this.#open(uri)),
      openModule: (file) => openModule(file, this.folder),
      engineId: engineId(),
      openEngine: () => openDuckDB({ threads: 1 }),
      emit: (event) => events.push(event),
    });
    const root = resolveCall(effects.registry, { task, args }, effects);
    const leaves = await checkPlan(root, effects.registry, effects);
    const report = await runInvocation(root, leaves, effects);
    const staging = await this.store.openStaging('summary');
    const summary = await root.task
      .summarize?.(root.args, {
        ...effects,
        engine: () => Promise.resolve(this.engine),
        staging: () => Promise.resolve(staging),
      })
      // As on the command line: what has failed may have nothing to show.
      .catch((error: unknown) => {
        if (report.exitCode === 0) throw error;
        return undefined;
      });
    await staging.close();
    return { ...report, events, leaves: leavesOf(events), summary };
  }

  /** What a dry run of the command would tell of its cost. */
  async estimate(command: string): Promise<Summary | undefined> {
    const [task = '', ...args] = command.split(' ');
    const { folder: cwd, store } = this;
    const effects = await runOptions(this.#tasks, { cwd, store, openStore: this.#open });
    const root = resolveCall(effects.registry, { task, args }, effects);
    return root.task.estimate?.(root.args, effects);
  }

  /** Publishes a partition with the result of a query as its only file. */
  async publish(partition: Partition, query: Sql): Promise<void> {
    const staging = await this.store.openStaging('test');
    const file = staging.path('data.parquet');
    const { rows, schema } = await this.engine.write(query, file);
    await publish(
      this.store,
      {
        partition,
        files: [{ name: 'data.parquet', path: file, rows }],
        rows: { in: rows, out: rows, rejected: 0, filtered: 0 },
        schema,
      },
      {
        run: 'test',
        command: 'test',
        fingerprint: { task: 'test', argv: [], settings: {}, code: '', engine: '' },
        inputs: [],
        at: '2026-11-19T00:00:00Z',
      },
    );
    await staging.close();
  }

  /** The rows of a partition's data file. */
  async read(partition: Partition): Promise<readonly Row[]> {
    const staging = await this.store.openStaging('test');
    try {
      const file = await this.store.download(`${prefixOf(partition)}data.parquet`, staging);
      return await this.engine.rows(sql`select * from ${parquet([file])}`);
    } finally {
      await staging.close();
    }
  }
}

interface Opened {
  readonly store: Store;
  readonly close: () => Promise<void>;
}

async function openS3(): Promise<Opened> {
  const server = await startS3Server();
  const rig = await openS3Rig(server, { limits: patientLimits });
  return {
    store: rig.store,
    async close() {
      await rig.remove();
      await server.close();
    },
  };
}

function leavesOf(events: readonly RunEvent[]): string[] {
  const names = new Map<number, string>();
  const leaves: string[] = [];
  for (const event of events) {
    if (event.type === 'invocation-started') {
      names.set(event.id, [event.task, '--', ...event.argv].join(' '));
    }
    if (event.type === 'invocation-finished' && event.kind === 'leaf') {
      leaves.push(`${event.status}: ${names.get(event.id)}`);
    }
  }
  return leaves;
}

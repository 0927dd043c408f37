import { createHash } from 'node:crypto';
import { parseDay } from '../dates/day.ts';
import { boundsOf } from '../dates/zone.ts';
import type {
  InvocationFinished,
  InvocationStarted,
  PartitionRecord,
  RunEvent,
  RunStarted,
  Status,
} from './events.ts';
import { inputsOf, outputsOf } from './openlineage-datasets.ts';
import type { Columns, LineageDataset } from './openlineage-datasets.ts';

/** An event as OpenLineage 2-0-2 has it: https://openlineage.io/spec/2-0-2/OpenLineage.json */
export interface LineageEvent {
  readonly eventType: 'START' | 'COMPLETE' | 'FAIL' | 'ABORT';
  readonly eventTime: string;
  readonly run: { readonly runId: string; readonly facets: Facets };
  readonly job: { readonly namespace: string; readonly name: string; readonly facets: Facets };
  readonly inputs: readonly LineageDataset[];
  readonly outputs: readonly LineageDataset[];
  readonly producer: string;
  readonly schemaURL: string;
}

/** By name; each says who made it and what it looks like. */
export type Facets = Readonly<Record<string, Facet>>;

export interface Facet {
  readonly _producer: string;
  readonly _schemaURL: string;
  readonly [field: string]: unknown;
}

/**
 * Maps the events of one run, in their order, to those of OpenLineage: a run of a job for every
 * invocation, its parent the one that called for it. Holds only invocations that are under way.
 */
export class OpenLineage {
  readonly #namespace: string;
  readonly #open = new Map<number, InvocationStarted>();
  readonly #columns = new Map<string, Columns>();
  #run: RunStarted | undefined;
  #root: InvocationStarted | undefined;

  /** Jobs belong to the namespace, which tells installations apart. */
  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  map(event: RunEvent): readonly LineageEvent[] {
    switch (event.type) {
      case 'run-started':
        this.#run = event;
        return [];
      case 'invocation-started':
        this.#open.set(event.id, event);
        this.#root ??= event;
        return this.#event('START', event.at, event);
      case 'invocation-finished':
        return this.#finish(event);
      case 'run-finished':
        // What was cancelled while it ran says nothing of its end.
        return [...this.#open.values()].flatMap((started) => {
          this.#open.delete(started.id);
          return this.#event('ABORT', event.at, started);
        });
      case 'run-planned':
      case 'invocation-retried':
      case 'leaf-progressed':
      case 'log':
        return [];
      default:
        return event satisfies never;
    }
  }

  #finish(event: InvocationFinished): readonly LineageEvent[] {
    const started = this.#open.get(event.id);
    if (!started) return [];
    const mapped = this.#event(types[event.status], event.at, started, event);
    this.#open.delete(event.id);
    return mapped;
  }

  #event(
    eventType: LineageEvent['eventType'],
    eventTime: string,
    started: InvocationStarted,
    finished?: InvocationFinished,
  ): readonly LineageEvent[] {
    const run = this.#run;
    if (!run) return [];
    const producer = `urn:pipe:${run.version}`;
    const make: MakeFacet = (name, fields) => facet(producer, name, fields);
    const partitions = finished?.partitions ?? [];
    const context = { store: run.store, columns: this.#columns, facet: make };
    return [
      {
        eventType,
        eventTime,
        run: {
          runId: uuidOf(run.run, started.id),
          facets: {
            processing_engine: make('ProcessingEngine', { name: 'pipe', version: run.version }),
            pipe_invocation: make('pipe_invocation', this.#invocation(run, started)),
            ...this.#parentOf(run, started, make),
            ...windowOf(started, run.timezone, make),
            ...errorOf(finished, make),
          },
        },
        job: {
          namespace: this.#namespace,
          name: started.task,
          facets: {
            jobType: make('JobType', {
              processingType: 'BATCH',
              integration: 'PIPE',
              jobType: started.kind === 'meta' ? 'META' : 'TASK',
            }),
          },
        },
        inputs: inputsOf(partitions, finished?.rows, context),
        outputs: outputsOf(withoutFailed(partitions, finished), context),
        producer,
        schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      },
    ];
  }

  #invocation(run: RunStarted, { id, task, argv }: InvocationStarted): Record<string, unknown> {
    return { run: run.run, id, task, argv, host: run.host, user: run.user, command: run.command };
  }

  #parentOf(run: RunStarted, { parent }: InvocationStarted, make: MakeFacet): Facets {
    const above = parent === undefined ? undefined : this.#open.get(parent);
    if (!above || !this.#root) return {};
    const link = ({ id, task }: InvocationStarted) => ({
      run: { runId: uuidOf(run.run, id) },
      job: { namespace: this.#namespace, name: task },
    });
    return { parent: make('Parent', { ...link(above), root: link(this.#root) }) };
  }
}

/** Makes a facet of a name that {@link versions} knows, or one of our own. */
export type MakeFacet = (name: string, fields: Readonly<Record<string, unknown>>) => Facet;

const types: Readonly<Record<Status, LineageEvent['eventType']>> = {
  done: 'COMPLETE',
  skipped: 'COMPLETE',
  'no-data': 'FAIL',
  failed: 'FAIL',
  cancelled: 'ABORT',
};

/** Facets of OpenLineage itself that are made here, with the version of each, by the name of their file without its kind. */
const versions: Readonly<Record<string, readonly [file: string, version: string]>> = {
  ProcessingEngine: ['ProcessingEngineRunFacet', '1-1-1'],
  Parent: ['ParentRunFacet', '1-1-0'],
  NominalTime: ['NominalTimeRunFacet', '1-0-1'],
  ErrorMessage: ['ErrorMessageRunFacet', '1-0-1'],
  JobType: ['JobTypeJobFacet', '2-0-3'],
  Schema: ['SchemaDatasetFacet', '1-1-1'],
  OutputStatistics: ['OutputStatisticsOutputDatasetFacet', '1-0-2'],
  InputStatistics: ['InputStatisticsInputDatasetFacet', '1-0-0'],
};

function facet(producer: string, name: string, fields: Readonly<Record<string, unknown>>): Facet {
  const [file, version] = versions[name] ?? [];
  const schema =
    file === undefined
      ? `urn:pipe:openlineage:${name}:1`
      : `https://openlineage.io/spec/facets/${version}/${file}.json#/$defs/${file}`;
  return { _producer: producer, _schemaURL: schema, ...fields };
}

/** The window of an invocation as the half-open instants between which its days lie. */
function windowOf({ argv }: InvocationStarted, zone: string, make: MakeFacet): Facets {
  const valueOf = (option: string): string | undefined =>
    argv.find((word) => word.startsWith(option))?.slice(option.length);
  const [first, last] = [valueOf('--start-date='), valueOf('--end-date=')];
  if (first === undefined || last === undefined) return {};
  try {
    const { start } = boundsOf(parseDay(first, '--start-date'), zone);
    const { end } = boundsOf(parseDay(last, '--end-date'), zone);
    const [nominalStartTime, nominalEndTime] = [start, end].map((at) => new Date(at).toISOString());
    return { nominalTime: make('NominalTime', { nominalStartTime, nominalEndTime }) };
  } catch {
    // A task may call something else a date.
    return {};
  }
}

function errorOf(finished: InvocationFinished | undefined, make: MakeFacet): Facets {
  if (!finished?.error) return {};
  const { message, stack } = finished.error;
  const stackTrace = stack === undefined ? {} : { stackTrace: stack };
  return {
    errorMessage: make('ErrorMessage', {
      message,
      programmingLanguage: 'TypeScript',
      ...stackTrace,
    }),
  };
}

/** What failed has made only what it published before. */
function withoutFailed(
  partitions: readonly PartitionRecord[],
  finished: InvocationFinished | undefined,
): readonly PartitionRecord[] {
  const isGood = finished?.status === 'done' || finished?.status === 'skipped';
  return isGood ? partitions : partitions.filter(({ published }) => published);
}

/** The same for the same invocation of the same run, always: 122 bits of SHA-256 (RFC 9562, version 8). */
function uuidOf(run: string, id: number): string {
  const hex = createHash('sha256').update(`${run}/${id}`).digest('hex');
  const variant = '89ab'[parseInt(hex[16] ?? '0', 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

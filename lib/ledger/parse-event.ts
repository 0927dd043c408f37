import type {
  ErrorRecord,
  InvocationFinished,
  InvocationRetried,
  InvocationStarted,
  LeafProgressed,
  LogLine,
  PartitionRecord,
  PublishedRecord,
  RowCounts,
  RunEvent,
  RunFinished,
  RunPlanned,
  RunStarted,
  Status,
} from './events.ts';

/**
 * The event that a line of a ledger holds. Undefined for what is none: a line that was cut off by a
 * crash, a type that another version of Pipe writes, a field of another kind than it should be.
 */
export function parseEvent(line: string): RunEvent | undefined {
  const value = parseJson(line);
  return isEvent(value) ? value : undefined;
}

const statuses: readonly Status[] = ['done', 'skipped', 'no-data', 'failed', 'cancelled'];

type Guard<T> = (value: unknown) => value is T;

/** A check for every field; a field that is added to an event must be added here, too. */
type Shape<T> = { readonly [Name in keyof T]-?: Guard<T[Name]> };

const rowCounts = object<RowCounts>({
  in: isNumber,
  out: isNumber,
  rejected: isNumber,
  filtered: isNumber,
  aggregated: optional(isNumber),
});

const errorRecord = object<ErrorRecord>({
  message: isText,
  chain: list(isText),
  command: isText,
  exitCode: isNumber,
  unexpected: optional(isFlag),
  stack: optional(isText),
  source: optional(isText),
});

const publishedRecord = object<PublishedRecord>({
  files: isNumber,
  bytes: isNumber,
  rows: isNumber,
  rejected: isNumber,
  columns: list(object<PublishedRecord['columns'][number]>({ name: isText, type: isText })),
});

const partitionRecord = object<PartitionRecord>({
  name: isText,
  found: optional(
    oneOf<Exclude<PartitionRecord['found'], undefined>>(['done', 'missing', 'stale', 'no-data']),
  ),
  inputs: list(isText),
  published: optional(publishedRecord),
});

const runOwner = object<Exclude<RunStarted['owner'], undefined>>({ host: isText, start: isText });

const isStatus = oneOf<Status>(statuses);
const isKind = oneOf<'meta' | 'leaf'>(['meta', 'leaf']);

const shapes: { readonly [Type in RunEvent['type']]: Guard<Extract<RunEvent, { type: Type }>> } = {
  'run-started': object<RunStarted>({
    type: oneOf(['run-started']),
    at: isInstant,
    run: isText,
    version: isText,
    host: isText,
    user: isText,
    pid: isNumber,
    owner: optional(runOwner),
    command: isText,
    store: isText,
    timezone: isText,
    now: isInstant,
    force: optional(isFlag),
    renewBefore: optional(isText),
  }),
  'run-planned': object<RunPlanned>({
    type: oneOf(['run-planned']),
    at: isInstant,
    leaves: isNumber,
  }),
  'invocation-started': object<InvocationStarted>({
    type: oneOf(['invocation-started']),
    at: isInstant,
    id: isNumber,
    parent: optional(isNumber),
    kind: isKind,
    task: isText,
    argv: list(isText),
    leaves: optional(isNumber),
  }),
  'invocation-retried': object<InvocationRetried>({
    type: oneOf(['invocation-retried']),
    at: isInstant,
    id: isNumber,
    attempt: isNumber,
    delayMs: isNumber,
    error: errorRecord,
  }),
  'invocation-finished': object<InvocationFinished>({
    type: oneOf(['invocation-finished']),
    at: isInstant,
    id: isNumber,
    kind: isKind,
    status: isStatus,
    durationMs: isNumber,
    attempts: optional(isNumber),
    rows: optional(rowCounts),
    outputs: optional(list(isText)),
    partitions: optional(list(partitionRecord)),
    error: optional(errorRecord),
    reason: optional(isText),
  }),
  log: object<LogLine>({ type: oneOf(['log']), at: isInstant, id: isNumber, message: isText }),
  'leaf-progressed': object<LeafProgressed>({
    type: oneOf(['leaf-progressed']),
    at: isInstant,
    id: isNumber,
    done: isNumber,
    total: optional(isNumber),
  }),
  'run-finished': object<RunFinished>({
    type: oneOf(['run-finished']),
    at: isInstant,
    durationMs: isNumber,
    exitCode: isNumber,
    counts: object<Readonly<Record<Status, number>>>({
      done: isNumber,
      skipped: isNumber,
      'no-data': isNumber,
      failed: isNumber,
      cancelled: isNumber,
    }),
  }),
};

const guards = new Map<unknown, Guard<RunEvent>>(Object.entries(shapes));

function isEvent(value: unknown): value is RunEvent {
  return isRecord(value) && guards.get(value['type'])?.(value) === true;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function object<T>(shape: Shape<T>): Guard<T> {
  const fields: readonly (readonly [string, Guard<unknown>])[] = Object.entries(shape);
  return (value): value is T =>
    isRecord(value) && fields.every(([name, check]) => check(value[name]));
}

function optional<T>(check: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

function list<T>(check: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

function oneOf<Word extends string>(words: readonly Word[]): Guard<Word> {
  return (value): value is Word => words.some((word) => word === value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isFlag(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

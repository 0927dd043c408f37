import { isRecord } from '../../formats/detect.ts';
import { UserError } from '../../errors.ts';

/** A column of events that is taken from a field of the record. */
export type FieldColumn =
  | 'ts'
  | 'event'
  | 'user'
  | 'session'
  | 'url'
  | 'referrer'
  | 'status'
  | 'bytes'
  | 'agent';

/** A field's place in a record: `['context', 'page', 'path']`. */
export type FieldPath = readonly string[];

/** Where the columns of events come from in records of JSON, CSV or Parquet. */
export interface Mapping {
  /** The first field that is there gives the value. */
  readonly columns: Readonly<Record<FieldColumn, readonly FieldPath[]>>;
  /** Name of events whose record has none. */
  readonly eventName?: string;
  /** The field that is `properties`; without it, all fields but `mapped` are. */
  readonly properties?: FieldPath;
  /** Fields that have become columns. */
  readonly mapped: readonly FieldPath[];
}

/** Fields named on the command line, nested ones by dots, and the name of nameless events. */
export interface FieldOptions {
  readonly ts?: string;
  readonly event?: string;
  readonly user?: string;
  readonly url?: string;
  readonly eventName?: string;
}

/** The first records of a file. */
type Sample = readonly Readonly<Record<string, unknown>>[];

/** Names that are looked for when none is given; the first one that a record has wins. */
const customary: Readonly<Record<FieldColumn, readonly string[]>> = {
  ts: ['ts', 'timestamp', 'time', '@timestamp', 'datetime'],
  event: ['event', 'event_name', 'eventName'],
  user: ['user', 'userId', 'user_id', 'anonymousId', 'anonymous_id'],
  session: ['session', 'sessionId', 'session_id', 'context.sessionId'],
  url: ['url', 'path', 'context.page.path'],
  referrer: ['referrer', 'referer', 'context.page.referrer'],
  status: ['status'],
  bytes: ['bytes'],
  agent: ['agent', 'userAgent', 'user_agent', 'context.userAgent'],
};

/**
 * The mapping for a file whose first records are `sample`. Throws UserError when no record has
 * the instant, or none has the name of the event and no name is given.
 */
export function mappingOf(name: string, sample: Sample, options: FieldOptions): Mapping {
  const given = { ts: options.ts, event: options.event, user: options.user, url: options.url };
  const explicit = Object.values(given)
    .filter((field) => field !== undefined)
    .map((field) => pathOf(field, sample));
  const paths = (column: FieldColumn, option: string | undefined): readonly FieldPath[] =>
    option === undefined ? usual(column, sample, explicit) : [pathOf(option, sample)];
  const columns = {
    ts: paths('ts', given.ts),
    event: paths('event', given.event),
    user: paths('user', given.user),
    session: paths('session', undefined),
    url: paths('url', given.url),
    referrer: paths('referrer', undefined),
    status: paths('status', undefined),
    bytes: paths('bytes', undefined),
    agent: paths('agent', undefined),
  };
  checkFound(name, sample, columns.ts, 'the instant', '--ts=<field>');
  if (options.eventName === undefined) {
    const remedy = '--event=<field> or --event-name=<name>';
    checkFound(name, sample, columns.event, 'the name of the event', remedy);
  }
  return {
    columns,
    ...(options.eventName !== undefined && { eventName: options.eventName }),
    ...(isSegment(sample) && { properties: ['properties'] }),
    mapped: Object.values(columns).flatMap((candidates) => firstFound(candidates, sample)),
  };
}

/** The customary fields that the sample has; each one costs time, so others are not looked for. */
function usual(column: FieldColumn, sample: Sample, explicit: readonly FieldPath[]): FieldPath[] {
  const candidates = customary[column]
    .map((field) => field.split('.'))
    .filter((path) => !clashes(path, explicit));
  if (isSegment(sample) && column === 'user') return [['userId'], ['anonymousId']];
  const found = candidates.filter((path) => isFound(path, sample));
  return sample.length === 0 || isNeeded(column, found) ? candidates : found;
}

/** Without these two there is no event; the error names all that was looked for. */
function isNeeded(column: FieldColumn, found: readonly FieldPath[]): boolean {
  return found.length === 0 && (column === 'ts' || column === 'event');
}

/** A field whose whole name is there wins over a nested one. */
function pathOf(field: string, sample: Sample): FieldPath {
  return sample.some((record) => field in record) ? [field] : field.split('.');
}

/** Whether one path leads through the other. */
function clashes(path: FieldPath, others: readonly FieldPath[]): boolean {
  return others.some((other) => {
    const shared = Math.min(path.length, other.length);
    const isSameWay = path.slice(0, shared).every((name, index) => name === other[index]);
    return isSameWay && path.length !== other.length;
  });
}

/** Segment's `track` calls: https://segment.com/docs/connections/spec/track/ */
function isSegment(sample: Sample): boolean {
  return sample.some(
    (record) =>
      'event' in record &&
      'timestamp' in record &&
      ('userId' in record || 'anonymousId' in record) &&
      isRecord(record['properties']),
  );
}

function checkFound(
  name: string,
  sample: Sample,
  candidates: readonly FieldPath[],
  what: string,
  option: string,
): void {
  if (sample.length === 0 || firstFound(candidates, sample).length > 0) return;
  const looked = candidates.map((path) => `'${path.join('.')}'`).join(', ');
  const fields = [...new Set(sample.flatMap(Object.keys))].join(', ');
  const records =
    sample.length === 1 ? 'the first record has' : `the first ${sample.length} records have`;
  throw new UserError(
    `'${name}': ${records} no field for ${what} (looked for ${looked}). ` +
      `They have: ${fields}. Name it with ${option}.`,
  );
}

function firstFound(candidates: readonly FieldPath[], sample: Sample): FieldPath[] {
  const found = candidates.find((path) => isFound(path, sample));
  return found ? [found] : [];
}

function isFound(path: FieldPath, sample: Sample): boolean {
  return sample.some((record) => {
    const value = path.reduce<unknown>(
      (at, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined),
      record,
    );
    return value !== undefined && value !== null;
  });
}

/**
 * A line of the common or combined log format of Apache and nginx, as a pattern of RE2 and of
 * JavaScript. Quoted fields may hold `\"`; more fields may follow the combined ones.
 */
export const logLinePattern = [
  String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)`,
  String.raw`(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"((?: (?:[^" ]+|"(?:[^"\\]|\\.)*"))*))?\s*$`,
].join('');

/** The groups of {@link logLinePattern}; the last four are empty in the common format. */
export const logLineFields = [
  'host',
  'identity',
  'account',
  'time',
  'request',
  'status',
  'bytes',
  'referrer',
  'agent',
  'rest',
] as const;

/** As the engine's `strptime` takes it. */
export const logTimeFormat = '%d/%b/%Y:%H:%M:%S %z';

const logLine = new RegExp(logLinePattern);

export function isLogLine(line: string): boolean {
  return logLine.test(line);
}

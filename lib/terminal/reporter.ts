import picocolors from 'picocolors';
import type {
  ErrorRecord,
  InvocationFinished,
  InvocationRetried,
  RowCounts,
  RunEvent,
  RunFinished,
} from '../ledger/events.ts';
import { closingLine, failureText, paintStatus } from './closing.ts';
import type { Colors } from './closing.ts';
import { formatDuration, formatNumber } from './format.ts';
import { oneLine, printable } from './text.ts';

export interface ReporterOptions {
  readonly stream: { write(text: string): unknown };
  readonly color: boolean;
  /** `quiet`: failures alone; `verbose`: a line per invocation. */
  readonly verbosity: 'quiet' | 'normal' | 'verbose';
  /** The command line of an invocation, quoted for a shell. */
  command(task: string, argv: readonly string[]): string;
}

/** Failures told in full at the end; the ledger has the others. */
const maxFailures = 20;
const maxWithoutData = 10;

/** Writes what happens in a run for the person who waits for it, a line for each event that is news. */
export function createReporter(options: ReporterOptions): (event: RunEvent) => void {
  const reporter = new Reporter(options);
  return (event) => reporter.report(event);
}

class Reporter {
  readonly #options: ReporterOptions;
  readonly #colors: Colors;
  /** The task names and commands of what is running, which finished events do not carry. */
  readonly #running = new Map<
    number,
    { readonly task: string; readonly argv: readonly string[] }
  >();
  readonly #failures: ErrorRecord[] = [];
  readonly #withoutData: string[] = [];
  #failed = 0;
  #noData = 0;
  /** Leaves that were skipped although they may not be up to date. */
  #left = 0;
  #leaves = 0;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#colors = picocolors.createColors(options.color);
  }

  report(event: RunEvent): void {
    const { verbosity } = this.#options;
    switch (event.type) {
      case 'run-started':
        if (verbosity === 'verbose') this.#print(`run ${event.run}: ${oneLine(event.command)}`);
        break;
      case 'run-planned':
        this.#leaves = event.leaves;
        break;
      case 'invocation-started':
        this.#running.set(event.id, { task: event.task, argv: event.argv });
        break;
      case 'invocation-retried':
        if (verbosity !== 'quiet') this.#print(this.#retryLine(event));
        break;
      case 'invocation-finished':
        this.#finished(event);
        this.#running.delete(event.id);
        break;
      case 'log':
        if (verbosity !== 'quiet') {
          this.#print(
            `${this.#running.get(event.id)?.task ?? 'pipe'}: ${printable(event.message)}`,
          );
        }
        break;
      case 'leaf-progressed':
        break;
      case 'run-finished':
        if (verbosity !== 'quiet') this.#close(event);
        break;
      default:
        event satisfies never;
    }
  }

  #finished(event: InvocationFinished): void {
    const { verbosity } = this.#options;
    if (verbosity === 'quiet') {
      if (event.status === 'failed' && event.error) {
        this.#print(failureText(event.error, false, this.#colors));
      }
      return;
    }
    this.#keep(event);
    // A run of one leaf would say the same twice.
    const isNews = event.status === 'failed' && event.error && this.#leaves > 1;
    if (verbosity === 'verbose' || isNews) this.#print(this.#line(event));
  }

  /** Keeps what the closing text tells, up to its limits. */
  #keep(event: InvocationFinished): void {
    // A meta-task whose children failed has no error of its own.
    if (event.status === 'failed' && event.error) {
      this.#failed += 1;
      if (this.#failures.length < maxFailures) this.#failures.push(event.error);
    }
    if (event.status === 'skipped' && event.reason !== undefined) this.#left += 1;
    if (event.status === 'no-data' && event.kind === 'leaf') {
      this.#noData += 1;
      if (this.#withoutData.length < maxWithoutData) this.#withoutData.push(this.#line(event));
    }
  }

  /** `done        1.2 s  pipe stats:pageloads -- --sites=a  # 1,000 rows in, 24 out`. */
  #line({ id, status, durationMs, rows, error, reason = '' }: InvocationFinished): string {
    const { task, argv } = this.#running.get(id) ?? { task: 'pipe', argv: [] };
    const command = oneLine(error?.command ?? this.#options.command(task, argv));
    const label = paintStatus(status.padEnd('cancelled'.length), status, this.#colors);
    const comment = error ? firstLine(error.message) : rows ? rowsText(rows) : reason;
    const aside = comment && this.#colors.dim(`  # ${oneLine(comment)}`);
    const duration = formatDuration(durationMs).padStart(8);
    return `${label} ${duration}  ${command}${aside}`;
  }

  /** `retry 1 in   830 ms  pipe stats:pageloads -- --sites=a  # the server is overloaded`. */
  #retryLine({ attempt, delayMs, error }: InvocationRetried): string {
    const label = this.#colors.yellow(`retry ${attempt} in`.padEnd('cancelled'.length));
    const aside = this.#colors.dim(`  # ${firstLine(error.message)}`);
    return `${label} ${formatDuration(delayMs).padStart(8)}  ${oneLine(error.command)}${aside}`;
  }

  #close(event: RunFinished): void {
    const { verbosity } = this.#options;
    const failures = this.#failures.map(
      (error) => `\n${failureText(error, verbosity === 'verbose', this.#colors)}`,
    );
    const withoutData = this.#withoutData.length > 0 ? ['', ...this.#withoutData] : [];
    this.#print(
      [
        closingLine(event, this.#left, this.#colors),
        ...failures,
        ...more(this.#failed - maxFailures),
        ...withoutData,
        ...more(this.#noData - maxWithoutData),
      ].join('\n'),
    );
  }

  #print(text: string): void {
    this.#options.stream.write(`${text}\n`);
  }
}

/** Of a message of several lines; the closing text has the others. */
function firstLine(message: string): string {
  return oneLine(message.trim().replace(/\n[^]*/, ''));
}

function more(count: number): string[] {
  return count > 0 ? [`and ${formatNumber(count)} more`] : [];
}

function rowsText({ in: read, out, rejected, filtered }: RowCounts): string {
  return [
    `${formatNumber(read)} rows in`,
    `${formatNumber(out)} out`,
    ...(rejected > 0 ? [`${formatNumber(rejected)} rejected`] : []),
    ...(filtered > 0 ? [`${formatNumber(filtered)} filtered`] : []),
  ].join(', ');
}

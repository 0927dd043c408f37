import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import type {
  ErrorRecord,
  InvocationFinished,
  InvocationStarted,
  RowCounts,
  RunEvent,
  RunFinished,
  RunStarted,
} from './events.ts';

/**
 * Maps the events of one run, in their order, to spans of OpenTelemetry: one for the run, below it
 * one for every invocation, its parent the one that called for it. An attempt that failed is an
 * event of its invocation's span. Holds only invocations that are under way.
 */
export class Spans {
  readonly #tracer: Tracer;
  readonly #parent: Context;
  readonly #open = new Map<number, Span>();
  #run: Span | undefined;

  /** The run's span is a child of what the context holds, if anything. */
  constructor(tracer: Tracer, parent: Context = ROOT_CONTEXT) {
    this.#tracer = tracer;
    this.#parent = parent;
  }

  /** The run as W3C Trace Context has it, for processes that the run starts; undefined before it began. */
  get traceparent(): string | undefined {
    if (!this.#run) return undefined;
    const { traceId, spanId, traceFlags } = this.#run.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  write(event: RunEvent): void {
    switch (event.type) {
      case 'run-started':
        this.#run = this.#start('pipe', event.at, runAttributes(event), this.#parent);
        return;
      case 'run-planned':
        this.#run?.setAttribute('pipe.leaves', event.leaves);
        return;
      case 'invocation-started':
        return this.#begin(event);
      case 'invocation-retried':
        this.#open.get(event.id)?.addEvent('attempt failed', retryAttributes(event), timeOf(event));
        return;
      case 'invocation-finished':
        return this.#finish(event);
      case 'run-finished':
        return this.#end(event);
      case 'leaf-progressed':
      case 'log':
        return;
      default:
        event satisfies never;
    }
  }

  /** Ends what is still open, after an error that ended the run early. */
  abort(message: string, at: Date): void {
    this.#run?.setStatus({ code: SpanStatusCode.ERROR, message });
    this.#endAll(at);
  }

  #begin(event: InvocationStarted): void {
    const above = (event.parent !== undefined && this.#open.get(event.parent)) || this.#run;
    const context = above ? trace.setSpan(ROOT_CONTEXT, above) : this.#parent;
    this.#open.set(
      event.id,
      this.#start(event.task, event.at, invocationAttributes(event), context),
    );
    if (event.parent === undefined) this.#run?.updateName(`pipe ${event.task}`);
  }

  #finish(event: InvocationFinished): void {
    const span = this.#open.get(event.id);
    if (!span) return;
    this.#open.delete(event.id);
    span.setAttributes(finishedAttributes(event));
    // Missing input is an error, too: whoever looks at the trace misses a result.
    if (event.status === 'failed' || event.status === 'no-data') {
      span.setStatus({ code: SpanStatusCode.ERROR, message: event.error?.message ?? event.status });
    }
    if (event.error) span.addEvent('exception', exceptionAttributes(event.error), timeOf(event));
    span.end(timeOf(event));
  }

  #end(event: RunFinished): void {
    const counts = Object.entries(event.counts).map(([status, count]) => [
      `pipe.counts.${status}`,
      count,
    ]);
    this.#run?.setAttributes({
      'pipe.exit_code': event.exitCode,
      ...Object.fromEntries(counts),
    });
    if (event.exitCode !== 0) {
      this.#run?.setStatus({
        code: SpanStatusCode.ERROR,
        message: `exit code ${event.exitCode}`,
      });
    }
    this.#endAll(timeOf(event));
  }

  /** What was cancelled while it ran says nothing of its end. */
  #endAll(at: Date): void {
    for (const span of this.#open.values()) span.setAttribute('pipe.status', 'cancelled').end(at);
    this.#open.clear();
    this.#run?.end(at);
    this.#run = undefined;
  }

  #start(name: string, at: string, attributes: Attributes, parent: Context): Span {
    return this.#tracer.startSpan(name, { startTime: new Date(at), attributes }, parent);
  }
}

function timeOf({ at }: { readonly at: string }): Date {
  return new Date(at);
}

function runAttributes(event: RunStarted): Attributes {
  const { run, command, store, timezone, now, user, force, renewBefore } = event;
  return {
    'pipe.run': run,
    'pipe.command': command,
    'pipe.store': store,
    'pipe.timezone': timezone,
    'pipe.now': now,
    'pipe.user': user,
    ...(force !== undefined && { 'pipe.force': force }),
    ...(renewBefore !== undefined && { 'pipe.renew_before': renewBefore }),
  };
}

function invocationAttributes({ id, kind, task, argv }: InvocationStarted): Attributes {
  return {
    'pipe.invocation': id,
    'pipe.kind': kind,
    'pipe.task': task,
    'pipe.argv': [...argv],
  };
}

function retryAttributes(event: Extract<RunEvent, { type: 'invocation-retried' }>): Attributes {
  return {
    'pipe.attempt': event.attempt,
    'pipe.delay_ms': event.delayMs,
    ...exceptionAttributes(event.error),
  };
}

function finishedAttributes(event: InvocationFinished): Attributes {
  const { status, attempts, rows, outputs, reason, error } = event;
  return {
    'pipe.status': status,
    'pipe.attempts': attempts ?? 1,
    ...(rows && rowAttributes(rows)),
    ...(outputs && { 'pipe.outputs': [...outputs] }),
    ...(reason !== undefined && { 'pipe.reason': reason }),
    ...(error && { 'pipe.rerun': error.command }),
  };
}

function rowAttributes(rows: RowCounts): Attributes {
  return Object.fromEntries(
    Object.entries(rows).map(([name, count]) => [`pipe.rows.${name}`, Number(count)]),
  );
}

/** By the names of the semantic conventions for exceptions. */
function exceptionAttributes({ message, stack, unexpected }: ErrorRecord): Attributes {
  return {
    'exception.type': unexpected ? 'Error' : 'UserError',
    'exception.message': message,
    ...(stack !== undefined && { 'exception.stacktrace': stack }),
  };
}

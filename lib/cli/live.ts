import type { WriteStream } from 'node:tty';
import picocolors from 'picocolors';
import type { RunEvent } from '../ledger/events.ts';
import { LiveView } from '../terminal/live.ts';
import { useColor } from './color.ts';

/** A live view on a terminal, for the time of a run. */
export interface Live {
  report(event: RunEvent): void;
  /** While the plan is read: how many leaves it has so far. */
  planning(leaves: number): void;
  /** Takes it away and gives the streams back. May be called again. */
  close(): void;
}

/** Often enough to look alive, seldom enough to cost nothing. */
const lookMs = 100;

/**
 * Shows a run on stderr while it goes on. Whatever this process writes meanwhile to a stream of the
 * same terminal, such as `console.log` in a task, goes above it.
 */
export function openLive(stderr: WriteStream, stdout: WriteStream, stop: AbortSignal): Live {
  const write = stderr.write.bind(stderr);
  const view = new LiveView({
    write: (text) => write(text),
    // A terminal that does not know its size says 0.
    columns: () => stderr.columns || 80,
    rows: () => stderr.rows || 24,
    colors: picocolors.createColors(useColor(stderr)),
    isStopping: () => stop.aborted,
  });
  const guarded = [stderr, ...(stdout.isTTY ? [stdout] : [])].map((stream) => guard(stream, view));
  const timer = setInterval(() => view.look(Date.now()), lookMs).unref();
  const resized = (): void => view.resized(Date.now());
  const resumed = (): void => view.resumed(Date.now());
  const close = (): void => {
    clearInterval(timer);
    view.close();
    for (const release of guarded) release();
    stderr.off('resize', resized);
    process.off('SIGCONT', resumed).off('exit', close).off('uncaughtExceptionMonitor', close);
  };
  stderr.on('resize', resized);
  // The trace of an uncaught error is printed before the exit, and must not be cleared away with the view.
  process.on('SIGCONT', resumed).on('exit', close).on('uncaughtExceptionMonitor', close);
  view.planning(0, Date.now());
  return {
    planning: (leaves) => view.planning(leaves, Date.now()),
    report(event) {
      view.report(event);
      if (event.type === 'run-finished') close();
    },
    close,
  };
}

/** Lets everybody else write around the view. Returns what undoes it. */
function guard(stream: WriteStream, view: LiveView): () => void {
  const write = stream.write.bind(stream);
  stream.write = new Proxy(write, {
    apply: (target, _, args: Parameters<typeof write>) =>
      view.around(args[0], () => target(...args)),
  });
  return () => {
    stream.write = write;
  };
}

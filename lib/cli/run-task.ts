import type { ArgValues } from '../docopt/args.ts';
import { exitCodes } from '../errors.ts';
import type { ExitCode } from '../errors.ts';
import type { RunEvent } from '../ledger/events.ts';
import type { Mask } from '../ledger/mask.ts';
import type { RunReport } from '../run/run.ts';
import { invocationText } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import { secretsIn } from '../task/secrets.ts';
import { eventLine } from '../terminal/json.ts';
import { createReporter } from '../terminal/reporter.ts';
import { runWithLedger } from './compose.ts';
import type { Effects } from './compose.ts';
import { printDryRun } from './dry-run.ts';
import { tellingStrays, untilDone } from './early-exit.ts';
import { withOutlets } from './outlets.ts';
import { prepare } from './prepare.ts';
import { loadProject } from './registry.ts';
import { resolveRoot } from './root.ts';
import { resolveSettings } from './settings.ts';
import { printShown } from './show.ts';
import { listenToSignals } from './signals.ts';
import { printOutput, printSummary } from './summary.ts';
import { canRewrite, useColor } from './color.ts';
import { openLive } from './live.ts';

/** Runs a task, or shows what it would do, and returns the exit code. */
export async function runTask(
  options: ArgValues,
  name: string,
  rest: readonly string[],
  mask: Mask,
): Promise<ExitCode> {
  const cwd = process.cwd();
  const { root, config, registry } = await loadProject(cwd);
  const { env: environment } = process;
  const settings = resolveSettings({ options, environment, config, root, cwd, clock: Date.now });
  const width = process.stderr.columns ?? 80;
  mask.learn(secretsIn(registry.get(name), rest));
  const hide = (text: string): string => mask.text(text);
  const debug = options['debug'] === true;
  const typed = resolveRoot(registry, name, rest, { ...settings, width, hide });
  const signals = listenToSignals(settings.graceMs, say);
  const { stop, cancel } = signals;
  const flags = { force: options['force'] === true, failFast: options['fail-fast'] === true };
  const request = { registry, settings, cwd, ...flags, stop, cancel, mask };
  try {
    const { asked, invocation, effects, command } = await prepare(typed, request, options);
    const strays = { say: (line: string) => say(hide(line)), debug };
    if (invocation.task.show) {
      signals.release();
      return await tellingStrays(() => printShown(invocation, effects, options), strays);
    }
    if (options['dry-run'] === true || options['why'] === true) {
      signals.release();
      return await tellingStrays(() => printDryRun(invocation, effects, options), strays);
    }
    const { tell, planning, close } = listener(options, effects);
    const outside = { cwd, environment, say, mask: (text: string): string => mask.text(text) };
    const report = await withOutlets(options, outside, (hand) => {
      const listen = (event: RunEvent): void => {
        tell(event);
        hand(event);
      };
      const isExpected = (): boolean => signals.exitCode() !== undefined;
      const run = (): Promise<RunReport> =>
        runWithLedger(invocation, effects, { listen, planning, command });
      return untilDone(run, { ...strays, command, isExpected });
    })
      .catch((error: unknown) => {
        // Stopped while its plan was read.
        if (error === stop.reason) return undefined;
        throw error;
      })
      .finally(close);
    const interrupted = signals.exitCode();
    if (report) printOutput(report, options);
    if (interrupted !== undefined) say(leftText(report, command));
    else if (report) await printSummaryOf(report, asked, effects, options);
    const exitCode = interrupted ?? report?.exitCode ?? exitCodes.interrupted;
    if (report && report.abandoned > 0) endWith(exitCode);
    return exitCode;
  } finally {
    signals.release();
  }
}

async function printSummaryOf(
  { planned, status, exitCode }: RunReport,
  asked: Invocation,
  effects: Effects,
  options: ArgValues,
): Promise<void> {
  // One invocation that failed has nothing to show; of several, the others have.
  if (planned === 1 && status === 'failed') return;
  await printSummary(asked, effects, options).catch((error: unknown) => {
    // A run that failed may have nothing to show; its own error has been told.
    if (exitCode === 0) throw error;
  });
}

/** `3 of 48 invocations are left; to go on: pipe stats:multi -- --sites=a`. */
function leftText(report: RunReport | undefined, command: string): string {
  if (!report) return `nothing was run; to go on: ${command}`;
  const { left, planned } = report;
  if (left === 0) return 'nothing is left to do';
  const number = new Intl.NumberFormat('en-US');
  return `${number.format(left)} of ${number.format(planned)} invocations are left; to go on: ${command}`;
}

/** Leaves that ignore their signal would keep the process alive. */
function endWith(exitCode: ExitCode): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(exitCode)));
}

function say(line: string): void {
  console.error(`pipe: ${line}`);
}

interface Listener {
  readonly tell: (event: RunEvent) => void;
  readonly planning: (leaves: number) => void;
  readonly close: () => void;
}

/** Events for people on stderr, with a live view on a terminal; or as JSON lines on stdout. */
function listener(options: ArgValues, { command, stop }: Effects): Listener {
  const { stderr, stdout } = process;
  if (options['json'] === true) {
    return { tell: (event) => stdout.write(eventLine(event)), ...nothingLive };
  }
  const verbosity = verbosityOf(options);
  const report = createReporter({
    stream: stderr,
    color: useColor(stderr),
    verbosity,
    command: (task, argv) => command(invocationText(task, argv)),
  });
  if (verbosity === 'quiet' || !canRewrite(stderr)) return { tell: report, ...nothingLive };
  const live = openLive(stderr, stdout, stop);
  return {
    tell(event) {
      live.report(event);
      report(event);
    },
    planning: (leaves) => live.planning(leaves),
    close: () => live.close(),
  };
}

const nothingLive: Omit<Listener, 'tell'> = { planning: () => undefined, close: () => undefined };

function verbosityOf(options: ArgValues): 'quiet' | 'normal' | 'verbose' {
  if (options['quiet'] === true) return 'quiet';
  return options['verbose'] === true ? 'verbose' : 'normal';
}

import type { ArgValues } from '../docopt/args.ts';
import { UsageError } from '../errors.ts';
import type { RunEvent } from '../ledger/events.ts';
import { openEventFile } from './event-file.ts';
import { openLineageOutlet } from './lineage-outlet.ts';
import { openNotifier } from './notify.ts';
import { openTelemetryOutlet } from './otel-outlet.ts';

/** Somewhere besides the ledger and the terminal that the events of a run go. Never fails the run. */
export interface Outlet {
  write(event: RunEvent): void;
  /** Waits, not for ever, until everything has been handed over; `error` is what ended the run early. */
  close(error?: unknown): Promise<void>;
}

export interface OutletEffects {
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tells the person at the command line. */
  readonly say: (line: string) => void;
  /** Hides secrets in a text. */
  readonly mask: (text: string) => string;
}

/**
 * Runs with the outlets that the command line or the environment names. Throws UsageError for one
 * that cannot be opened, before anything runs.
 */
export async function withOutlets<Report>(
  options: ArgValues,
  effects: OutletEffects,
  run: (listen: (event: RunEvent) => void) => Promise<Report>,
): Promise<Report> {
  const outlets = await openOutlets(options, effects);
  const listen = (event: RunEvent): void => {
    for (const outlet of outlets) outlet.write(event);
  };
  let report: Report;
  try {
    report = await run(listen);
  } catch (error) {
    await close(outlets, error);
    throw error;
  }
  await close(outlets);
  return report;
}

async function openOutlets(options: ArgValues, effects: OutletEffects): Promise<Outlet[]> {
  const opened = async (name: string, open: OpenOutlet): Promise<Outlet[]> => {
    const variable = `PIPE_${name.toUpperCase()}`;
    const option = options[name];
    const value = typeof option === 'string' ? option : effects.environment[variable];
    if (!value) return [];
    try {
      return [await open(value, effects)];
    } catch (error) {
      if (!(error instanceof UsageError) || value === option) throw error;
      // Who set a variable looks for its name.
      throw new UsageError(error.message.replaceAll(`--${name}`, variable), { cause: error });
    }
  };
  const telemetry = await openTelemetryOutlet(effects);
  // The one that only looks at a text comes first, so that no file is emptied for a wrong URL.
  return [
    ...(await opened('notify', openNotifier)),
    ...(await opened('openlineage', openLineageOutlet)),
    ...(await opened('events', openEventFile)),
    ...(telemetry ? [telemetry] : []),
  ];
}

type OpenOutlet = (value: string, effects: OutletEffects) => Outlet | Promise<Outlet>;

async function close(outlets: readonly Outlet[], error?: unknown): Promise<void> {
  await Promise.all(outlets.map((outlet) => outlet.close(error)));
}

import type { ArgValues } from '../docopt/args.ts';
import { resolveCall } from '../task/invocation.ts';
import type { Invocation } from '../task/invocation.ts';
import { compose } from './compose.ts';
import type { Effects, Request } from './compose.ts';
import { lookBack } from './lookback.ts';
import { pinSettings } from './settings.ts';

/** What will run, and all that it touches. */
export interface Prepared {
  /** What a person asked for: for the words of the command, and for the summary. */
  readonly asked: Invocation;
  /** The same, or more days of it. */
  readonly invocation: Invocation;
  readonly effects: Effects;
  /** The command that means the same tomorrow. */
  readonly command: string;
}

/** Settles what an invocation leaves open. Reads the store, writes nothing. Throws UsageError. */
export async function prepare(
  asked: Invocation,
  request: Request,
  options: ArgValues,
): Promise<Prepared> {
  const { lookback } = options;
  if (typeof lookback === 'string') {
    const { settings, registry } = request;
    const { invocation, renewBefore } = lookBack(asked, lookback, registry, settings);
    const effects = await compose({ ...request, renewBefore });
    const command = effects.command(`--lookback=${lookback} ${asked.text}`);
    return { asked, invocation, effects, command };
  }
  const effects = await compose(request);
  const pinned = await asked.task.pin?.(asked.args, effects);
  if (!pinned) return { asked, invocation: asked, effects, command: effects.command(asked.text) };
  const settings = pinSettings(request.settings, pinned);
  const call = { task: asked.task.name, args: pinned.args };
  const invocation = resolveCall(request.registry, call, settings);
  const force = request.force || pinned.force === true;
  const { renewBefore } = pinned;
  const again = await compose({ ...request, settings, force, renewBefore });
  return { asked: invocation, invocation, effects: again, command: again.command(invocation.text) };
}

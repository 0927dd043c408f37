import type { Invocation } from '../task/invocation.ts';

/**
 * Whether an invocation lies wholly before a day (ISO text): such days were looked at for late data
 * alone, and are made again when what they were made from has changed, never for the first time.
 */
export function isRenewal(
  { task, args }: Pick<Invocation, 'task' | 'args'>,
  before: string | undefined,
): boolean {
  if (before === undefined || !task.takesWindow) return false;
  const end = args['end-date'];
  return typeof end === 'string' && end < before;
}

import { exitCodes, UserError } from '../errors.ts';
import type { Owner } from './lease-record.ts';

/** Another run makes the same partition, or has taken it over. Exit code 4. */
export class LockedError extends UserError {
  override readonly name = 'LockedError';

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { ...options, exitCode: exitCodes.locked });
  }
}

/** `run 20261120T060000Z-1f3a9c2b (process 123 on "host")`. */
export function ownerText(owner: Owner | undefined): string {
  if (!owner) return 'another run';
  return `run ${owner.run} (process ${owner.pid} on '${owner.host}')`;
}

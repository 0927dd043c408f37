import { UserError } from '../errors.ts';
import type { WriteCondition } from './store.ts';

/** Somebody else has changed an object in between, so that a conditional write certainly did not happen. */
export class ConflictError extends UserError {
  override readonly name = 'ConflictError';

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { ...options, retryable: true });
  }
}

/**
 * Somebody else has changed an object in between, and the reply to a conditional write was lost, so
 * that it may have happened before theirs. Whoever can tell by looking again does.
 */
export class UncertainError extends UserError {
  override readonly name = 'UncertainError';

  constructor(message: string) {
    super(message, { retryable: true });
  }
}

/** Somebody else has replaced or removed an object of which a part was read, so that the parts do not fit. */
export class ChangedError extends UserError {
  override readonly name = 'ChangedError';

  constructor(key: string) {
    super(
      `'${key}' was replaced while it was read. Nothing of it was used; run the same command again.`,
      { retryable: true },
    );
  }
}

/** Throws a {@link ChangedError} unless an object's etag (undefined: there is none) is the one asked for, if any. */
export function checkVersion(
  key: string,
  { etag }: { readonly etag?: string | undefined },
  found: string | undefined,
): void {
  if (etag !== undefined && etag !== found) throw new ChangedError(key);
}

/** Throws a {@link ConflictError} unless the condition holds for an object's etag (undefined: there is none). */
export function checkCondition(
  key: string,
  condition: WriteCondition | undefined,
  etag: string | undefined,
): void {
  if (!condition) return;
  const holds = 'ifAbsent' in condition ? etag === undefined : etag === condition.ifMatch;
  if (!holds) {
    throw new ConflictError(
      `'${key}' was ${etag === undefined ? 'removed' : 'written'} by somebody else meanwhile. Nothing was changed; run the same command again.`,
    );
  }
}

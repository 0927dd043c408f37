import { UserError } from '../errors.ts';

export type EngineFailure = 'out-of-memory' | 'disk-full' | 'interrupted' | 'query';

/**
 * A statement an engine could not finish, with the engine's own error as `cause`. None is tried
 * again: the next attempt would meet the same query, memory and disk.
 */
export class EngineError extends UserError {
  override readonly name = 'EngineError';
  /** `query`: the statement or its data; the rest: the machine or a cancelled run. */
  readonly failure: EngineFailure;

  constructor(message: string, failure: EngineFailure, cause: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

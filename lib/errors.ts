import { getSystemErrorMap, inspect } from 'node:util';

/** Exit codes of `pipe`, as documented in the README. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  noData: 3,
  locked: 4,
  notHeld: 5,
  unexpected: 70,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface UserErrorOptions {
  readonly cause?: unknown;
  readonly exitCode?: ExitCode;
  /** Whether the same attempt may succeed later without anybody doing anything. */
  readonly retryable?: boolean;
}

/**
 * An error a person can act on. Its message names the culprit, the value in quotes, what was
 * expected and the next step. Everything else that is thrown is a bug of Pipe or of a task.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: ExitCode;
  readonly retryable: boolean;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.exitCode = options.exitCode ?? exitCodes.failed;
    this.retryable = options.retryable ?? false;
  }
}

/** A command line, usage text or configuration that cannot be used as written. Exit code 2. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';

  constructor(message: string, options: Pick<UserErrorOptions, 'cause'> = {}) {
    super(message, { ...options, exitCode: exitCodes.usage });
  }
}

/** An input that is missing altogether, so that there is nothing to compute from. Exit code 3. */
export class NoDataError extends UserError {
  override readonly name = 'NoDataError';

  constructor(message: string, options: Pick<UserErrorOptions, 'cause'> = {}) {
    super(message, { ...options, exitCode: exitCodes.noData });
  }
}

/** Data that is not as it should be: a rule that does not hold, a difference. Exit code 5. */
export class NotHeldError extends UserError {
  override readonly name = 'NotHeldError';

  constructor(message: string) {
    super(message, { exitCode: exitCodes.notHeld });
  }
}

/** The message of whatever was thrown, for people. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'string') return error;
  return `${inspect(error, { depth: 1, breakLength: Infinity })} was thrown, which is no error; throw new Error('why')`;
}

/** A value from outside as it stands in a message: in quotes, control characters written out. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`;
}

/**
 * Why a system call failed, `no such file or directory (ENOENT)`, for a sentence that names the file
 * itself; of other errors the message.
 */
export function reasonOf(error: unknown): string {
  const number = error instanceof Error && 'errno' in error ? error.errno : undefined;
  const known = typeof number === 'number' ? getSystemErrorMap().get(number) : undefined;
  return known === undefined ? messageOf(error) : `${known[1]} (${known[0]})`;
}

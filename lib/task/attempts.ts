import { parseDuration } from '../dates/duration.ts';
import { UsageError } from '../errors.ts';
import type { AttemptSettings, TaskDefinition } from './task.ts';

/** More would not be patience but a way to forget a task that fails. */
export const MAX_RETRIES = 100;

/** What a definition says about attempts, read. Throws UsageError that names the task and the field. */
export function readAttempts(definition: TaskDefinition<string>): AttemptSettings {
  const { name, retries, retryDelay, timeout } = definition;
  if (retries !== undefined) checkRetries(retries, name);
  return {
    ...(retries !== undefined && { retries }),
    ...(retryDelay !== undefined && {
      retryDelayMs: parseDuration(retryDelay, `task '${name}': retryDelay`),
    }),
    ...(timeout !== undefined && { timeoutMs: parseTimeout(timeout, `task '${name}': timeout`) }),
  };
}

/** A duration that is not zero. */
export function parseTimeout(text: string, label: string): number {
  const timeoutMs = parseDuration(text, label);
  if (timeoutMs > 0) return timeoutMs;
  throw new UsageError(`${label}: '${text}' leaves no time at all; write for example 30s`);
}

function checkRetries(retries: number, name: string): void {
  if (Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES) return;
  throw new UsageError(
    `task '${name}': retries is '${retries}', expected a whole number from 0 to ${MAX_RETRIES}`,
  );
}

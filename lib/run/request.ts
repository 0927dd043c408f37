import { messageOf, UserError } from '../errors.ts';
import type { RequestOptions } from '../task/author.ts';

/** What a request needs of the run. */
export interface RequestEffects {
  readonly signal: AbortSignal;
  /** Milliseconds since the epoch. */
  clock(): number;
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
  /** At least 0 and less than 1. */
  random(): number;
}

/**
 * A response with a status of success. What passes (429, 5xx, a network that fails) is tried again
 * after the time that `Retry-After` asks for, else with exponential backoff and full jitter.
 *
 * Throws UserError with method, URL and status for what does not pass, retryable where it might later.
 */
export async function request(
  url: string | URL,
  { attempts = 6, ...init }: RequestOptions,
  effects: RequestEffects,
): Promise<Response> {
  const what = `${init.method ?? 'GET'} ${String(url)}`;
  for (let attempt = 1; ; attempt++) {
    effects.signal.throwIfAborted();
    const answer = await answerOf(url, { ...init, signal: effects.signal }, what);
    if (answer instanceof Response && answer.ok) return answer;
    const failure = answer instanceof Response ? await failureOf(what, answer) : answer;
    if (!failure.retryable || attempt === attempts) throw failure;
    const asked = answer instanceof Response ? retryAfterMs(answer, effects.clock()) : undefined;
    if (asked !== undefined && asked > MAX_WAIT_MS) throw failure;
    await effects.sleep(asked ?? backoffMs(attempt, effects.random()), effects.signal);
  }
}

/** Who asks for more is better asked again by the next run. */
const MAX_WAIT_MS = 10 * 60 * 1000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

async function answerOf(
  url: string | URL,
  init: RequestInit,
  what: string,
): Promise<Response | UserError> {
  try {
    return await fetch(url, init);
  } catch (error) {
    init.signal?.throwIfAborted();
    const reason = error instanceof Error ? (error.cause ?? error) : error;
    return new UserError(`${what}: no answer: ${messageOf(reason)}`, {
      cause: error,
      retryable: !(error instanceof TypeError && error.cause === undefined),
    });
  }
}

async function failureOf(what: string, response: Response): Promise<UserError> {
  const { status, statusText } = response;
  const body = (await response.text().catch(() => '')).trim().slice(0, 200);
  const retryable = status === 408 || status === 429 || status >= 500;
  return new UserError(
    `${what}: ${status} ${statusText}${body === '' ? '' : `: ${body}`}${advice(status)}`,
    { retryable },
  );
}

function advice(status: number): string {
  if (status === 401 || status === 403) return '; check the credentials';
  return status === 404 ? '; check the address' : '';
}

/** RFC 9110, section 10.2.3: seconds, or a date. */
function retryAfterMs({ headers }: Response, now: number): number | undefined {
  const text = headers.get('retry-after');
  if (text === null) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

function backoffMs(attempt: number, random: number): number {
  return random * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
}

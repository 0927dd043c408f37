import { codeOf } from '../fault.ts';

/** What an error of the S3 client says, whatever form it came in. */
export interface S3Fault {
  /** `SlowDown`, `ECONNRESET`, …; of a reply without a body `403` and the like. */
  readonly code: string;
  readonly status?: number;
  readonly requestId?: string;
  /** The region in which the bucket lives, where a server says so. */
  readonly region?: string;
  readonly retryAfterMs?: number;
}

/** Undefined for what is no failure of a request, but a bug. */
export function faultOf(error: unknown): S3Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, requestId, headers } = replyOf(error);
  const code = status === undefined ? networkCodeOf(error) : replyCodeOf(error, status);
  if (code === undefined) return undefined;
  const region = headers.get('x-amz-bucket-region') ?? textIn(error, 'Region');
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return {
    code,
    ...(status !== undefined && { status }),
    ...(requestId !== undefined && { requestId }),
    ...(region !== undefined && { region }),
    ...(Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }),
  };
}

/** A reply that is none; the next one may be better. */
export function badReply(message: string): Error {
  return Object.assign(new Error(message), { code: 'BadReply' });
}

/** Whether another attempt may succeed. */
export function isTransient({ code, status = 0 }: S3Fault): boolean {
  if (transientCodes.has(code) || networkCodes.has(code)) return true;
  return status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Whether a request that failed like this may have been carried out all the same. */
export function mayHaveHappened({ code, status }: S3Fault): boolean {
  if (status === undefined) return !unsentCodes.has(code);
  // A 200 that says nothing, or nothing good: of the latter the SDK makes a 503 with another code.
  return status < 300 || (status >= 500 && !turnedAway.has(code));
}

/** Refusals that pass by themselves, and bodies that were damaged on their way. */
const transientCodes = new Set([
  'BadDigest',
  'BadReply',
  'ConditionalRequestConflict',
  'ExpiredToken',
  'IncompleteBody',
  'InternalError',
  'OperationAborted',
  'RequestTimeTooSkewed',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
]);

/** Said before any work is done. */
const turnedAway = new Set(['SlowDown', 'ServiceUnavailable', '503', 'NotImplemented']);

const unsentCodes = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENOTFOUND',
  'CredentialsProviderError',
  'TokenProviderError',
  'RegionMissing',
]);

const networkCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'TimeoutError',
]);

interface Reply {
  readonly status?: number;
  readonly requestId?: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** The SDK puts `$metadata` on what a service said, and `$response` on that and on replies it cannot read. */
function replyOf(error: Error): Reply {
  const metadata = recordIn(error, '$metadata');
  const response = recordIn(error, '$response');
  const headers = Object.entries(Object(response['headers'])).map(
    ([name, value]) => [name.toLowerCase(), String(value)] as const,
  );
  const status = metadata['httpStatusCode'] ?? response['statusCode'];
  const requestId = metadata['requestId'] ?? new Map(headers).get('x-amz-request-id');
  return {
    ...(typeof status === 'number' && { status }),
    ...(typeof requestId === 'string' && { requestId }),
    headers: new Map(headers),
  };
}

function replyCodeOf(error: Error, status: number): string {
  const code = textIn(error, 'Code') ?? error.name;
  if (status < 300 && !transientCodes.has(code)) return 'BadReply';
  return code === 'Error' || code === 'UnknownError' ? String(status) : code;
}

function networkCodeOf(error: Error): string | undefined {
  const code = codeOf(error);
  if (code !== undefined) return code;
  const named = ['TimeoutError', 'CredentialsProviderError', 'TokenProviderError'];
  if (named.includes(error.name)) return error.name;
  // The SDK gives it no name or code.
  if (error.message === 'Region is missing') return 'RegionMissing';
  return error.message === 'aborted' || error.message === 'socket hang up'
    ? 'ECONNRESET'
    : undefined;
}

function recordIn(error: Error, name: string): Readonly<Record<string, unknown>> {
  const value: unknown = Reflect.get(error, name);
  return Object(value);
}

function textIn(error: Error, name: string): string | undefined {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : undefined;
}

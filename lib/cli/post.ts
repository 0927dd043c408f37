import { messageOf, UsageError } from '../errors.ts';

/** Long enough for a slow service, short enough for somebody who waits. */
const timeoutMs = 5000;

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Posts JSON and resolves to what went wrong, or undefined. Never throws. The text has no more of
 * the address than its host: what stands behind it is often a secret.
 */
export async function postJson(
  url: URL,
  body: unknown,
  { headers = {}, signal }: PostOptions = {},
): Promise<string | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    await response.body?.cancel();
    return response.ok ? undefined : `${url.host} answered with status ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause ? error.cause : error;
    return `${url.host}: ${messageOf(cause)}`;
  }
}

/** Throws UsageError for anything but an address of the web. */
export function parseAddress(text: string, option: string): URL {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return new URL(text);
  throw new UsageError(
    `${option}: '${text}' is not an address; write for example ${option}=https://example.com/hook`,
  );
}

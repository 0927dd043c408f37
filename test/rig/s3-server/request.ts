import type { IncomingMessage } from 'node:http';
import { readBody } from './body.ts';

/** A request taken apart, its body read, decoded and checked. */
export interface S3Request extends Target {
  readonly body: Buffer;
  /** CRC32 of the body in base64, as the client sent it and the server found it right. */
  readonly crc32?: string;
}

/** What is asked of which object, known before the body is read. */
export interface Target {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: Readonly<Record<string, string>>;
  /** As they came, for the signature. */
  readonly rawPath: string;
  readonly rawQuery: string;
}

export function targetOf(message: IncomingMessage): Target {
  const [rawPath = '/', rawQuery = ''] = (message.url ?? '/').split(/\?(.*)/s);
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(rawPath) ?? [];
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers)) headers[name] = String(value);
  const pairs = rawQuery.split('&').map((pair) => pair.split(/=(.*)/s).map(decodeURIComponent));
  return {
    method: message.method ?? 'GET',
    bucket: decodeURIComponent(bucket),
    key: decodeURIComponent(key),
    query: new Map(rawQuery === '' ? [] : pairs.map(([name = '', value = '']) => [name, value])),
    headers,
    rawPath,
    rawQuery,
  };
}

export async function requestOf(
  message: IncomingMessage,
  target: Target,
  damaged?: number,
): Promise<S3Request> {
  return { ...target, ...(await readBody(message, target.headers, damaged)) };
}

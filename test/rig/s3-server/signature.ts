import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { S3Error } from './reply.ts';
import type { Target } from './request.ts';
import type { S3State } from './state.ts';

/** AWS allows a quarter of an hour between the two clocks. */
const MAX_SKEW_MS = 15 * 60_000;

/** Checks a SigV4 signature in the Authorization header: key, region, clock, token and signature. */
export function checkSignature(target: Target, state: S3State, now: number): void {
  const { headers } = target;
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    );
  if (!parts) throw new S3Error(403, 'AccessDenied');
  const [, accessKey = '', day = '', region = '', signedHeaders = '', signature = ''] = parts;
  const secret = state.secrets.get(accessKey);
  if (secret === undefined) throw new S3Error(403, 'InvalidAccessKeyId');
  if (region !== state.region) {
    throw new S3Error(400, 'AuthorizationHeaderMalformed', `<Region>${state.region}</Region>`);
  }
  const time = headers['x-amz-date'] ?? '';
  if (Math.abs(timeOf(time) - now) > MAX_SKEW_MS) throw new S3Error(403, 'RequestTimeTooSkewed');
  if (state.expired.has(headers['x-amz-security-token'] ?? '')) {
    throw new S3Error(400, 'ExpiredToken');
  }
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const scope = `${day}/${region}/s3/aws4_request`;
  const canonical = sha256(canonicalRequest(target, signedHeaders.split(';')));
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${canonical}`);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    throw new S3Error(403, 'SignatureDoesNotMatch');
  }
}

function canonicalRequest(target: Target, signed: readonly string[]): string {
  const { method, rawPath, rawQuery, headers } = target;
  const pairs = rawQuery.split('&').filter(Boolean);
  const query = pairs.map((pair) => (pair.includes('=') ? pair : `${pair}=`)).sort();
  const lines = signed.map(
    (name) => `${name}:${(headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const payload = headers['x-amz-content-sha256'] ?? '';
  return [method, rawPath, query.join('&'), lines.join(''), signed.join(';'), payload].join('\n');
}

/** `20261120T060000Z` in milliseconds since the epoch. */
function timeOf(text: string): number {
  return Date.parse(
    text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

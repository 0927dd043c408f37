import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A GET without query, as AWS Signature Version 4 signs it. */
export interface UnsignedGet {
  /** With the port, unless it is the scheme's own. */
  readonly host: string;
  /** Encoded. */
  readonly path: string;
  readonly region: string;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly at: number;
  /** Further headers, by names in lower case that sort before `x-amz-content-sha256`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The headers of a signed GET.
 *
 * AWS, "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference: the path is
 * encoded once and not normalized.
 */
export function signedHeaders(
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  { host, path, region, at, headers: more }: UnsignedGet,
): Record<string, string> {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const headers: Record<string, string> = {
    host,
    ...more,
    'x-amz-content-sha256': EMPTY_SHA256,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const request = ['GET', path, '', lines.join(''), names, EMPTY_SHA256].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n');
  const signature = hmac(signingKey(secretAccessKey, day, region), text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

const EMPTY_SHA256 = sha256('');

const keys = new Map<string, Buffer>();

/** The same for a day, and four hashes to make. */
function signingKey(secret: string, day: string, region: string): Buffer {
  const name = [secret, day, region].join('\n');
  const known = keys.get(name);
  if (known) return known;
  keys.clear();
  const key = [day, region, 's3', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const made = Buffer.from(key);
  keys.set(name, made);
  return made;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

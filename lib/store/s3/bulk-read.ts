import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { crc32 } from 'node:zlib';
import type { Stored } from '../store.ts';
import { readS3 } from './read.ts';
import type { Session } from './session.ts';
import { signedHeaders } from './sign.ts';

/** Where a bucket's objects are, as a request of the SDK went there. */
interface Place {
  readonly isSecure: boolean;
  readonly hostname: string;
  readonly port: number | undefined;
  readonly region: string;
  /** What stands before the key in the path. */
  readonly base: string;
}

/**
 * Reads many small objects. The SDK takes 0.67 ms of CPU for a GET, a signed request over
 * `node:http` 0.1 ms (4 KiB, measured), so that is tried first, once and with whatever the SDK's
 * first request has shown of the endpoint. All that is not a whole object at once (an error, a cut, a wrong
 * checksum, a stall, an absence) goes to {@link readS3}, which knows what to do about it.
 */
export class BulkReader {
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  #place: Place | undefined;

  /** Sees the requests of a session's client. */
  constructor(session: Session) {
    session.client.middlewareStack.add(
      (next) => (args) => {
        this.#place ??= placeOf(args.request, args.input);
        return next(args);
      },
      // The last step, in which the request is as it goes out.
      { step: 'deserialize', priority: 'low', name: 'pipeBulkReader' },
    );
  }

  /** `session` is the one of the constructor, or a view of it. */
  async read(session: Session, key: string): Promise<Stored | undefined> {
    const place = this.#place;
    return (place && (await this.#tryRead(session, place, key))) ?? readS3(session, key);
  }

  async #tryRead(session: Session, place: Place, key: string): Promise<Stored | undefined> {
    const { client, limits, now } = session;
    const { hostname, port, region, base, isSecure } = place;
    const path = base + encodeKey(session.keyOf(key));
    try {
      const headers = signedHeaders(await client.config.credentials(), {
        host: port === undefined ? hostname : `${hostname}:${port}`,
        path,
        region,
        at: now() + client.config.systemClockOffset,
        headers: { 'x-amz-checksum-mode': 'ENABLED' },
      });
      const agent = isSecure ? this.#https : this.#http;
      const options = { hostname, port, path, headers, agent, timeout: limits.socketTimeoutMs };
      const send = isSecure ? httpsRequest : httpRequest;
      return await new Promise((resolve, reject) => {
        const request = send(options, (reply) => void collect(reply).then(resolve, reject));
        request.on('timeout', () => request.destroy(new Error('timeout')));
        request.on('error', reject);
        request.end();
      });
    } catch {
      // Whatever it is, the careful way meets it again and can tell.
      return undefined;
    }
  }
}

/** Also what a chunk of packing downloads at once. */
const MAX_SOCKETS = 64;

/** The object of a reply, or undefined unless it is whole. */
async function collect(reply: IncomingMessage): Promise<Stored | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of reply) if (chunk instanceof Buffer) chunks.push(chunk);
  const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const { etag, 'content-length': length } = reply.headers;
  const isWhole = reply.statusCode === 200 && reply.complete && Number(length) === bytes.length;
  if (!isWhole || etag === undefined || !isIntact(bytes, reply.headers)) return undefined;
  return { bytes, etag: etag.replaceAll('"', '') };
}

function isIntact(bytes: Buffer, headers: IncomingHttpHeaders): boolean {
  const expected = headers['x-amz-checksum-crc32'];
  // The checksum of checksums of parts, `…-3`, is none of the whole.
  if (typeof expected !== 'string' || expected.includes('-')) return true;
  return Buffer.from(expected, 'base64').readUInt32BE() === crc32(bytes);
}

/** Undefined unless a request is a GET of an object with a signature that we know how to make. */
function placeOf(request: unknown, input: unknown): Place | undefined {
  const { method, protocol, hostname, port, path, headers } = fieldsOf(request);
  const { Key: key } = fieldsOf(input);
  const { authorization } = fieldsOf(headers);
  if (method !== 'GET' || typeof key !== 'string' || typeof path !== 'string') return undefined;
  if (typeof hostname !== 'string' || typeof authorization !== 'string') return undefined;
  const signed = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/([^/]+)\/s3\/aws4_request,/;
  const region = signed.exec(authorization)?.[1];
  const encoded = encodeKey(key);
  if (region === undefined || !path.endsWith(`/${encoded}`)) return undefined;
  return {
    isSecure: protocol === 'https:',
    hostname,
    port: typeof port === 'number' ? port : undefined,
    region,
    base: path.slice(0, -encoded.length),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Slashes stay; all else that is not unreserved is encoded, as signatures need it. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

import { createHash } from 'node:crypto';
import { crc32Of } from './body.ts';
import { S3Error, textsOf, xmlReply, escapeXml, type Reply } from './reply.ts';
import type { S3Request } from './request.ts';
import type { Bucket, Condition, S3State, StoredObject } from './state.ts';

export function putObject(request: S3Request, bucket: Bucket, state: S3State): Reply {
  checkWrite(request, bucket, state.conditions.put);
  const object = newObject(request);
  bucket.objects.set(request.key, object);
  const checksum = request.crc32 === undefined ? {} : { 'x-amz-checksum-crc32': request.crc32 };
  return { status: 200, headers: { etag: object.etag, ...checksum } };
}

export function getObject(request: S3Request, bucket: Bucket): Reply {
  const object = bucket.objects.get(request.key);
  if (!object) throw new S3Error(404, 'NoSuchKey');
  const { headers } = request;
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined && ifMatch !== object.etag)
    throw new S3Error(412, 'PreconditionFailed');
  const range = rangeOf(headers['range'], object.bytes.length);
  const common = { ...headersOf(object), 'content-type': 'application/octet-stream' };
  if (!range) {
    const wanted = headers['x-amz-checksum-mode'] === 'ENABLED' && object.crc32 !== undefined;
    const checksum = {
      'x-amz-checksum-crc32': object.crc32 ?? '',
      'x-amz-checksum-type': 'FULL_OBJECT',
    };
    return { status: 200, headers: { ...common, ...(wanted && checksum) }, body: object.bytes };
  }
  const [start, end] = range;
  return {
    status: 206,
    headers: { ...common, 'content-range': `bytes ${start}-${end - 1}/${object.bytes.length}` },
    body: object.bytes.subarray(start, end),
  };
}

/** DeleteObjects: keys that were never there count as deleted. */
export function deleteObjects(request: S3Request, bucket: Bucket): Reply {
  const keys = textsOf(request.body.toString(), 'Key');
  for (const key of keys) bucket.objects.delete(key);
  const deleted = keys.map((key) => `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`);
  return xmlReply(`<DeleteResult>${deleted.join('')}</DeleteResult>`);
}

/** The conditions of a PUT or CompleteMultipartUpload as AWS documents them, as far as they are kept to. */
export function checkWrite(
  { headers, key }: S3Request,
  { objects }: Bucket,
  kept: readonly Condition[],
): void {
  const there = objects.get(key);
  const valueOf = (name: Condition) => (kept.includes(name) ? headers[name] : undefined);
  if (valueOf('if-none-match') === '*' && there) throw new S3Error(412, 'PreconditionFailed');
  const ifMatch = valueOf('if-match');
  if (ifMatch === undefined) return;
  if (!there) throw new S3Error(404, 'NoSuchKey');
  if (ifMatch !== there.etag) throw new S3Error(412, 'PreconditionFailed');
}

export function newObject(request: Pick<S3Request, 'body' | 'headers' | 'crc32'>): StoredObject {
  const { body, headers } = request;
  return {
    bytes: body,
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    // AWS keeps whole seconds.
    modified: new Date(Math.floor(Date.now() / 1000) * 1000),
    metadata: metadataOf(headers),
    // AWS stores a checksum of its own where the client sends none.
    crc32: request.crc32 ?? crc32Of(body),
  };
}

export function metadataOf(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-')),
  );
}

function headersOf({ etag, modified, metadata }: StoredObject): Record<string, string> {
  return { etag, 'last-modified': modified.toUTCString(), 'accept-ranges': 'bytes', ...metadata };
}

/** `bytes=a-b` or `bytes=a-` as a half-open range. */
function rangeOf(header: string | undefined, length: number): [number, number] | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined) return undefined;
  const start = Number(first);
  if (start >= length) throw new S3Error(416, 'InvalidRange');
  return [start, last === '' || last === undefined ? length : Math.min(Number(last) + 1, length)];
}

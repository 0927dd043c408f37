import { createHash, randomUUID } from 'node:crypto';
import { crc32Of } from './body.ts';
import { checkWrite, metadataOf, newObject } from './objects.ts';
import { escapeXml, S3Error, textsOf, xmlReply, type Reply } from './reply.ts';
import type { S3Request } from './request.ts';
import type { Bucket, MultipartUpload, S3State, StoredObject } from './state.ts';

/** Every part but the last has at least this many bytes, as on AWS. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

export function createUpload({ key, headers }: S3Request, bucket: Bucket): Reply {
  const id = randomUUID();
  const initiated = new Date();
  bucket.uploads.set(id, { key, initiated, metadata: metadataOf(headers), parts: new Map() });
  return xmlReply(
    `<InitiateMultipartUploadResult><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
  );
}

export function uploadPart(request: S3Request, bucket: Bucket): Reply {
  const part = newObject(request);
  uploadOf(request, bucket).parts.set(Number(request.query.get('partNumber')), part);
  return { status: 200, headers: { etag: part.etag, 'x-amz-checksum-crc32': part.crc32 ?? '' } };
}

export function completeUpload(request: S3Request, bucket: Bucket, state: S3State): Reply {
  const upload = uploadOf(request, bucket);
  const parts = partsOf(request, upload);
  checkWrite(request, bucket, state.conditions.complete);
  const bytes = Buffer.concat(parts.map((part) => part.bytes));
  const sums = parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex'));
  const md5 = createHash('md5').update(Buffer.concat(sums)).digest('hex');
  const etag = `"${md5}-${parts.length}"`;
  const modified = new Date(Math.floor(Date.now() / 1000) * 1000);
  const { metadata } = upload;
  bucket.objects.set(request.key, { bytes, etag, modified, metadata, crc32: crc32Of(bytes) });
  bucket.uploads.delete(request.query.get('uploadId') ?? '');
  return xmlReply(
    `<CompleteMultipartUploadResult><Key>${escapeXml(request.key)}</Key><ETag>${escapeXml(etag)}</ETag></CompleteMultipartUploadResult>`,
  );
}

export function abortUpload(request: S3Request, bucket: Bucket): Reply {
  uploadOf(request, bucket);
  bucket.uploads.delete(request.query.get('uploadId') ?? '');
  return { status: 204 };
}

export function listUploads({ query }: S3Request, bucket: Bucket): Reply {
  const prefix = query.get('prefix') ?? '';
  const uploads = [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix));
  const items = uploads.map(
    ([id, { key, initiated }]) =>
      `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
  );
  return xmlReply(
    `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${items.join('')}</ListMultipartUploadsResult>`,
  );
}

function uploadOf({ key, query }: S3Request, bucket: Bucket): MultipartUpload {
  const upload = bucket.uploads.get(query.get('uploadId') ?? '');
  if (upload?.key !== key) throw new S3Error(404, 'NoSuchUpload');
  return upload;
}

function partsOf({ body }: S3Request, upload: MultipartUpload): StoredObject[] {
  const text = body.toString();
  const etags = textsOf(text, 'ETag');
  return textsOf(text, 'PartNumber').map((number, index, all) => {
    const part = upload.parts.get(Number(number));
    if (!part || part.etag !== etags[index]) throw new S3Error(400, 'InvalidPart');
    const isLast = index === all.length - 1;
    if (!isLast && part.bytes.length < MIN_PART_BYTES) throw new S3Error(400, 'EntityTooSmall');
    return part;
  });
}

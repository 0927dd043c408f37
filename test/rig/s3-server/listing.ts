import { escapeXml, xmlReply, type Reply } from './reply.ts';
import type { S3Request } from './request.ts';
import type { Bucket, S3State } from './state.ts';

/** ListObjectsV2: pages in UTF-8 byte order, with prefix, delimiter and encoding-type=url. */
export function listObjects({ query }: S3Request, { objects }: Bucket, state: S3State): Reply {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const limit = Math.min(Number(query.get('max-keys') ?? 1000), state.maxKeys);
  const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(byBytes);
  const isEncoded = query.get('encoding-type') === 'url';
  const encode = isEncoded ? encodeKey : escapeXml;
  const page: string[] = [];
  const seen = new Set<string>();
  let last = '';
  let isTruncated = false;
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const item = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (seen.has(item) || (after !== '' && byBytes(item, after) <= 0)) continue;
    isTruncated = seen.size === limit;
    if (isTruncated) break;
    seen.add(item);
    last = item;
    page.push(
      end < 0 ? contents(key) : `<CommonPrefixes><Prefix>${encode(item)}</Prefix></CommonPrefixes>`,
    );
  }

  function contents(key: string): string {
    const object = objects.get(key);
    if (!object) return '';
    const { etag, modified, bytes } = object;
    return `<Contents><Key>${encode(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${bytes.length}</Size></Contents>`;
  }

  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(last)}</NextContinuationToken>`
    : '';
  return xmlReply(
    `<ListBucketResult>${isEncoded ? '<EncodingType>url</EncodingType>' : ''}<IsTruncated>${isTruncated}</IsTruncated>${next}<KeyCount>${seen.size}</KeyCount>${page.join('')}</ListBucketResult>`,
  );
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** As AWS encodes keys: a space becomes `+`, slashes stay. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replaceAll(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

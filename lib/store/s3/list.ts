import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { UserError } from '../../errors.ts';
import { compareKeys, isHidden, isSegment } from '../key.ts';
import type { Entry } from '../store.ts';
import { plainEtag, type Session } from './session.ts';

/** What a listing shows of entries below a prefix: no hidden names, and no keys that are none of ours, such as `a//b`. */
export async function* visibleIn(
  prefix: string,
  entries: AsyncIterable<Entry>,
): AsyncGenerator<Entry> {
  for await (const entry of entries) {
    const names = entry.key.slice(prefix.length).split('/');
    if (names.every(isSegment) && !names.some(isHidden)) yield entry;
  }
}

/** Every object below a prefix, page by page. */
export async function* listAll(session: Session, prefix: string): AsyncGenerator<Entry> {
  let last = '';
  for await (const { Contents = [], EncodingType } of pages(session, prefix)) {
    for (const { Key, Size = 0, ETag, LastModified = new Date(0) } of Contents) {
      const key = decode(Key, EncodingType).slice(session.prefix.length);
      // Folders are put together from neighbours, so that order matters.
      if (compareKeys(last, key) > 0) throw outOfOrder(session, key);
      last = key;
      yield { key, bytes: Size, etag: plainEtag(ETag), modified: LastModified };
    }
  }
}

/** Names of the folders directly below a prefix. */
export async function* foldersS3(session: Session, prefix: string): AsyncGenerator<string> {
  for await (const { CommonPrefixes = [], EncodingType } of pages(session, prefix, '/')) {
    for (const { Prefix } of CommonPrefixes) {
      const name = decode(Prefix, EncodingType).slice(session.prefix.length + prefix.length, -1);
      if (isSegment(name) && !isHidden(name)) yield name;
    }
  }
}

async function* pages(
  session: Session,
  prefix: string,
  delimiter?: string,
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const { bucket, client } = session;
  let token: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: session.prefix + prefix,
      // A key may hold characters that XML cannot.
      EncodingType: 'url',
      Delimiter: delimiter,
      ContinuationToken: token,
    });
    const page = await session.retrying('list', prefix, () => client.send(command));
    yield page;
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Some servers do not encode and say so. Others write a space as `+` or `%20`, and a plus as `%2B`. */
function decode(text = '', encoding?: string): string {
  return encoding === 'url' ? decodeURIComponent(text.replaceAll('+', ' ')) : text;
}

function outOfOrder(session: Session, key: string): UserError {
  return new UserError(
    `The bucket '${session.bucket}' does not list keys in the order of their bytes (at '${key}'). Directory buckets do not; use a general purpose bucket or another server.`,
  );
}

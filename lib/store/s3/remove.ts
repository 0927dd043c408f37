import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { Session } from './session.ts';

/** Removes objects, a thousand with a request. A reply of 200 may still name some that were not removed. */
export async function removeS3(session: Session, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += MAX_KEYS) {
    let left = keys.slice(at, at + MAX_KEYS);
    await session.retrying('remove', left[0] ?? '', async () => {
      const Objects = left.map((key) => ({ Key: session.keyOf(key) }));
      const command = new DeleteObjectsCommand({
        Bucket: session.bucket,
        Delete: { Objects, Quiet: true },
      });
      const { Errors = [] } = await session.client.send(command);
      const [first] = Errors;
      if (!first) return;
      const failed = new Set(Errors.map(({ Key }) => Key));
      left = left.filter((key) => failed.has(session.keyOf(key)));
      throw Object.assign(new Error(first.Message ?? 'not removed'), { code: first.Code });
    });
  }
}

/** What S3 allows in one request. */
const MAX_KEYS = 1000;

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
} from '@aws-sdk/client-s3';
import { noLeftover } from '../leftover.ts';
import type { Leftover } from '../store.ts';
import { PROBE_PREFIX } from './conditions.ts';
import { listAll } from './list.ts';
import { removeS3 } from './remove.ts';
import { faultOf } from './fault.ts';
import type { Session } from './session.ts';

/** Uploads that were begun and never completed, and objects of probes that were cut off. */
export async function* leftoversS3(session: Session, before: Date): AsyncGenerator<Leftover> {
  for await (const { Key, UploadId, Initiated } of uploads(session)) {
    if (Key === undefined || UploadId === undefined || !Initiated || Initiated >= before) continue;
    yield { name: `${Key.slice(session.prefix.length)}${MARK}${UploadId}`, modified: Initiated };
  }
  for await (const { key, modified } of listAll(session, PROBE_PREFIX)) {
    if (modified < before) yield { name: key, modified };
  }
}

/** Removes one leftover by the name that {@link leftoversS3} gave it. */
export async function removeLeftoverS3(session: Session, name: string): Promise<void> {
  const at = name.lastIndexOf(MARK);
  if (at > 0) return await abort(session, name.slice(0, at), name.slice(at + MARK.length));
  if (!name.startsWith(PROBE_PREFIX)) throw noLeftover(name);
  await removeS3(session, [name]);
}

const MARK = '?uploadId=';

async function* uploads(session: Session): AsyncGenerator<MultipartUpload> {
  let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (next) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: session.bucket,
      Prefix: session.prefix,
      ...next,
    });
    const page = await session.retrying('list the uploads of', '', () =>
      session.client.send(command),
    );
    yield* page.Uploads ?? [];
    const { IsTruncated, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    next =
      IsTruncated === true && KeyMarker !== undefined
        ? { KeyMarker, ...(UploadIdMarker !== undefined && { UploadIdMarker }) }
        : undefined;
  }
}

function abort(session: Session, key: string, id: string): Promise<void> {
  return session.retrying('abort the upload of', key, async () => {
    const command = new AbortMultipartUploadCommand({ ...session.at(key), UploadId: id });
    try {
      await session.client.send(command);
    } catch (error) {
      if (faultOf(error)?.code !== 'NoSuchUpload') throw error;
    }
  });
}

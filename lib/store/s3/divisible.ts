import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { plainEtag, type Session } from './session.ts';

/** A version of an object that may be read in parts. */
export interface Whole {
  readonly etag: string;
  readonly bytes: number;
  /** Of the whole, in base64, where the server has it. */
  readonly crc32?: string;
}

/**
 * What an object is that can be read in parts and checked as if it had come in one: the checksum of
 * the whole is none of any part's. Undefined for others, and where there is none.
 */
export async function divisibleS3(
  session: Session,
  key: string,
  { isHashed }: { readonly isHashed: boolean },
): Promise<Whole | undefined> {
  const head = await session.look(key, { ChecksumMode: 'ENABLED' });
  if (head?.AcceptRanges !== 'bytes' || head.ContentLength === undefined) return undefined;
  const { ChecksumCRC32: crc32, ...others } = checksumsOf(head);
  // Of an object that comes in one the SDK checks these.
  const isLost = crc32 === undefined && Object.keys(others).length > 0;
  if (isLost && !isHashed) return undefined;
  return {
    etag: plainEtag(head.ETag),
    bytes: head.ContentLength,
    ...(crc32 !== undefined && { crc32 }),
  };
}

/** Checksums of checksums of parts, `…-3`, are none of the whole. */
function checksumsOf(head: HeadObjectCommandOutput): Readonly<Record<string, string>> {
  const fields: readonly (readonly [string, unknown])[] = Object.entries(head);
  const checksums = fields.flatMap(([name, value]) =>
    /^Checksum(?!Type)/.test(name) && typeof value === 'string' && !value.includes('-')
      ? [[name, value] as const]
      : [],
  );
  return Object.fromEntries(checksums);
}

import { reasonOf, UserError } from '../errors.ts';

/** The error code of a failed system call (`ENOENT`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Runs one operation of the local store; a failed system call becomes a {@link UserError} with cause and advice. */
export async function guarded<T>(
  operation: string,
  name: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw localError(operation, name, error);
  }
}

/** What a failed system call on `name` means for a person. Errors that are no system call's pass unchanged. */
export function localError(operation: string, name: string, error: unknown): unknown {
  const code = codeOf(error);
  if (error instanceof UserError || code === undefined) return error;
  const known = meanings[code];
  const reason = known ? `${known.meaning} (${code})` : reasonOf(error);
  const advice = known?.advice ?? 'Check the folder of the store and run the same command again.';
  return new UserError(`Cannot ${operation} '${name}': ${reason}. ${advice}`, {
    cause: error,
    retryable: transient.has(code),
  });
}

/** Codes that pass by themselves: busy files, too many open ones, network file systems. */
const transient = new Set(['EAGAIN', 'EBUSY', 'EMFILE', 'ENFILE', 'ESTALE', 'ETIMEDOUT']);

const meanings: Readonly<Record<string, { readonly meaning: string; readonly advice: string }>> = {
  EACCES: {
    meaning: 'permission denied',
    advice: 'Give this user access to the folder, or choose another one with --store=<folder>.',
  },
  EPERM: {
    meaning: 'operation not permitted',
    advice: 'Give this user access to the folder, or choose another one with --store=<folder>.',
  },
  EROFS: {
    meaning: 'the file system is read-only',
    advice: 'Choose a folder that can be written with --store=<folder>.',
  },
  ENOSPC: {
    meaning: 'no space left on the disk',
    advice: 'Nothing half-written is visible. Free some space and run the same command again.',
  },
  EDQUOT: {
    meaning: 'the disk quota is used up',
    advice: 'Nothing half-written is visible. Free some space and run the same command again.',
  },
  ENOENT: {
    meaning: 'there is no such file',
    advice: 'It may have been removed meanwhile; run the same command again.',
  },
  ENOTDIR: {
    meaning: 'a file stands where a folder is expected',
    advice: 'Remove that file, or choose another folder with --store=<folder>.',
  },
  EEXIST: {
    meaning: 'a file stands where a folder is expected',
    advice: 'Remove that file, or choose another folder with --store=<folder>.',
  },
  EISDIR: {
    meaning: 'a folder stands where a file is expected',
    advice: 'Remove that folder, or choose another store with --store=<folder>.',
  },
  ENAMETOOLONG: {
    meaning: 'the name is too long for this file system',
    advice:
      'Choose shorter values, or another folder with --store=<folder>; a name has at most 255 bytes.',
  },
  ELOOP: {
    meaning: 'symbolic links lead in a circle',
    advice: 'Mend the link, or choose another folder with --store=<folder>.',
  },
  EXDEV: {
    meaning: 'it lies on another file system than the rest of the store',
    advice: 'Keep a whole store on one file system, so that files can be renamed within it.',
  },
  EMFILE: {
    meaning: 'too many files are open',
    advice: 'Raise the limit with "ulimit -n 4096", or run fewer tasks at once with --jobs=<n>.',
  },
  EIO: {
    meaning: 'the disk reports a read or write error',
    advice: 'Check the disk; nothing half-written is visible.',
  },
};

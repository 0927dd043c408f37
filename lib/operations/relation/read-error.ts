import { EngineError } from '../../engine/error.ts';
import { messageOf, UserError } from '../../errors.ts';
import { nameOf } from '../sources/name-of.ts';
import type { NamedFile } from '../sources/name-of.ts';

/** What an engine said, in one line, without its settings and the place in a query that nobody wrote. */
export function saidBy(error: EngineError): string {
  const [said = ''] = messageOf(error.cause).split(
    /\n(?:\s*Possible|LINE \d|\s*Candidates)|, try /,
  );
  return said.trim().replaceAll(/\s+/g, ' ');
}

/** Names of files as a message names them. */
export function namesOf(files: readonly NamedFile[]): string {
  const shown = files.slice(0, MAX_NAMES).map((file) => `'${nameOf(file)}'`);
  const more = files.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

const MAX_NAMES = 3;

/** Makes a UserError of what an engine cannot read in files, and leaves other errors as they are. */
export function unreadable(files: readonly NamedFile[], error: unknown): unknown {
  if (!(error instanceof EngineError) || error.failure !== 'query') return error;
  return new UserError(
    `${namesOf(files)} cannot be read: ${saidBy(error)}; correct it, or fetch it again`,
    { cause: error },
  );
}

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NoDataError, reasonOf, UsageError, UserError } from '../../errors.ts';

/**
 * The absolute paths of the files that arguments name: files, folders with all below them, and
 * globs (`*`, `?`, `[a-z]`, `{a,b}`, `**`). In the order of the arguments, in byte order within
 * one, each once. Names that start with `.` or `_` are left out unless given themselves.
 * Throws UserError for what is missing or is not a local file.
 */
export async function findFiles(uris: readonly string[], cwd: string): Promise<string[]> {
  const found: string[] = [];
  for (const uri of uris) found.push(...(await filesOf(uri, cwd)));
  return [...new Set(found)];
}

async function filesOf(uri: string, cwd: string): Promise<string[]> {
  // Of a variable that is not set, more often than meant for this folder.
  if (uri === '') throw new UsageError(`'' names no file. Expected a file, a folder or a glob.`);
  const target = path.resolve(cwd, localPath(uri));
  const found = await lookUp(target);
  if (found === 'file') return [target];
  if (found === 'folder') return some(uri, await walk(target), 'a folder without files');
  if (found === 'other') throw new UserError(`'${uri}' is neither a file nor a folder; name one.`);
  if (!isGlob(uri)) {
    throw new NoDataError(`'${uri}' does not exist. Expected a file, a folder or a glob.`);
  }
  const matches = globPattern(target);
  const all = await walk(fixedFolder(target));
  return some(
    uri,
    all.filter((file) => matches.test(file)),
    'a glob that no file matches',
  );
}

function localPath(uri: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1];
  if (scheme === undefined) return uri;
  if (scheme.toLowerCase() === 'file') return fileURLToPath(uri);
  throw new UserError(
    `'${uri}' is not a local file. Expected a path or a file:// URI; copy it here first.`,
  );
}

async function lookUp(target: string): Promise<'file' | 'folder' | 'other' | undefined> {
  try {
    const found = await stat(target);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(target, error);
  }
}

function unreadable(path: string, error: unknown): UserError {
  const problem = `'${path}' cannot be read: ${reasonOf(error)}`;
  return new UserError(`${problem}; make it readable, or name another one.`, { cause: error });
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))
  );
}

function some(uri: string, files: string[], problem: string): string[] {
  if (files.length > 0) return files;
  throw new NoDataError(`'${uri}' is ${problem}; check the name.`);
}

async function walk(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
    const target = path.join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await lookUp(target) : kindOf(entry);
    if (kind === 'folder') files.push(...(await walk(target)));
    if (kind === 'file') files.push(target);
  }
  return files;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

function kindOf(entry: Dirent): 'file' | 'folder' | 'other' {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

/** Whether a text has wildcards. */
export function isGlob(text: string): boolean {
  return /[*?[{]/.test(text);
}

/** The deepest folder that is named without wildcards. */
function fixedFolder(pattern: string): string {
  const segments = pattern.split(path.sep);
  const first = segments.findIndex(isGlob);
  return segments.slice(0, first).join(path.sep) || path.sep;
}

/** What a glob matches, for whole paths with `/` between their names. */
export function globPattern(glob: string): RegExp {
  const tokens = glob.match(/\*\*\/|\*\*|\*|\?|\[!?[^\]]+\]|\{[^{}]*\}|[^]/gu) ?? [];
  return new RegExp(`^${tokens.map(globToken).join('')}$`, 'u');
}

function globToken(token: string): string {
  if (token === '**/') return '(?:[^/]+/)*';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 2 && token.startsWith('[')) {
    const negated = token.startsWith('[!');
    return `[${negated ? '^/' : ''}${escaped(token.slice(negated ? 2 : 1, -1), /[\\\]^[]/gu)}]`;
  }
  if (token.length > 1 && token.startsWith('{')) {
    return `(?:${token.slice(1, -1).split(',').map(globAlternative).join('|')})`;
  }
  return escaped(token, /[\\^$.*+?()[\]{}|/]/gu);
}

function globAlternative(text: string): string {
  return (text.match(/\*|\?|[^]/gu) ?? []).map(globToken).join('');
}

function escaped(text: string, special: RegExp): string {
  return text.replaceAll(special, String.raw`\$&`);
}

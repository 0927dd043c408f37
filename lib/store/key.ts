import { quoted, UserError } from '../errors.ts';
import type { Entry } from './store.ts';

/** The longest key in UTF-8 bytes, as on S3. */
export const MAX_KEY_BYTES = 1024;

/** Refuses a key that is absolute, climbs up, or has an empty segment or characters that are syntax somewhere. */
export function checkKey(key: string): void {
  const fault = key.split('/').map(faultOf).find(Boolean) ?? lengthFault(key);
  if (fault) throw badKey('key', key, fault);
}

/** Refuses a prefix that is neither empty nor a key followed by `/`. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) throw badKey('prefix', prefix, 'does not end in "/"');
  checkKey(prefix.slice(0, -1));
}

/** Refuses a key that would lead out of a folder, and takes all others that a file system has. */
export function checkPath(key: string): void {
  const isPlain = (segment: string): boolean => !['', '.', '..'].includes(segment);
  if (!key.split('/').every(isPlain)) {
    throw badKey('key', key, 'has an empty segment, or "." or ".."');
  }
}

/** Whether a name can be one segment of a key. */
export function isSegment(name: string): boolean {
  return faultOf(name) === undefined;
}

/** Whether a name is one of Pipe's own, which listings do not show. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Leaves out what Pipe keeps for itself in the place that is listed. */
export async function* withoutOwn(entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  for await (const entry of entries) if (!entry.key.startsWith(OWN_PREFIX)) yield entry;
}

const OWN_PREFIX = '.pipe/';

/** Orders keys by their UTF-8 bytes, as S3 lists them. JavaScript's own order differs beyond U+FFFF. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index);
    const y = b.charCodeAt(index);
    if (x === y) continue;
    // A surrogate stands for a code point above every other code unit.
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

function faultOf(segment: string): string | undefined {
  if (segment === '') return 'is empty, or starts, ends or doubles a "/"';
  if (segment === '.' || segment === '..') return `has the segment '${segment}'`;
  if (/[\\\p{Cc}]/u.test(segment)) return 'has a backslash or control character';
  // A lone surrogate has no UTF-8 form: two such keys would become one file.
  if (/\p{Cs}/u.test(segment)) return 'is not well-formed Unicode';
  return undefined;
}

function lengthFault(key: string): string | undefined {
  return Buffer.byteLength(key) > MAX_KEY_BYTES
    ? `is longer than ${MAX_KEY_BYTES} bytes`
    : undefined;
}

function badKey(what: string, key: string, fault: string): UserError {
  return new UserError(
    `The ${what} ${quoted(key)} ${fault}. Expected names separated by single slashes, such as 'events/site=a'.`,
  );
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

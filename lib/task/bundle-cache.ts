import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What the cache remembers of a bundle. Paths are relative to the project root. */
export interface CacheEntry {
  /** File name of the bundle in the cache folder. */
  readonly bundle: string;
  /** Hash of every file the bundle was made from. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Hash of each task file's module graph. */
  readonly code: Readonly<Record<string, string>>;
}

/** A bundle's code, and the source map that leads back to the files it was made from. */
export interface Bundle {
  readonly code: string;
  readonly map: string;
}

export interface BundleCache {
  /** The bundle made before, if every file it was made from is still the same. */
  fresh(): Promise<CacheEntry | undefined>;
  replace(bundle: Bundle, described: Pick<CacheEntry, 'inputs' | 'code'>): Promise<CacheEntry>;
}

/** Another process may be about to load a bundle that has just been replaced. */
const keepOldMs = 3_600_000;

/** The cache of one set of files; `identity` is what the bundle depends on besides their content. */
export function openBundleCache(
  folder: string,
  root: string,
  identity: readonly string[],
): BundleCache {
  const key = contentHash(JSON.stringify(identity)).slice(0, 16);
  const index = join(folder, `${key}.json`);
  return {
    async fresh() {
      const entry = await readEntry(index);
      return entry && isFresh(entry, root) ? entry : undefined;
    },
    async replace({ code, map }, described) {
      const bundle = `${key}-${contentHash(code).slice(0, 16)}.mjs`;
      const entry: CacheEntry = { bundle, ...described };
      await mkdir(folder, { recursive: true });
      await replaceFile(join(folder, `${bundle}.map`), map);
      await replaceFile(join(folder, bundle), code);
      await replaceFile(index, JSON.stringify(entry));
      await removeOld(folder, key, bundle);
      return entry;
    },
  };
}

/** SHA-256 in hex. */
export function contentHash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Reads in turn: for many small files that is several times faster than at once. */
function isFresh({ inputs }: CacheEntry, root: string): boolean {
  return Object.entries(inputs).every(([path, hash]) => {
    try {
      return contentHash(readFileSync(resolve(root, path))) === hash;
    } catch {
      return false; // gone
    }
  });
}

async function readEntry(index: string): Promise<CacheEntry | undefined> {
  try {
    const entry: unknown = JSON.parse(await readFile(index, 'utf8'));
    return isEntry(entry) ? entry : undefined;
  } catch {
    return undefined; // absent or torn: the bundle is made again
  }
}

function isEntry(value: unknown): value is CacheEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { bundle, inputs, code } = value as Partial<Record<keyof CacheEntry, unknown>>;
  return typeof bundle === 'string' && isTexts(inputs) && isTexts(code);
}

function isTexts(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  );
}

async function removeOld(folder: string, key: string, keep: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${key}-`));
  const now = (await stat(join(folder, keep))).mtimeMs;
  for (const name of names.filter((other) => !other.startsWith(keep))) {
    const path = join(folder, name);
    if (now - (await stat(path)).mtimeMs > keepOldMs) await rm(path, { force: true });
  }
}

/** Two processes may write the same file at once; everybody sees a whole one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  await writeFile(temporary, text);
  await rename(temporary, path);
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folders whose code decides what a built-in task computes; the rest of Pipe only carries it out. */
const computing = /\/(tasks|lib\/(operations|formats|dates))\//;

const relativeImport = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

/**
 * Hash of a compiled built-in task file and of every computing module it imports, directly or not.
 * Independent of where Pipe is installed.
 */
export async function codeOfModule(entry: URL): Promise<string> {
  const sources = new Map<string, string>();
  await collect(entry, sources);
  const root = fileURLToPath(entry);
  const parts = [...sources].map(([path, text]) => [relative(root, path), text] as const);
  return hashParts(parts);
}

/** Hash of named texts, whatever order they come in: 16 hex digits. */
export function hashParts(parts: readonly (readonly [name: string, text: string])[]): string {
  const hash = createHash('sha256');
  for (const [name, text] of parts.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${name}\0${text.length}\0${text}\0`);
  }
  return hash.digest('hex').slice(0, 16);
}

async function collect(module: URL, sources: Map<string, string>): Promise<void> {
  const path = fileURLToPath(module);
  if (sources.has(path)) return;
  const text = await readFile(path, 'utf8');
  sources.set(path, text);
  const imported = [...text.matchAll(relativeImport)].map(([, name = '']) => new URL(name, module));
  for (const next of imported.filter(({ pathname }) => computing.test(pathname))) {
    await collect(next, sources);
  }
}

import { cp, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a checkout does not have, or what is too large to be copied. */
const left = new Set(['.git', 'dist', 'data', 'node_modules']);

/** Copies the project into a folder, as it is after `npm ci`: built, with its packages. */
export async function copyCheckout(folder: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!left.has(name)) await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await cp(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
}

import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Makes the package as it would be published, from what is built, and unpacks it below
 * `node_modules` of a folder, with its dependencies and its command, as npm would.
 */
export async function installPacked(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'pipe'), { recursive: true });
  const packed = await mkdtemp(join(tmpdir(), 'pipe-'));
  try {
    const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', packed];
    await run('npm', args, { cwd: root });
    const [name = ''] = await readdir(packed);
    const target = ['-C', join(modules, 'pipe'), '--strip-components=1'];
    await run('tar', ['-xzf', join(packed, name), ...target]);
  } finally {
    await rm(packed, { recursive: true, force: true });
  }
  const { dependencies, bin } = await manifestOf(join(modules, 'pipe'));
  for (const name of Object.keys(dependencies))
    await link(join('node_modules', name), modules, name);
  const command = join(modules, 'pipe', bin['pipe'] ?? '');
  await chmod(command, 0o755);
  await mkdir(join(modules, '.bin'), { recursive: true });
  await symlink(join('..', 'pipe', bin['pipe'] ?? ''), join(modules, '.bin', 'pipe'));
}

/** Puts a package of this project's own into `node_modules` of a folder: `typescript`, `@types/node`. */
export async function installOwn(folder: string, name: string): Promise<void> {
  await link(join('node_modules', name), join(folder, 'node_modules'), name);
}

async function link(from: string, modules: string, name: string): Promise<void> {
  await mkdir(dirname(join(modules, name)), { recursive: true });
  await symlink(join(root, from), join(modules, name));
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  const manifest: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  return manifest;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';

/** How the server of {@link serve} is reached. */
export const access = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
};

/** Starts an S3 server with so many objects in a process of its own: it must not share one with what is measured. */
export async function serve(
  objects: number,
  folder: string,
): Promise<{ readonly endpoint: string; stop(): void }> {
  const outfile = join(folder, 's3-objects.mjs');
  await build({
    entryPoints: ['test/bench/s3-objects.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@aws-sdk/client-s3', '@duckdb/node-api', 'esbuild', 'neodoc'],
  });
  const child = spawn(process.execPath, [outfile, String(objects)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line]: unknown[] = await once(child.stdout, 'data');
  return { endpoint: String(line).trim(), stop: () => void child.kill() };
}

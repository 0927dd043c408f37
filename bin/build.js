// Builds what is published: a few bundles instead of a hundred modules, because each module costs
// start-up time. Declarations come from tsc.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await rm('dist/chunks', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ['bin/pipe.ts', 'lib/pipe.ts'],
  outbase: '.',
  outdir: 'dist',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // OpenTelemetry's packages can be bundled from their modules only.
  mainFields: ['module', 'main'],
  // Large, native or seldom needed; they are imported when first used.
  external: ['@aws-sdk/client-s3', '@duckdb/node-api', 'esbuild', 'neodoc', 'parquetjs-lite'],
  sourcemap: true,
  metafile: true,
});
const files = (await readdir('tasks')).filter((name) => name.endsWith('.ts'));
const codes = files.map(async (name) => [basename(name, '.ts'), await codeOf(`tasks/${name}`)]);
await writeFile('dist/code.json', JSON.stringify(Object.fromEntries(await Promise.all(codes))));
const { builtInTasks } = await import(`../${outputOf('lib/cli/built-ins.ts')}`);
const tasks = builtInTasks().map((task) => {
  const { name, summary, usage, file } = task;
  return { name, summary, usage: usage.text, file };
});
await writeFile('dist/tasks.json', JSON.stringify(tasks));

function outputOf(entry) {
  const outputs = Object.entries(metafile.outputs);
  return outputs.find(([, { entryPoint }]) => entryPoint === entry)[0];
}

/** Hash of a task file and of every module it imports that decides what the task computes. */
async function codeOf(entry) {
  const hash = createHash('sha256');
  for (const path of graphOf(entry).sort((a, b) => (a < b ? -1 : 1))) {
    hash
      .update(`${path}\0`)
      .update(await readFile(path))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function graphOf(path, found = new Set()) {
  // The rest of Pipe carries tasks out, whatever they compute.
  const computes = /^(tasks|lib\/(operations|formats|dates))\//.test(path);
  if (!computes || found.has(path)) return [...found];
  found.add(path);
  for (const { path: next } of metafile.inputs[path]?.imports ?? []) graphOf(next, found);
  return [...found];
}

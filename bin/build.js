// Builds what is published: a few bundles instead of a hundred modules, because each module costs
// start-up time. Declarations come from tsc.
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
/**
 * Large packages in CommonJS stay outside, and are required: an import would look through all their
 * modules for names before it runs them, which takes as long again.
 */
const required = {
  name: 'required',
  setup(pipe) {
    const filter = /^(@aws-sdk\/client-s3|@duckdb\/node-api)$/;
    pipe.onResolve({ filter }, ({ path, namespace }) =>
      namespace === 'required' ? { path, external: true } : { path, namespace: 'required' },
    );
    pipe.onLoad({ filter, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require('${path}');`,
    }));
  },
};
const settings = {
  outbase: '.',
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  metafile: true,
};
const { metafile } = await build({
  ...settings,
  entryPoints: ['lib/cli/main.ts', 'lib/pipe.ts'],
  chunkNames: 'chunks/[name]-[hash]',
  splitting: true,
  // OpenTelemetry's packages can be bundled from their modules only.
  mainFields: ['module', 'main'],
  // Seldom needed; they are imported when first used.
  external: ['esbuild', 'neodoc', 'parquetjs-lite'],
  plugins: [required],
  banner: {
    js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
  },
});
// By itself, so that an old Node finds nothing in it that it cannot read.
const command = await build({
  ...settings,
  entryPoints: ['bin/pipe.ts'],
  plugins: [
    {
      name: 'rest-later',
      setup(pipe) {
        pipe.onResolve({ filter: /\/main\.ts$/ }, () => ({
          path: '../lib/cli/main.js',
          external: true,
        }));
      },
    },
  ],
});
const files = (await readdir('tasks')).filter((name) => name.endsWith('.ts'));
const codes = files.map(async (name) => [basename(name, '.ts'), await codeOf(`tasks/${name}`)]);
await writeFile('dist/code.json', JSON.stringify(Object.fromEntries(await Promise.all(codes))));
const { builtInTasks } = await import(`../${outputOf('lib/cli/built-ins.ts')}`);
const tasks = builtInTasks().map((task) => {
  const { name, summary, usage, file, complete } = task;
  return { name, summary, usage: usage.text, file, complete };
});
await writeFile('dist/tasks.json', JSON.stringify(tasks));
await writeFile('dist/licenses.txt', await licenses());
await removeOthers(
  new Set([
    ...Object.keys({ ...metafile.outputs, ...command.metafile.outputs }),
    ...(await declarationsFrom('dist/lib/pipe.d.ts')),
    'dist/code.json',
    'dist/licenses.txt',
    'dist/tasks.json',
  ]),
);

/** The licences of the packages that are inside the bundles, as they ask to be handed on. */
async function licenses() {
  const inside = Object.keys(metafile.inputs)
    .map((path) => /^(.*?\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter((folder) => folder !== undefined);
  const texts = [...new Set(inside)].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    const text = file === undefined ? '' : `\n${await readFile(`${folder}/${file}`, 'utf8')}`;
    return `${name} ${version} (${license})\n${text}`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`);
}

/** What authors of tasks import has types; those of everything else are of no use to anybody. */
async function declarationsFrom(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  const text = await readFile(path, 'utf8');
  for (const [, next] of text.matchAll(/(?:from|import\() ?['"](\.[^'"]+)\.ts['"]/g)) {
    await declarationsFrom(join(dirname(path), `${next}.d.ts`), found);
  }
  return found;
}

/** The package holds what this build has made, whatever was in the folder before. */
async function removeOthers(keep) {
  const entries = await readdir('dist', { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isDirectory() && !keep.has(path)) await rm(path);
  }
}

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

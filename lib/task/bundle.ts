import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, Metafile, Plugin } from 'esbuild';
import { UsageError } from '../errors.ts';
import { contentHash, openBundleCache } from './bundle-cache.ts';
import type { BundleCache, CacheEntry } from './bundle-cache.ts';
import { linkError } from './link-error.ts';

/** A file of the user's as a module that loads when asked. */
export interface UserModule {
  readonly file: string;
  /** Absolute path of the bundle, whose name changes with its content. */
  readonly bundle: string;
  /** Hash of the file and of every file of the project it imports. */
  readonly code: string;
  load(): Promise<Readonly<Record<string, unknown>>>;
}

export interface BundleOptions {
  /** Absolute paths of the files, TypeScript or JavaScript. */
  readonly files: readonly string[];
  /** Project root: where packages are looked up and paths in the cache start. */
  readonly root: string;
  readonly cacheFolder: string;
  /** URL of the module that `import … from 'pipe'` means in these files. */
  readonly pipe: string;
  /** Changes when bundles made before can no longer be used. */
  readonly version: string;
}

/**
 * Makes one bundle of the user's files with esbuild, or takes the one made before when no input has
 * changed. A bundle loads several times faster than its files, and TypeScript needs no set-up.
 * Throws UsageError with the place and a caret for a syntax error.
 */
export async function bundleModules(options: BundleOptions): Promise<readonly UserModule[]> {
  if (options.files.length === 0) return [];
  const { files, root, pipe, version } = options;
  const cache = openBundleCache(options.cacheFolder, root, [root, ...files, pipe, version]);
  const entry = (await cache.fresh()) ?? (await build(cache, options));
  const bundle = join(options.cacheFolder, entry.bundle);
  const url = pathToFileURL(bundle).href;
  return options.files.map((file, position) => ({
    file,
    bundle,
    code: entry.code[file] ?? '',
    load: () => loadModule(url, position, { ...options, files: inputsOf(entry, options) }),
  }));
}

/** The files of the user's that are in a bundle. */
function inputsOf(entry: CacheEntry, { root }: BundleOptions): readonly string[] {
  return Object.keys(entry.inputs).map((path) => resolve(root, path));
}

async function loadModule(
  url: string,
  position: number,
  options: BundleOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const bundle: unknown = await import(url).catch(async (error: unknown) => {
    throw (await linkError(error, options)) ?? error;
  });
  const loaders = propertyOf(bundle, 'modules');
  const load: unknown = Array.isArray(loaders) ? loaders[position] : undefined;
  if (typeof load !== 'function') throw new Error(`the bundle ${url} has no module ${position}`);
  const module: unknown = await load();
  return typeof module === 'object' && module !== null ? { ...module } : {};
}

async function build(cache: BundleCache, options: BundleOptions): Promise<CacheEntry> {
  const { outputFiles, metafile } = await runEsbuild(options);
  const described = await describe(metafile, options);
  const text = (ending: string): string =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return cache.replace({ code: text('.mjs'), map: text('.map') }, described);
}

async function runEsbuild(options: BundleOptions) {
  const { build: bundle } = await import('esbuild');
  const imports = options.files.map((file) => `() => import(${JSON.stringify(file)})`);
  const settings = {
    stdin: {
      contents: `export const modules = [${imports.join(', ')}];`,
      resolveDir: options.root,
    },
    absWorkingDir: options.root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'external',
    // Where the bundle will lie: the source map's paths are relative to it.
    outfile: join(options.cacheFolder, 'tasks.mjs'),
    metafile: true,
    write: false,
    logLevel: 'silent',
    define: { 'import.meta.url': fileUrlName },
    banner: { js: requireFrom(options.root) },
    plugins: [pipeItself(options.pipe), ownUrls(options.root)],
  } satisfies BuildOptions;
  try {
    return await bundle(settings);
  } catch (error) {
    throw isBuildFailure(error) ? syntaxError(error) : error;
  }
}

/** Modules have no `require`, which files of a CommonJS project call. A file that makes one of its own may do so. */
function requireFrom(root: string): string {
  const file = JSON.stringify(join(root, 'package.json'));
  return `import { createRequire as __pipe_create_require } from 'node:module'; var require = __pipe_create_require(${file});`;
}

/** Makes `import … from 'pipe'` and `require('pipe')` mean the Pipe that is running, wherever it is installed. */
function pipeItself(url: string): Plugin {
  return {
    name: 'pipe-itself',
    setup(build) {
      build.onResolve({ filter: /^pipe$/ }, ({ kind }) =>
        kind === 'require-call'
          ? { path: 'pipe', namespace: requiredName }
          : { path: url, external: true },
      );
      // It is a module, which is imported before anything is required.
      const contents = "export * from 'pipe';";
      build.onLoad({ filter: /^pipe$/, namespace: requiredName }, () => ({ contents }));
    },
  };
}

const requiredName = 'pipe-required';

const fileUrlName = '__pipe_file_url';

/** Gives each file of the project its own `import.meta.url`, not that of the bundle. */
function ownUrls(root: string): Plugin {
  return {
    name: 'own-urls',
    setup(build) {
      build.onLoad({ filter: /\.(ts|js|mts|mjs)$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        if (!path.startsWith(root) || !text.includes('import.meta.url')) return undefined;
        // On the first line, so that line numbers in errors stay right.
        const contents = `const ${fileUrlName} = ${JSON.stringify(pathToFileURL(path).href)};${text}`;
        return { contents, loader: path.endsWith('ts') ? 'ts' : 'js' };
      });
    },
  };
}

async function describe(
  metafile: Metafile,
  { root, files }: BundleOptions,
): Promise<Pick<CacheEntry, 'inputs' | 'code'>> {
  const isFile = (path: string): boolean =>
    path !== '<stdin>' && !path.startsWith(`${requiredName}:`);
  const paths = Object.keys(metafile.inputs).filter(isFile);
  const texts = new Map(
    await Promise.all(
      paths.map(async (path) => [path, await readFile(resolve(root, path), 'utf8')] as const),
    ),
  );
  const inputs = Object.fromEntries([...texts].map(([path, text]) => [path, contentHash(text)]));
  const code = files.map((file) => {
    const entry = paths.find((path) => resolve(root, path) === file) ?? '';
    const graph = reachable(entry, metafile).sort();
    return [file, contentHash(JSON.stringify(graph.map((path) => [path, inputs[path]])))] as const;
  });
  return { inputs, code: Object.fromEntries(code) };
}

function reachable(entry: string, metafile: Metafile, found = new Set<string>()): string[] {
  const input = metafile.inputs[entry];
  if (!input || found.has(entry)) return [...found];
  found.add(entry);
  for (const { path, external } of input.imports) {
    if (!external) reachable(path, metafile, found);
  }
  return [...found];
}

/** What is wrong with a file of JSON, and where; undefined where nothing is. */
export async function jsonError(path: string, name: string): Promise<UsageError | undefined> {
  const { transform } = await import('esbuild');
  try {
    const text = await readFile(path, 'utf8');
    await transform(text, { loader: 'json', sourcefile: name, logLevel: 'silent' });
    return undefined;
  } catch (error) {
    return isBuildFailure(error) ? syntaxError(error) : undefined;
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && Array.isArray(propertyOf(error, 'errors'));
}

function syntaxError({ errors }: BuildFailure): UsageError {
  const sentences = errors.map(({ text, location }) => {
    if (!location) return text;
    const { file, line, column, lineText } = location;
    const caret = lineText.trim() === '' ? '' : `\n\n  ${lineText}\n  ${' '.repeat(column)}^`;
    return `${file}:${line}:${column + 1}: ${text}${caret}`;
  });
  return new UsageError(sentences.join('\n\n'));
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

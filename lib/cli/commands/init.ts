import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { quote } from '../../docopt/quote.ts';
import { exitCodes, messageOf, UserError } from '../../errors.ts';
import type { ExitCode } from '../../errors.ts';
import { packageRoot } from '../package.ts';
import { findProject } from '../../task/project.ts';
import type { CommandInput } from './commands.ts';
import { configText, helloTask, nodeTest, vitestTest } from './init-files.ts';

/** Writes what a project begins with; what is there stays as it is. Prints what was done and what to do next. */
export async function init({ args, cwd }: CommandInput): Promise<ExitCode> {
  const root = resolve(cwd, typeof args['folder'] === 'string' ? args['folder'] : '.');
  const manifest = await readManifest(root);
  const done: string[] = [];
  try {
    done.push(await writeConfig(root));
    done.push(await writeNew(root, 'tasks/hello.ts', helloTask));
    done.push(
      manifest?.hasVitest
        ? await writeNew(root, 'test/hello.test.ts', vitestTest)
        : await writeNew(root, 'test/hello.test.mjs', nodeTest),
    );
    done.push(await ignore(root));
  } catch (error) {
    throw new UserError(`cannot write into ${root}: ${messageOf(error)}; choose another folder`, {
      cause: error,
    });
  }
  process.stdout.write(`${done.map((line) => `${line}\n`).join('')}\n${await next(root, cwd)}`);
  return exitCodes.done;
}

/** A second config beside the first would never be read. */
async function writeConfig(root: string): Promise<string> {
  const project = await findProject(root);
  const config = project?.root === root ? project.config : undefined;
  if (config !== undefined) return leftAlone(relative(root, config));
  return writeNew(root, 'pipe.config.ts', configText);
}

async function writeNew(root: string, name: string, text: string): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text, { flag: 'wx' });
    return `wrote       ${name}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      return leftAlone(name);
    }
    throw error;
  }
}

function leftAlone(name: string): string {
  return `left alone  ${name}, which is there already`;
}

async function ignore(root: string): Promise<string> {
  const path = join(root, '.gitignore');
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  if (lines.some((line) => /^\/?data\/?$/.test(line)))
    return leftAlone('.gitignore: its line data/');
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  await appendFile(path, `${gap}data/\n`);
  return `${text === '' ? 'wrote     ' : 'added to  '}  .gitignore: data/, where results will be`;
}

interface Manifest {
  readonly hasVitest: boolean;
}

async function readManifest(root: string): Promise<Manifest | undefined> {
  const text = await readFile(join(root, 'package.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  return { hasVitest: /"vitest"\s*:/.test(text) };
}

async function next(root: string, cwd: string): Promise<string> {
  const manifest = await readManifest(root);
  // Who has no `pipe` of their own runs it by `npx pipe`.
  const pipe = process.env['npm_command'] === 'exec' ? 'npx pipe' : 'pipe';
  const steps = [
    ...(root === cwd ? [] : [`cd ${quote([relative(cwd, root)])}`]),
    ...(manifest ? [] : ['npm init -y']),
    ...(isInstalled(root) ? [] : [`npm install --save-dev ${quote([packageRoot])}`]),
    `${pipe} hello:world -- --name=Ann`,
    manifest?.hasVitest ? 'npx vitest run test/hello.test.ts' : 'node --test test/',
    `${pipe} doctor`,
    `${pipe} --list`,
  ];
  const width = Math.max(...steps.map((step) => step.length).filter((length) => length < 40));
  const lines = steps.map((step) => {
    const why = reasons.find(([start]) => step.replace(/^npx (?=pipe)/, '').startsWith(start))?.[1];
    return `  ${why === undefined ? step : `${step.padEnd(width)}  # ${why}`}\n`;
  });
  return `Next:\n${lines.join('')}`;
}

const reasons: readonly (readonly [start: string, why: string])[] = [
  ['npm init', 'a package.json, for what the project depends on'],
  ['npm install', 'types for the editor, and the tests'],
  ['pipe hello', 'run the task'],
  ['node --test', 'run its test'],
  ['npx vitest', 'run its test'],
  ['pipe doctor', 'check this machine and the store'],
  ['pipe --list', 'what else there is'],
];

/** Whether `import 'pipe'` finds a Pipe from there. */
function isInstalled(root: string): boolean {
  try {
    createRequire(join(root, 'package.json')).resolve('pipe');
    return true;
  } catch {
    return false;
  }
}

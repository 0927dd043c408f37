import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeBin } from '../rig/rig.ts';

const TASK_FILES = 50;
const REPEATS = 31;
const SITES = 50;

/**
 * Starts of `pipe` beside a bare `node -e 0`, in turns: medians and minima in milliseconds, with
 * fifty task files of two tasks each, bundled before.
 */
export async function benchStartup(): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    await writeProject(folder);
    const commands = {
      'node -e 0': ['-e', '0'],
      'pipe --version': [pipeBin, '--version'],
      'pipe --help': [pipeBin, '--help'],
      [`pipe --list, ${TASK_FILES} task files`]: [pipeBin, '--list'],
      'completion of a task': [pipeBin, 'complete', 'bash', 'pipe bench:o', ':='],
      'completion of an option': [pipeBin, 'complete', 'bash', 'pipe stats:multi --', ':='],
      'completion of a site': [pipeBin, 'complete', 'bash', 'pipe stats:multi --sites=', ':='],
    };
    const times = new Map(Object.keys(commands).map((name) => [name, new Array<number>()]));
    for (let turn = 0; turn <= REPEATS; turn++) {
      for (const [name, args] of Object.entries(commands)) {
        const ms = await timeOf(args, folder);
        if (turn > 0) times.get(name)?.push(ms);
      }
    }
    return rowsOf(times);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(times: ReadonlyMap<string, readonly number[]>): readonly object[] {
  const bare = [...times.values()][0] ?? [];
  return [...times].map(([command, ms]) => ({
    command,
    'median ms': round(middle(ms)),
    'least ms': round(Math.min(...ms)),
    'above node': round(middle(ms) - middle(bare)),
    'least above node': round(Math.min(...ms) - Math.min(...bare)),
  }));
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function timeOf(args: readonly string[], cwd: string): Promise<number> {
  // Node 20 reads these certificates at every start, which hides what is measured.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const start = performance.now();
  const child = spawn(process.execPath, args, { cwd, env, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(performance.now() - start));
  });
}

async function writeProject(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'));
  await mkdir(join(folder, 'tasks'));
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeStore(folder);
  for (let n = 0; n < TASK_FILES; n++) await writeFile(join(folder, `tasks/t${n}.ts`), taskFile(n));
}

/** Days of sites as a store has them, for completion to look at. */
async function writeStore(folder: string): Promise<void> {
  for (let site = 0; site < SITES; site++) {
    for (let day = 10; day < 30; day++) {
      const partition = join(folder, `data/events/site=s${site}/date=2026-11-${day}`);
      await mkdir(partition, { recursive: true });
      await writeFile(join(partition, 'data.parquet'), '');
    }
  }
}

function taskFile(n: number): string {
  return `import { defineTask, list, type PlanContext } from 'pipe';

interface Greeting {
  readonly site: string;
  readonly length: number;
}

export const all${n} = defineTask({
  name: 'bench:all${n}',
  summary: 'Do task ${n} for several sites',
  usage: \`--sites=<list> [--format=<csv|json|parquet>] [ (--start-date=<d> --end-date=<d>) | (--days-ago=<n> [--days-ago-end=<n>]) ]

Options:
  --sites=<list>               The sites, separated by commas.
  --format=<csv|json|parquet>  What to write [default: csv].\`,
  *plan(args, _context: PlanContext) {
    for (const site of list(args.sites)) yield { task: 'bench:one${n}', args: { site } };
  },
});

export const one${n} = defineTask({
  name: 'bench:one${n}',
  summary: 'Do task ${n} for one site',
  usage: '--site=<site>',
  run(args, context) {
    const greeting: Greeting = { site: args.site, length: args.site.length };
    context.log(\`\${greeting.site}: \${greeting.length}\`);
  },
});
`;
}

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeBin } from '../rig/rig.ts';

const task = `import { defineTask } from 'pipe';

export const noop = defineTask({
  name: 'bench:noop',
  summary: 'Do nothing, in a process of its own',
  usage: '<n>',
  isolate: 'process',
  run: () => undefined,
});

export const many = defineTask({
  name: 'bench:many',
  summary: 'Plan many invocations that do nothing',
  usage: '<leaves>',
  *plan({ leaves }) {
    for (let n = 0; n < Number(leaves); n++) yield { task: 'bench:noop', args: [String(n)] };
  },
});
`;

/** Leaves that do nothing, each in a warm worker, ledger on: the whole command, its start included. */
export async function benchIsolate(leaves = 5000): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    await mkdir(join(folder, 'tasks'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'tasks/bench.js'), task);
    await secondsOf(folder, 1);
    const rows: object[] = [];
    for (const count of [10, leaves]) {
      const seconds = await secondsOf(folder, count);
      rows.push({
        'isolated leaves': count,
        jobs: availableParallelism(),
        seconds: Math.round(seconds * 100) / 100,
        'leaves/s': Math.round(count / seconds),
      });
    }
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function secondsOf(folder: string, leaves: number): Promise<number> {
  const start = performance.now();
  const args = [pipeBin, '--retries=3', '-q', '--store', join(folder, `data-${leaves}`)];
  const child = spawn(process.execPath, [...args, 'bench:many', String(leaves)], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve((performance.now() - start) / 1000);
      else reject(new Error(`pipe ended with ${code}`));
    });
  });
}

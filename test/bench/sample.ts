import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseDay } from '../../lib/dates/day.ts';
import { sampleSize } from '../../lib/operations/sample.ts';
import { pipeBin } from '../rig/rig.ts';

const sites = ['a', 'b', 'c', 'd'];

/** `events:sample` of four sites into log files: lines a second, the start of Pipe included. */
export async function benchSample(rows = 4_000_000): Promise<readonly object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-bench-'));
  try {
    const size = Math.ceil(rows / sites.length);
    const days = ['--days=1', '--end-date=2026-11-18'];
    const task = ['events:sample', '--', `--sites=${sites.join()}`, ...days, `--rows=${size}`];
    const start = performance.now();
    await promisify(execFile)(process.execPath, [pipeBin, '--store=store', ...task, '--to=logs'], {
      cwd: folder,
    });
    const seconds = (performance.now() - start) / 1000;
    const day = parseDay('2026-11-18', 'day');
    const lines = sites
      .map((site) => sampleSize({ site, day, timezone: 'UTC', seed: 1, rows: size }))
      .reduce((sum, count) => sum + count);
    const bytes = await sizeOf(sites.map((site) => join(folder, 'logs', site, `${day}.jsonl`)));
    return [
      {
        lines,
        'lines/s': Math.round(lines / seconds),
        'MB/s': Math.round(bytes / 1e6 / seconds),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizeOf(files: readonly string[]): Promise<number> {
  const stats = await Promise.all(files.map((file) => stat(file)));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as completion from '../../tasks/completion.ts';
import * as cron from '../../tasks/cron.ts';
import * as data from '../../tasks/data.ts';
import * as events from '../../tasks/events.ts';
import * as harvest from '../../tasks/harvest.ts';
import * as join from '../../tasks/join.ts';
import * as report from '../../tasks/report.ts';
import * as resume from '../../tasks/resume.ts';
import * as runs from '../../tasks/runs.ts';
import * as snapshot from '../../tasks/snapshot.ts';
import * as stats from '../../tasks/stats.ts';
import * as status from '../../tasks/status.ts';
import * as store from '../../tasks/store.ts';
import * as tasks from '../../tasks/tasks.ts';
import { registered, tasksOf } from '../task/load.ts';
import type { RegisteredTask } from '../task/registry.ts';
import { packageRoot } from './package.ts';

/** The tasks that come with Pipe, by file. */
const files = {
  completion,
  cron,
  data,
  events,
  harvest,
  join,
  report,
  resume,
  runs,
  snapshot,
  stats,
  status,
  store,
  tasks,
};

export function builtInTasks(): readonly RegisteredTask[] {
  return Object.entries(files).flatMap(([file, exports]) =>
    tasksOf(exports).map((task) => registered(task, 'Pipe itself', () => codeOf(file))),
  );
}

/** The hash of the file's module graph, which the build wrote down. */
async function codeOf(file: string): Promise<string> {
  const codes: unknown = JSON.parse(
    await readFile(path.join(packageRoot, 'dist/code.json'), 'utf8'),
  );
  const code = new Map(Object.entries(Object(codes))).get(file);
  if (typeof code !== 'string') throw new Error(`dist/code.json has no hash of tasks/${file}.ts`);
  return code;
}

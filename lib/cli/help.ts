import { describeUsage } from '../docopt/help.ts';
import { loadProject } from './registry.ts';

/** What `pipe <task> --help` prints: summary, usage and options. */
export async function helpOf(name: string, cwd: string): Promise<string> {
  const { registry } = await loadProject(cwd);
  const task = registry.get(name);
  return `${task.name}: ${task.summary}\n\n${describeUsage(task.usage)}\n`;
}

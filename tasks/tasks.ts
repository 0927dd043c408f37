import { compareWithNeodoc } from '../lib/docopt/second-reader.ts';
import { UserError } from '../lib/errors.ts';
import { defineTask } from '../lib/task/define.ts';

/** Holds our reading of every usage text against that of an independent parser. */
export const check = defineTask({
  name: 'tasks:check',
  summary: 'Read every task’s usage with a second docopt parser and show where the two differ',
  usage: `Usage:
  tasks:check -- [<task>...]

Without a name, of all tasks. The second parser is neodoc; nothing is run.

For example:
  pipe tasks:check
  pipe tasks:check -- shop:greet`,
  async run(args, context) {
    const tasks =
      args.task.length > 0
        ? args.task.map((name) => context.registry.get(name))
        : context.registry.tasks;
    const differing: string[] = [];
    for (const { name, usage } of tasks) {
      const differences = await compareWithNeodoc(usage);
      for (const difference of differences) context.log(`${name}: ${difference}`);
      if (differences.length > 0) differing.push(name);
    }
    if (differing.length > 0) {
      throw new UserError(
        `the usage of ${differing.join(', ')} reads differently in neodoc; write it more plainly`,
      );
    }
    context.log(`${tasks.length} usages, read alike by both parsers`);
  },
});

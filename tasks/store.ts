import { abandonedJournals, cleanJournal, isJournal } from '../lib/dataset/abandoned.ts';
import { LEASES_PREFIX } from '../lib/run/lease-record.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Call } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';

const DAY_MS = 24 * 3600 * 1000;

/** A run in which a single publish takes longer than a week is not expected. */
export const clean = defineTask({
  name: 'store:clean',
  summary: 'Remove what runs that were cut off left in the store; dry run shows what that is',
  usage: `[--older-than=<days>] [<leftover>...]

Options:
  --older-than=<days>  What is younger may belong to a run that is under way [default: 7].

<leftover> is what --dry-run shows; without any, all that are old enough.

For example:
  pipe --dry-run store:clean
  pipe store:clean -- --older-than=2`,

  async *plan(args, context): AsyncGenerator<Call> {
    if (args.leftover.length > 0) return;
    const days = integer(args['older-than'], { option: '--older-than', min: 0 });
    const before = new Date(context.now - days * DAY_MS);
    for await (const { key } of abandonedJournals(context.store, before)) yield cleaning(key, args);
    for await (const { key, modified } of context.store.list(LEASES_PREFIX)) {
      // A lease is written with every heartbeat, so that only those of the dead grow old.
      if (modified < before) yield cleaning(key, args);
    }
    for await (const { name } of context.store.leftovers(before)) yield cleaning(name, args);
  },

  async run(args, context) {
    for (const name of args.leftover) {
      if (isJournal(name)) await cleanJournal(context.store, name);
      else if (name.startsWith(LEASES_PREFIX)) await context.store.remove([name]);
      else await context.store.removeLeftover(name);
      context.log(`removed ${name}`);
    }
    if (args.leftover.length === 0) context.log('nothing is left behind');
  },
});

function cleaning(name: string, args: { readonly 'older-than': string }): Call {
  return {
    task: 'store:clean',
    args: { 'older-than': args['older-than'], leftover: [name] },
  };
}

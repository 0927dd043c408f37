import { keysOfRights } from '../lib/operations/join/request.ts';
import { defineTask } from '../lib/task/define.ts';
import { list, someOf } from '../lib/task/values.ts';
import { days, daysOptions } from './join-request.ts';

export const joinUnmatched = defineTask({
  name: 'join:unmatched',
  summary: 'Write the rows of either side of a join that match nothing on the other one',
  usage: `--left=<source> --right=<source> --on=<keys> --to=<dataset> [--sides=<list>]
  [--memory=<size>] ${days}

Options:
  --left=<source>         Dataset, some of its partitions (events/site=a), file, folder or glob, or s3://bucket/key.
  --right=<source>        The same for the other side.
  --on=<keys>             Columns that must be equal: user, or user_id=id, or id::bigint to compare as a type; several by commas.
  --to=<dataset>          The rows go to the datasets <dataset>/left and <dataset>/right.
  --sides=<list>          left, right, or both, separated by commas [default: left,right].
  --memory=<size>         What a process may take, more or less, such as 500MB [default: 1GB].${daysOptions}

For example:
  pipe join:unmatched -- --left=events/site=a --right=pages.csv --on=url --to=unknown --days-ago=1`,

  *plan({ left, right, on, to, sides, ...more }) {
    const names = ['left', 'right'] as const;
    const changedOver = list(on, '--on').map(changeOver).join(',');
    keysOfRights('anti', [right], [on]);
    for (const side of someOf(sides, names, '--sides')) {
      const [from, other] = side === 'left' ? [left, right] : [right, left];
      const keys = side === 'left' ? on : changedOver;
      const args = { left: from, right: [other], on: [keys], to: `${to}/${side}`, how: 'anti' };
      yield { task: 'join:sharded', args: { ...args, ...more } };
    }
  },
});

/** `user_id=id::bigint` becomes `id=user_id::bigint`. */
function changeOver(key: string): string {
  const [, left = key, right = left, type = ''] =
    /^([^=]+?)(?:=([^=]+?))?(::\w+)?$/.exec(key) ?? [];
  return `${right}=${left}${type}`;
}

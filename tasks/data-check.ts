import { NotHeldError } from '../lib/errors.ts';
import { checkRules, parseRule } from '../lib/operations/relation/check.ts';
import type { Checked } from '../lib/operations/relation/check.ts';
import { findPlace } from '../lib/operations/relation/place.ts';
import { lockDown } from '../lib/operations/relation/query.ts';
import { demandWhole, openRelation } from '../lib/operations/relation/relation.ts';
import type { Relation } from '../lib/operations/relation/relation.ts';
import { defineTask } from '../lib/task/define.ts';
import type { Summary } from '../lib/task/task.ts';
import { integer } from '../lib/task/values.ts';
import { tableOf } from './data-table.ts';

export const dataCheck = defineTask({
  name: 'data:check',
  summary: 'Check that every row of a dataset or a file meets some rules',
  usage: `--dataset=<name> --rule=<sql>... [--examples=<n>]

Options:
  --dataset=<name>  What to check: a dataset, or anything else that data:show understands.
  --rule=<sql>      A condition on the columns of a row, with a name in front if you like: 'positive: pageloads >= 0'.
                    A row for which it is NULL does not meet it; write 'x is null or x > 0' to allow that.
  --examples=<n>    How many rows that do not meet a rule to show [default: 3].

The exit code is 0 when every row meets every rule, and 5 when one does not.

For example:
  pipe data:check -- --dataset=stats/pageloads --rule="visitors <= pageloads" --rule="hours: hour between 0 and 23 or hour is null"`,
  async *show(args, context) {
    const rules = args.rule.map(parseRule);
    const count = integer(args.examples, { option: '--examples', min: 0 });
    const engine = await context.engine();
    const relation = await openRelation(engine, await findPlace(args.dataset, context));
    await demandWhole(engine, relation);
    await lockDown(engine, relation.paths);
    const checked = await checkRules(engine, relation, rules, count);
    yield tableOfRules(args.dataset, checked);
    const broken = checked.filter(({ violations }) => violations > 0);
    for (const each of broken) if (each.examples.length > 0) yield examplesOf(each, relation);
    if (broken.length === 0) return;
    throw new NotHeldError(
      `'${args.dataset}' does not meet ${broken.length} of ${checked.length} rules: ${broken.map(({ name }) => name).join('; ')}`,
    );
  },
});

function tableOfRules(name: string, checked: readonly Checked[]): Summary {
  return {
    title: `Rules of ${name}`,
    columns: [
      { name: 'rule', kind: 'text' },
      { name: 'rows', kind: 'number' },
      { name: 'violations', kind: 'number' },
      { name: '', kind: 'text' },
    ],
    rows: checked.map((each) => [
      each.name === each.condition ? each.name : `${each.name}: ${each.condition}`,
      each.rows,
      each.violations,
      each.violations === 0 ? 'ok' : 'broken',
    ]),
    notes: [],
  };
}

function examplesOf({ name, examples }: Checked, { columns }: Relation): Summary {
  return tableOf(columns, examples, { title: `Not so: ${name}` });
}

import type { Partition } from '../../dataset/layout.ts';
import { prefixOf } from '../../dataset/layout.ts';
import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { checkRules } from './check.ts';
import { openRelation } from './relation.ts';

/** Conditions in SQL that every row of a partition has to meet, by names for people. */
export type Checks = Readonly<Record<string, string>>;

/** Holds checks against finished files. Throws UserError that names those that are broken, with a row that breaks each. */
export async function holdChecks(
  engine: Engine,
  partition: Partition,
  files: readonly { readonly name: string; readonly path: string }[],
  checks: Checks,
): Promise<void> {
  const name = prefixOf(partition);
  const relation = await openRelation(engine, {
    name,
    files: files.map((file) => ({ path: file.path, uri: file.name })),
  });
  const rules = Object.entries(checks).map(([rule, condition]) => ({ name: rule, condition }));
  const broken = (await checkRules(engine, relation, rules, 1)).filter(
    ({ violations }) => violations > 0,
  );
  if (broken.length === 0) return;
  const told = broken.map(
    ({ name: rule, condition, violations, rows, examples }) =>
      `${rule}: ${violations} of ${rows} rows do not meet ${condition}, such as ${rowText(examples[0])}`,
  );
  throw new UserError(
    `'${name}' is not published, since a check does not hold. ${told.join('; ')}`,
  );
}

function rowText(row: unknown): string {
  return JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

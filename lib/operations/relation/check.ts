import type { Engine, Row } from '../../engine/engine.ts';
import { queryError } from '../../engine/query-error.ts';
import { numberAt } from '../../engine/row.ts';
import { identifier, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { UsageError } from '../../errors.ts';
import type { Relation } from './relation.ts';
import { tablesIn } from './tables-in.ts';

/** A condition in SQL that every row has to meet. One that is NULL is not met. */
export interface Rule {
  readonly name: string;
  readonly condition: string;
}

export interface Checked extends Rule {
  readonly rows: number;
  /** Rows that do not meet it, and the first of them. */
  readonly violations: number;
  readonly examples: readonly Row[];
}

/** Reads `<condition>` or `<name>: <condition>`; `a::int > 0` has no name. */
export function parseRule(text: string): Rule {
  const [, name, named] = /^([a-z][\w -]*):(?!:)\s*(\S.*)$/is.exec(text) ?? [];
  const condition = (named ?? text).trim();
  if (condition === '')
    throw new UsageError(`--rule: '${text}' is empty; write for example --rule='pageloads >= 0'`);
  return { name: name ?? condition, condition };
}

/** Holds rules against every row, all of them in one pass. Throws UsageError for what is no condition. */
export async function checkRules(
  engine: Engine,
  { query, rows }: Pick<Relation, 'query' | 'rows'>,
  rules: readonly Rule[],
  examples: number,
): Promise<Checked[]> {
  for (const rule of rules) await checkCondition(engine, rule);
  // Text without records has no types either, which a condition may take for granted.
  if (rows === 0) return rules.map((rule) => ({ ...rule, rows, violations: 0, examples: [] }));
  const counts = rules.map(
    (rule, index) => sql`count(*) filter (where ${isBroken(rule)}) as ${identifier(`r${index}`)}`,
  );
  const [row = {}] = await engine
    .rows(sql`select ${[sql`count(*) as n`, ...counts]} from (${query})`)
    .catch(async (error: unknown) => {
      throw await ruleError(engine, query, rules, error);
    });
  const checked: Checked[] = [];
  for (const [index, rule] of rules.entries()) {
    const violations = numberAt(row, `r${index}`);
    const shown = violations > 0 && examples > 0;
    const limit = raw(String(examples));
    checked.push({
      ...rule,
      rows: numberAt(row, 'n'),
      violations,
      examples: shown
        ? await engine.rows(sql`select * from (${query}) where ${isBroken(rule)} limit ${limit}`)
        : [],
    });
  }
  return checked;
}

/** The condition as it stands, in brackets that it cannot leave: it was read as one expression before. */
function isBroken({ condition }: Rule): Sql {
  return sql`not coalesce(((\n${raw(condition)}\n)::boolean), false)`;
}

/** The error of the first rule that the engine does not take, where all of them together met with one. */
async function ruleError(
  engine: Engine,
  query: Sql,
  rules: readonly Rule[],
  error: unknown,
): Promise<unknown> {
  for (const rule of rules) {
    try {
      await engine.rows(sql`select count(*) from (${query}) where ${isBroken(rule)}`);
    } catch (own) {
      return queryError(`--rule: '${rule.name}'`, rule.condition, own);
    }
  }
  return error;
}

async function checkCondition(engine: Engine, { name, condition }: Rule): Promise<void> {
  // Without the brackets, so that none in the condition can close them.
  const tables = await tablesIn(engine, `select\n${condition}\nfrom data where true`).catch(
    (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      const example = "write for example --rule='pageloads >= 0'";
      throw new UsageError(`--rule: '${name}' is no condition in SQL; ${example}`, {
        cause: error,
      });
    },
  );
  if (tables.length !== 1 || tables[0]?.join() !== 'data') {
    throw new UsageError(
      `--rule: '${name}' names a table; a rule is a condition on the columns of one row`,
    );
  }
}

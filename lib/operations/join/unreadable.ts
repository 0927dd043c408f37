import type { Counts } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { numberAt, textAt } from '../../engine/row.ts';
import { sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { countText } from '../pack/wording.ts';
import type { JoinSpec, Side, SideColumn } from './spec.ts';

/** Values of a key's column that cannot be read as the type that `--on` asks for: their rows match nothing. */
export interface Unreadable {
  /** 0: left, 1: the first right side, … */
  readonly side: number;
  readonly column: string;
  readonly type: string;
  readonly rows: number;
  /** The first of the values as texts. */
  readonly example: string;
}

/** Finds them by reading the columns that `--on` gives a type, and no others. */
export async function findUnreadable(
  engine: Engine,
  { left, rights }: JoinSpec,
): Promise<readonly Unreadable[]> {
  const found: Unreadable[] = [];
  for (const [index, right] of rights.entries()) {
    for (const { read, left: ofLeft, right: ofRight, type } of right.keys) {
      if (!read) continue;
      found.push(
        ...(await unreadableIn(engine, left, { side: 0, column: read.left, value: ofLeft, type })),
        ...(await unreadableIn(engine, right, {
          side: index + 1,
          column: read.right,
          value: ofRight,
          type,
        })),
      );
    }
  }
  return found;
}

interface ReadColumn {
  readonly side: number;
  readonly column: SideColumn;
  /** Of the column, as `type`. */
  readonly value: Sql;
  readonly type: string;
}

async function unreadableIn(
  engine: Engine,
  { source }: Side,
  { side, column, value, type }: ReadColumn,
): Promise<readonly Unreadable[]> {
  // Anything can be read as text.
  if (type === 'varchar' || type === column.type.toLowerCase()) return [];
  const [row = {}] = await engine.rows(sql`
    select count(*) as rows, coalesce(left(min(cast(${column.value} as varchar)), 60), '') as example
    from ${source} where ${column.value} is not null and ${value} is null`);
  const rows = numberAt(row, 'rows');
  if (rows === 0) return [];
  return [{ side, column: column.name, type, rows, example: textAt(row, 'example') }];
}

/** `12 rows of the left side cannot be joined: 'id' is no bigint, such as 'n/a'; …` */
export function unreadableText({ side, column, type, rows, example }: Unreadable): string {
  const which = side === 0 ? 'left side' : side === 1 ? 'right side' : `right side ${side}`;
  return (
    `${countText(rows)} ${rows === 1 ? 'row' : 'rows'} of the ${which} cannot be joined: '${column}' is no ${type}, ` +
    `such as '${example}', and matches nothing; correct it, or compare as text with ::varchar in --on`
  );
}

/** What manifests count of such rows, as a note; none where there are none. */
export function unreadableNotes(counts: readonly Counts[]): readonly string[] {
  const names = new Set(counts.flatMap((each) => Object.keys(each)));
  const told = [...names]
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => {
      const rows = counts.reduce((sum, each) => sum + (each[name] ?? 0), 0);
      return `${name.slice(PREFIX.length).toLowerCase()} ${countText(rows)}`;
    });
  if (told.length === 0) return [];
  return [
    `Rows whose keys cannot be read as the type asked for, and match nothing: ${told.join(', ')}.`,
  ];
}

const PREFIX = 'unreadable';

/** For the manifest: `unreadableLeft`, `unreadableRight`, `unreadableRight2`, … where there are any. */
export function countsOfUnreadable(found: readonly Unreadable[]): Counts {
  const counts: Record<string, number> = {};
  for (const { side, rows } of found) {
    const name = `${PREFIX}${side === 0 ? 'Left' : `Right${side === 1 ? '' : side}`}`;
    counts[name] = (counts[name] ?? 0) + rows;
  }
  return counts;
}

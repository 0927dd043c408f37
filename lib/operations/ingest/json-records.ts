import { identifier, join, literal, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { FieldColumn, FieldPath, Mapping } from './fields.ts';
import { instantOf, isPossible } from './instant.ts';
import { isFilled } from './lines.ts';
import { blank, code } from './reasons.ts';

/**
 * Rows of events made of `records` (columns `source`, `text`, the line if records are lines, and
 * `json`, which is NULL where a line is no JSON): the columns of the table `incoming`.
 */
export function eventsOfRecords(records: Sql, mapping: Mapping): Sql {
  const value = (column: FieldColumn): Sql => firstOf(mapping.columns[column]);
  const name = mapping.eventName;
  const event =
    name === undefined ? value('event') : sql`coalesce(${value('event')}, ${literal(name)})`;
  return sql`
    select source, strlen(text)::integer as size, case when reason is null then ts end as ts, event,
      "user", session, url, referrer, status, bytes, agent, properties, reason,
      case when reason is not null then text end as text
    from (
      select *, case
        when json is null then
          case when ${isFilled(raw('text'))} then ${code('broken JSON')} else ${blank} end
        when not starts_with(json, '{') and not starts_with(ltrim(json), '{') then ${code('not a JSON object')}
        when instant is null then ${code('no timestamp')}
        when ts is null or not (${isPossible(raw('ts'))}) then ${code('impossible date')}
        when event is null then ${code('no event name')} end as reason,
        ${propertiesOf(mapping)} as properties
      from (
        select source, text, json, fields, instant, ${instantOf(raw('instant'))} as ts,
          ${event} as event, ${value('user')} as "user", ${value('session')} as session,
          ${value('url')} as url, ${value('referrer')} as referrer,
          try_cast(${value('status')} as integer) as status,
          try_cast(${value('bytes')} as bigint) as bytes, ${value('agent')} as agent
        from (
          select source, text, json, fields, ${value('ts')} as instant
          from (select *, json_transform(json, ${literal(JSON.stringify(shapeOf(mapping)))}) as fields
            from (${records})))))`;
}

function firstOf(paths: readonly FieldPath[]): Sql {
  const fields = paths.map((path) => sql`nullif(${fieldAt(path)}, '')`);
  return sql`coalesce(${[...fields, raw('null::varchar')]})`;
}

function fieldAt(path: FieldPath): Sql {
  return join([raw('fields'), ...path.map(identifier)], '.');
}

/**
 * Without the fields that have become columns. A status or size that is no number has become no
 * column, so these two stay then.
 */
function propertiesOf({ properties, mapped, columns }: Mapping): Sql {
  if (properties) return sql`coalesce(${fieldAt(properties)}::varchar, '{}')`;
  const numbers = new Set([...columns.status, ...columns.bytes].map(String));
  const texts = mapped.filter((path) => !numbers.has(String(path)));
  if (texts.length === mapped.length) return without(mapped);
  const areNumbers = (column: 'status' | 'bytes'): Sql =>
    sql`(${raw(column)} is not null or ${firstOf(columns[column])} is null)`;
  return sql`case when ${areNumbers('status')} and ${areNumbers('bytes')} then ${without(mapped)}
    else ${without(texts)} end`;
}

/** In a JSON merge patch (RFC 7396) null removes a field. */
function without(paths: readonly FieldPath[]): Sql {
  return sql`json_merge_patch(json, ${literal(JSON.stringify(tree(paths, null)))})::varchar`;
}

function shapeOf(mapping: Mapping): unknown {
  const paths = Object.values(mapping.columns).flat();
  const shape = tree(paths, 'VARCHAR');
  return mapping.properties ? { ...shape, [String(mapping.properties)]: 'JSON' } : shape;
}

interface Tree {
  readonly [name: string]: Tree | string | null;
}

/** `[['a'], ['b', 'c']]` becomes `{a: leaf, b: {c: leaf}}`. */
function tree(paths: readonly FieldPath[], leaf: string | null): Tree {
  const names = [...new Set(paths.map(([name = '']) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const below = paths.filter(([first]) => first === name).map(([, ...rest]) => rest);
      return [name, below.some((rest) => rest.length === 0) ? leaf : tree(below, leaf)];
    }),
  );
}

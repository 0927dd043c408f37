import { literal, literals, raw, sql } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import { logLineFields, logLinePattern, logTimeFormat } from '../../formats/access-log.ts';
import { isPossible } from './instant.ts';
import { isFilled } from './lines.ts';
import { blank, code } from './reasons.ts';

/**
 * Rows of events made of access log `lines` (columns `source` and `line`): the columns of
 * the table `incoming`. Blank lines are no records, and marked as such.
 *
 * `user` is the account that logged in, else the client's address. A GET that was answered with 2xx
 * or 304 and whose last path segment has no extension or that of a page is a `pageload`, anything
 * else a `request`. Method, protocol and what else the line has are `properties`.
 */
export function eventsOfLogLines(lines: Sql): Sql {
  return sql`
    select source, size, case when reason is null then ts end as ts,
      case when method = 'GET' and (status between 200 and 299 or status = 304)
        and regexp_matches(path, ${literal(pagePath)}, 'i') then 'pageload' else 'request' end as event,
      coalesce(account, host) as "user", null::varchar as session, url, referrer, status,
      coalesce(bytes, 0) as bytes, agent, json_merge_patch('{}', ${properties})::varchar as properties,
      reason, case when reason is not null then line end as text
    from (
      select *, regexp_replace(regexp_replace(url, '[?#].*$', ''), '^[A-Za-z][A-Za-z+.-]*://[^/]*', '') as path,
        case when host is null and not ${isFilled(raw('line'))} then ${blank}
          when host is null then ${code('not a line of the common or combined log format')}
          when ts is null or not (${isPossible(raw('ts'))}) then ${code('impossible date')} end as reason
      from (
        select source, line, strlen(line)::integer as size, ${given('host')} as host,
          ${given('identity')} as identity, ${given('account')} as account,
          try_strptime(fields.time, ${literal(logTimeFormat)}) as ts, fields.request as request,
          nullif(parts.method, '') as method, nullif(parts.url, '') as url,
          nullif(parts.protocol, '') as protocol, try_cast(fields.status as integer) as status,
          try_cast(fields.bytes as bigint) as bytes, ${given('referrer')} as referrer,
          ${given('agent')} as agent, nullif(trim(fields.rest), '') as rest
        from (
          select *, regexp_extract(fields.request, ${literal(requestPattern)}, ['method', 'url', 'protocol']) as parts
          from (
            select *, regexp_extract(line, ${literal(logLinePattern)}, ${literals(logLineFields)}) as fields
            from (${lines})))))`;
}

/** No dot in the last segment, or the extension of a page. */
const pagePath = String.raw`(^|/)[^/.]*$|\.(html?|php|aspx?|jsp)$`;

const requestPattern = String.raw`^([A-Za-z]+) (\S+)(?: (HTTP/\S+))?$`;

/** In a merge patch nulls vanish. */
const properties = sql`json_object('method', method, 'protocol', protocol,
  'request', case when method is null then request end, 'identity', identity,
  'host', case when account is not null then host end, 'rest', rest)`;

/** `-` stands for nothing. */
function given(field: 'host' | 'identity' | 'account' | 'referrer' | 'agent'): Sql {
  const value = sql`fields.${raw(field)}`;
  return sql`case when ${value} not in ('', '-', '""') then ${value} end`;
}

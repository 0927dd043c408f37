import { UsageError } from '../../errors.ts';

/**
 * Reads a template that makes keys of ids: `{id}` stands for the id, `{id[0:2]}` for its characters
 * from the first up to before the third (either number may be absent), `{{` and `}}` for braces.
 *
 * Throws UsageError for other braces, and where nothing depends on the id.
 * @example keyTemplate('{id[0:2]}/{id}.json')('abc') // 'ab/abc.json'
 */
export function keyTemplate(template: string): (id: string) => string {
  const parts = [...template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)].map(
    ([text, inside]) => partOf(text, inside, template),
  );
  if (!parts.some((part) => typeof part === 'function')) {
    throw refusal(template, 'does not say where the id stands');
  }
  return (id) => parts.map((part) => (typeof part === 'string' ? part : part(id))).join('');
}

function partOf(
  text: string,
  inside: string | undefined,
  template: string,
): string | ((id: string) => string) {
  if (text === '{{' || text === '}}') return text.charAt(0);
  if (inside === undefined) {
    if (/[{}]/.test(text)) throw refusal(template, `has a single '${text}'`);
    return text;
  }
  if (inside === 'id') return (id) => id;
  const [, from, to] = /^id\[(\d*):(\d*)\]$/.exec(inside) ?? [];
  if (from === undefined || to === undefined) throw refusal(template, `has '${text}' in it`);
  const end = to === '' ? undefined : Number(to);
  return (id) => Array.from(id).slice(Number(from), end).join('');
}

function refusal(template: string, problem: string): UsageError {
  return new UsageError(
    `--key-template: '${template}' ${problem}; write for example '{id}.json' or '{id[0:2]}/{id}.json' ({{ and }} for braces)`,
  );
}

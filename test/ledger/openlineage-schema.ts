/**
 * What the schema of OpenLineage 2-0-2 requires of an event, as far as it is used here: fields by
 * path with their check. https://openlineage.io/spec/2-0-2/OpenLineage.json
 */
export function problemsOf(event: unknown): readonly string[] {
  return [
    ...check(event, runEvent, ''),
    ...facetsIn(event, '').flatMap(([path, facet]) => check(facet, baseFacet, path)),
  ];
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isUri: Check = (value) => typeof value === 'string' && URL.canParse(value);
const isTime: Check = (value) =>
  typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value);
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isUuid: Check = (value) =>
  typeof value === 'string' &&
  /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(value);
const isType: Check = (value) =>
  ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'].includes(String(value));

/** Paths that end in `?` may be absent; `*` is every member of a list. */
const runEvent: Readonly<Record<string, Check>> = {
  eventType: isType,
  eventTime: isTime,
  producer: isUri,
  schemaURL: (value) =>
    value === 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  'run.runId': isUuid,
  'job.namespace': isText,
  'job.name': isText,
  'inputs.*.namespace': isText,
  'inputs.*.name': isText,
  'outputs.*.namespace': isText,
  'outputs.*.name': isText,
  'run.facets.parent?.run.runId': isUuid,
  'run.facets.parent?.job.namespace': isText,
  'run.facets.parent?.job.name': isText,
  'run.facets.parent?.root.run.runId': isUuid,
  'run.facets.parent?.root.job.name': isText,
  'run.facets.nominalTime?.nominalStartTime': isTime,
  'run.facets.nominalTime?.nominalEndTime': isTime,
  'run.facets.errorMessage?.message': isText,
  'run.facets.errorMessage?.programmingLanguage': isText,
  'run.facets.processing_engine.version': isText,
  'job.facets.jobType.processingType': isText,
  'job.facets.jobType.integration': isText,
  'outputs.*.facets.schema?.fields.*.name': isText,
  'outputs.*.outputFacets?.outputStatistics.rowCount': isCount,
  'outputs.*.outputFacets?.outputStatistics.size': isCount,
  'inputs.*.inputFacets?.inputStatistics.rowCount': isCount,
};

const baseFacet: Readonly<Record<string, Check>> = { _producer: isUri, _schemaURL: isUri };

function check(value: unknown, rules: Readonly<Record<string, Check>>, at: string): string[] {
  return Object.entries(rules).flatMap(([path, rule]) =>
    valuesAt(value, path.split('.')).flatMap((found) =>
      rule(found) ? [] : [`${at}${path}: ${JSON.stringify(found)}`],
    ),
  );
}

function valuesAt(value: unknown, [step, ...rest]: readonly string[]): readonly unknown[] {
  if (step === undefined) return [value];
  if (step === '*') return Object.values(Object(value)).flatMap((each) => valuesAt(each, rest));
  const next: unknown = Reflect.get(Object(value), step.replace('?', ''));
  return next === undefined && step.endsWith('?') ? [] : valuesAt(next, rest);
}

/** Every facet in an event, with its path. */
function facetsIn(value: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    /^(?:input|output)?facets$/i.test(name)
      ? Object.entries(Object(inner)).map(
          ([facet, fields]) => [`${path}${facet}.`, fields] as const,
        )
      : facetsIn(inner, `${path}${name}.`),
  );
}

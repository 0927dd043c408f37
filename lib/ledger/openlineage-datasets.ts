import type { PartitionRecord, PublishedRecord, RowCounts } from './events.ts';
import type { Facets, MakeFacet } from './openlineage.ts';

/** A dataset that an invocation read or made; its partitions are in a facet of our own. */
export interface LineageDataset {
  readonly namespace: string;
  readonly name: string;
  readonly facets: Facets;
  readonly inputFacets?: Facets;
  readonly outputFacets?: Facets;
}

export type Columns = PublishedRecord['columns'];

export interface DatasetContext {
  /** The URI of the store that partitions lie in. */
  readonly store: string;
  /** Columns of what this run has published so far, by dataset. */
  readonly columns: Map<string, Columns>;
  readonly facet: MakeFacet;
}

/** What partitions were made from. Rows are told where all of them came from one dataset. */
export function inputsOf(
  partitions: readonly PartitionRecord[],
  rows: RowCounts | undefined,
  context: DatasetContext,
): readonly LineageDataset[] {
  const names = new Set(partitions.flatMap(({ inputs }) => inputs));
  const groups = [...grouped([...names], context.store).values()];
  const statistics =
    rows && groups.length === 1
      ? { inputStatistics: context.facet('InputStatistics', { rowCount: rows.in }) }
      : undefined;
  return groups.map((group) => ({
    ...datasetOf(group, context),
    ...(statistics && { inputFacets: statistics }),
  }));
}

/** What was made: with columns, rows, bytes and files where it was published. */
export function outputsOf(
  partitions: readonly PartitionRecord[],
  context: DatasetContext,
): readonly LineageDataset[] {
  const byName = new Map(partitions.map((record) => [record.name, record]));
  return [...grouped([...byName.keys()], context.store).values()].map((group) => {
    const published = group.members.flatMap((name) => byName.get(name)?.published ?? []);
    const [{ columns } = { columns: undefined }] = published;
    if (columns) context.columns.set(group.name, columns);
    const dataset = datasetOf(group, context);
    if (published.length === 0) return dataset;
    const sum = (count: (each: PublishedRecord) => number): number =>
      published.reduce((total, each) => total + count(each), 0);
    const outputStatistics = context.facet('OutputStatistics', {
      rowCount: sum(({ rows }) => rows),
      size: sum(({ bytes }) => bytes),
      fileCount: sum(({ files }) => files),
    });
    return { ...dataset, outputFacets: { outputStatistics } };
  });
}

interface Group {
  readonly namespace: string;
  readonly name: string;
  /** Prefixes of partitions; empty for a file. */
  readonly members: string[];
}

function grouped(names: readonly string[], store: string): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  for (const name of names) {
    const isFile = /^[a-z][a-z0-9+.-]*:\/\//i.test(name);
    const dataset = name.split(/\/(?=[^/]*=)/, 1)[0]?.replace(/\/$/, '') ?? name;
    const place = placeOf(isFile ? name : `${store}/${dataset}`);
    const id = `${place.namespace} ${place.name}`;
    const group = groups.get(id) ?? { ...place, members: [] };
    if (!isFile) group.members.push(name);
    groups.set(id, group);
  }
  return groups;
}

/** By the naming rules of OpenLineage: https://openlineage.io/docs/spec/naming */
function placeOf(uri: string): { readonly namespace: string; readonly name: string } {
  const {
    1: scheme = '',
    2: host = '',
    3: path = '',
  } = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/i.exec(uri) ?? [];
  if (scheme === 'file') return { namespace: 'file', name: decoded(path) };
  if (scheme === '') return { namespace: 'file', name: uri };
  return { namespace: `${scheme}://${host}`, name: path.replace(/^\/+/, '') || '/' };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function datasetOf({ namespace, name, members }: Group, context: DatasetContext): LineageDataset {
  const columns = context.columns.get(name);
  return {
    namespace,
    name,
    facets: {
      ...(columns && { schema: context.facet('Schema', { fields: columns }) }),
      ...(members.length > 0 && {
        pipe_partitions: context.facet('pipe_partitions', { partitions: members }),
      }),
    },
  };
}

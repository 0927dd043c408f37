import { parsePartition } from './partitions.ts';
import type { PartitionCell } from './partitions.ts';

/** What was made from what, in groups small enough to be drawn. */
export interface Lineage {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
  /** What a node stands for. */
  readonly grain: 'datasets by their first key' | 'datasets';
}

export interface LineageNode {
  readonly id: string;
  readonly title: string;
  /** `site=a`, or nothing. */
  readonly keys: string;
  readonly kind: 'file' | 'dataset';
  /** Partitions or files that it stands for. */
  readonly members: number;
  /** Rows that the run published. */
  readonly rows: number;
  readonly failed: number;
  /** 0 for what nothing in this run made. */
  readonly layer: number;
  /** Made from earlier partitions of its own. */
  readonly readsItself: boolean;
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  /** Pairs of a partition and one that it was made from. */
  readonly pairs: number;
}

/** Up to so many nodes one can follow the lines. */
const maxNodes = 24;

/** Finest grouping that can be drawn; undefined where no input of anything is known. */
export function lineageOf(cells: readonly PartitionCell[]): Lineage | undefined {
  const made = cells.filter(({ record, state }) => record.inputs.length > 0 && state !== 'no-data');
  if (made.length === 0) return undefined;
  const bySite = build(made, true);
  return bySite.nodes.length <= maxNodes ? bySite : build(made, false);
}

interface Group {
  readonly title: string;
  readonly keys: string;
  readonly kind: 'file' | 'dataset';
  readonly members: Set<string>;
  rows: number;
  failed: number;
}

function build(cells: readonly PartitionCell[], bySite: boolean): Lineage {
  const groups = new Map<string, Group>();
  const edges = new Map<string, { readonly from: string; readonly to: string; pairs: number }>();
  const join = (name: string): readonly [string, Group] => {
    const { title, keys, kind } = describe(name, bySite);
    const id = `${kind} ${title} ${keys}`;
    let group = groups.get(id);
    if (!group)
      groups.set(id, (group = { title, keys, kind, members: new Set(), rows: 0, failed: 0 }));
    group.members.add(name);
    return [id, group];
  };
  for (const { record, state } of cells) {
    const [to, group] = join(record.name);
    group.rows += record.published?.rows ?? 0;
    if (state === 'failed') group.failed++;
    for (const input of record.inputs) {
      const [from] = join(input);
      const id = `${from}\n${to}`;
      const edge = edges.get(id);
      if (edge) edge.pairs++;
      else edges.set(id, { from, to, pairs: 1 });
    }
  }
  const between = [...edges.values()].filter(({ from, to }) => from !== to);
  const layers = layersOf([...groups.keys()], between);
  const nodes = [...groups].map(([id, { members, ...group }]) => ({
    id,
    ...group,
    members: members.size,
    layer: layers.get(id) ?? 0,
    readsItself: edges.has(`${id}\n${id}`),
  }));
  return { nodes, edges: between, grain: bySite ? 'datasets by their first key' : 'datasets' };
}

function describe(name: string, bySite: boolean): Pick<Group, 'title' | 'keys' | 'kind'> {
  const partition = parsePartition(name);
  if (partition) {
    const { dataset, keys } = partition;
    const [first = ''] = keys.split(' ');
    return { title: dataset, keys: bySite ? first : '', kind: 'dataset' };
  }
  // Files by their folder, above what divides it: one log a day makes many.
  const [folder = ''] = name.slice(0, name.lastIndexOf('/') + 1).split(/(?<=\/)[^/]+=/, 1);
  return { title: folder || name, keys: '', kind: 'file' };
}

/** The longest way from a source to each node. Where a circle closes it is cut. */
function layersOf(
  ids: readonly string[],
  edges: readonly LineageEdge[],
): ReadonlyMap<string, number> {
  const sources = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const before = sources.get(to);
    if (before) before.push(from);
    else sources.set(to, [from]);
  }
  const layers = new Map<string, number>();
  const open = new Set<string>();
  const layerOf = (id: string): number => {
    const known = layers.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return -1;
    open.add(id);
    const layer = (sources.get(id) ?? []).reduce(
      (most, each) => Math.max(most, layerOf(each) + 1),
      0,
    );
    open.delete(id);
    layers.set(id, layer);
    return layer;
  };
  for (const id of ids) layerOf(id);
  return layers;
}

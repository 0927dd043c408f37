import { prefixOf } from '../dataset/layout.ts';
import type { PreviewNode } from '../run/preview.ts';
import type { OutputState } from '../task/task.ts';

/** Why a leaf would run or not, for its one partition; several are told of one by one. */
export function reasonsOf({ state, outputs }: Pick<PreviewNode, 'state' | 'outputs'>): string[] {
  if (state === 'runs') return ['declares no outputs, so it always runs'];
  const [only, ...others] = outputs;
  if (!only) return [];
  return others.length === 0 ? [...reasons(only)] : [`${outputs.length} partitions`];
}

/** The same in short: why it would run, else when and by which run the last of its partitions was made. */
export function shortReasonsOf({
  state,
  outputs,
}: Pick<PreviewNode, 'state' | 'outputs'>): string[] {
  if (state !== 'done') return [...new Set(outputs.flatMap(({ because }) => because))];
  const madeAt = ({ manifest }: OutputState): string => manifest?.publishedAt ?? '';
  const [last, ...others] = outputs.toSorted((a, b) => (madeAt(a) < madeAt(b) ? 1 : -1));
  if (!last) return [];
  return [...(others.length === 0 ? [] : [`${outputs.length} partitions`]), ...reasons(last)];
}

/** A line for each partition of a leaf that has several. */
export function partitionLines({ outputs }: Pick<PreviewNode, 'outputs'>): string[] {
  if (outputs.length < 2) return [];
  return outputs.map((output) => {
    const text = [output.state, ...reasons(output)].join(', ');
    return `# ${prefixOf(output.partition)}: ${text}`;
  });
}

function reasons({ because, manifest }: OutputState): readonly string[] {
  if (!manifest) return because;
  const { publishedAt, run, accepted } = manifest;
  return [
    ...because,
    `made ${publishedAt} by run ${run}`,
    ...(accepted ? [`accepted ${accepted.at} by run ${accepted.run}`] : []),
  ];
}

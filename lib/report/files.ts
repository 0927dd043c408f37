import { formatBytes, formatCount, formatNumber } from '../terminal/format.ts';
import { groupBy } from './group.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { PartitionCell } from './partitions.ts';
import { note, scroller } from './parts.ts';

/** Below it a reader spends more time on opening a file, or on its request, than on reading it. */
const smallFileBytes = 1_000_000;
/** Fewer files than this are opened in no time, however small they are. */
const manyFiles = 100;
/** Files of one partition could be one file; below this together they should be. */
const smallPartitionBytes = 16_000_000;

/** Files and bytes that a run published, by dataset, with warnings where they are too small. */
export function fileTable(cells: readonly PartitionCell[]): Html | undefined {
  const published = cells.filter(({ record }) => record.published);
  if (published.length === 0) return undefined;
  const datasets = [...groupBy(published, ({ dataset }) => dataset)].map(sizesOf);
  const warnings = datasets.flatMap(warningsOf);
  return html`${
    warnings.length > 0
      ? warnings.map((text) => html`<p class="warning">${text}</p>`)
      : note('No dataset has too many small files.')
  }
  ${scroller(
    'Files by dataset',
    html`<table class="data">
      <caption class="hidden">
        Files published, by dataset
      </caption>
      <thead>
        <tr>
          <th scope="col">Dataset</th>
          ${['Partitions', 'Files', 'Size', 'Rows', 'Mean file', 'Smallest partition', 'Largest partition'].map((name) => html`<th scope="col" class="n">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${datasets.map(rowOf)}
      </tbody>
    </table>`,
  )}`;
}

/** Bytes that a run published. */
export function publishedBytes(cells: readonly PartitionCell[]): number {
  return cells.reduce((sum, { record }) => sum + (record.published?.bytes ?? 0), 0);
}

interface Sizes {
  readonly dataset: string;
  readonly partitions: number;
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
  readonly smallest: number;
  readonly largest: number;
  /** Partitions of several files that together are still small. */
  readonly split: number;
}

function sizesOf([dataset, cells]: readonly [string, readonly PartitionCell[]]): Sizes {
  const all = cells.flatMap(({ record }) => record.published ?? []);
  const sum = (pick: (each: (typeof all)[number]) => number): number =>
    all.reduce((total, each) => total + pick(each), 0);
  return {
    dataset,
    partitions: all.length,
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    rows: sum(({ rows }) => rows),
    smallest: all.reduce((least, { bytes }) => Math.min(least, bytes), Infinity),
    largest: all.reduce((most, { bytes }) => Math.max(most, bytes), 0),
    split: all.filter(({ files, bytes }) => files > 1 && bytes < smallPartitionBytes).length,
  };
}

function warningsOf({ dataset, files, bytes, split }: Sizes): string[] {
  const mean = bytes / files;
  const warnings: string[] = [];
  if (files >= manyFiles && mean < smallFileBytes) {
    warnings.push(
      `${dataset}: ${formatCount(files, 'file')} of ${formatBytes(Math.round(mean))} on average. Readers spend longer opening such files than reading them; partitions of more days or sites each would be fewer and larger.`,
    );
  }
  if (split > 0) {
    warnings.push(
      `${dataset}: ${formatCount(split, 'partition')} of several files with less than ${formatBytes(smallPartitionBytes)} together; one file each would be read faster.`,
    );
  }
  return warnings;
}

function rowOf(sizes: Sizes): Html {
  const { dataset, partitions, files, bytes, rows, smallest, largest } = sizes;
  const mean = files > 0 ? formatBytes(Math.round(bytes / files)) : '–';
  const cells = [
    formatNumber(partitions),
    formatNumber(files),
    formatBytes(bytes),
    formatNumber(rows),
    mean,
    formatBytes(smallest),
    formatBytes(largest),
  ];
  const mark =
    warningsOf(sizes).length > 0 ? html` <span class="mark">small files</span>` : undefined;
  return html`<tr>
    <th scope="row"><code>${dataset}</code>${mark}</th>
    ${cells.map((text) => html`<td class="n">${text}</td>`)}
  </tr> `;
}

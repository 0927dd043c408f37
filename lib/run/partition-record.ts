import { prefixOf } from '../dataset/layout.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { PartitionRecord } from '../ledger/events.ts';
import type { Assessed } from './assess.ts';

/** A declared partition as it was found, before anything is published. */
export function declaredRecord({ partition, state, inputs }: Assessed): PartitionRecord {
  return {
    name: prefixOf(partition),
    found: state,
    inputs: inputs.map((input) => ('dataset' in input ? prefixOf(input) : input.name)),
  };
}

/** A partition as it was published. */
export function publishedRecord(manifest: Manifest): PartitionRecord {
  const { dataset, partition, files, rows, schema, inputs } = manifest;
  return {
    name: prefixOf({ dataset, keys: partition }),
    inputs: inputs.map(({ name }) => name),
    published: {
      files: files.length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      rows: files.reduce((sum, file) => sum + file.rows, 0),
      rejected: rows.rejected,
      columns: schema.map(({ name, type }) => ({ name, type })),
    },
  };
}

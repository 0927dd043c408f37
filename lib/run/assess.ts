import { differences } from '../dataset/fingerprint.ts';
import { prefixOf } from '../dataset/layout.ts';
import type { Fingerprint, Input, Manifest } from '../dataset/manifest.ts';
import { versionOf } from '../dataset/manifest.ts';
import { readManifest } from '../dataset/published.ts';
import type { Reader } from '../dataset/published.ts';
import type { Invocation } from '../task/invocation.ts';
import { withoutSecrets } from '../task/secrets.ts';
import type { Output, OutputState } from '../task/task.ts';
import type { RunOptions } from './options.ts';

/** An output with its state, and the inputs as they are now. */
export interface Assessed extends OutputState {
  readonly found: readonly Input[];
}

/** The part of a fingerprint that an invocation brings along; its inputs are looked up per output. */
export async function fingerprintOf(
  { task, argv }: Invocation,
  options: Pick<RunOptions, 'timezone' | 'engineId'>,
): Promise<Fingerprint> {
  return {
    task: task.name,
    argv: withoutSecrets(task, argv),
    settings: task.takesWindow ? { timezone: options.timezone } : {},
    code: await task.code(),
    engine: options.engineId,
  };
}

/** Compares what is published with what would be made now. Reads, never writes. */
export async function assess(
  store: Reader,
  output: Output,
  invocation: Fingerprint,
): Promise<Assessed> {
  const fingerprint = output.argv ? { ...invocation, argv: output.argv } : invocation;
  const published = await readManifest(store, prefixOf(output.partition));
  const found = await lookUp(store, output.inputs);
  const state = judge(output, published?.manifest, fingerprint, found);
  return { ...output, ...state, found, ...(published && { manifest: published.manifest }) };
}

function judge(
  { inputs }: Output,
  manifest: Manifest | undefined,
  fingerprint: Fingerprint,
  found: readonly Input[],
): Pick<OutputState, 'state' | 'because'> {
  const gone = inputs.length > 0 && found.length === 0;
  // What was made from inputs that have since expired is still good, and could not be made again.
  if (gone) return manifest ? { state: 'done', because: [] } : noData(inputs);
  if (!manifest) return { state: 'missing', because: ['never made'] };
  const because = differences(manifest, fingerprint, found);
  return { state: because.length === 0 ? 'done' : 'stale', because };
}

function noData(inputs: Output['inputs']): Pick<OutputState, 'state' | 'because'> {
  return { state: 'no-data', because: [`no data: ${inputs.map(nameOf).join(', ')}`] };
}

function nameOf(input: Output['inputs'][number]): string {
  return 'dataset' in input ? prefixOf(input) : input.name;
}

/** The inputs that exist, with the versions they have now. */
async function lookUp(store: Reader, inputs: Output['inputs']): Promise<readonly Input[]> {
  const found = await Promise.all(
    inputs.map(async (input): Promise<Input | undefined> => {
      if (!('dataset' in input)) return input;
      const published = await readManifest(store, prefixOf(input));
      return published && { name: prefixOf(input), version: versionOf(published.manifest) };
    }),
  );
  return found.filter((input) => input !== undefined);
}

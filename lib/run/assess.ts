import { differences } from '../dataset/fingerprint.ts';
import { MANIFEST_FILE, prefixOf } from '../dataset/layout.ts';
import type { Fingerprint, Input, Manifest } from '../dataset/manifest.ts';
import { versionOf } from '../dataset/manifest.ts';
import type { Lookup } from '../dataset/lookup.ts';
import { sightOf } from '../dataset/published.ts';
import { UserError } from '../errors.ts';
import { withoutPatterns } from '../ledger/mask.ts';
import type { Invocation } from '../task/invocation.ts';
import { checkOutputs } from '../task/returned.ts';
import { withoutSecrets } from '../task/secrets.ts';
import type { Output, OutputState, PlanContext } from '../task/task.ts';
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
    argv: withoutSecrets(task, argv).map(withoutPatterns),
    settings: task.takesWindow ? { timezone: options.timezone } : {},
    code: await task.code(),
    engine: options.engineId,
  };
}

/** What an invocation declares that it publishes. Throws UserError for what is no output. */
export async function outputsOf(
  { task, args }: Invocation,
  context: PlanContext,
): Promise<readonly Output[]> {
  const outputs = await task.outputs?.(args, context);
  checkOutputs(outputs, task.name);
  return outputs ?? [];
}

/** Assesses every output that an invocation declares. Reads, never writes. */
export async function assessAll(
  invocation: Invocation,
  options: PlanContext & Pick<RunOptions, 'engineId'>,
  lookup: Lookup,
): Promise<readonly Assessed[]> {
  const outputs = await outputsOf(invocation, options);
  if (outputs.length === 0) return [];
  const fingerprint = await fingerprintOf(invocation, options);
  return Promise.all(outputs.map((output) => assess(lookup, output, fingerprint)));
}

/** Compares what is published with what would be made now. Reads, never writes. */
export async function assess(
  lookup: Lookup,
  output: Output,
  invocation: Fingerprint,
): Promise<Assessed> {
  const fingerprint = output.argv
    ? { ...invocation, argv: output.argv.map(withoutPatterns) }
    : invocation;
  const { published } = await lookup.found(prefixOf(output.partition));
  const found = await lookUp(lookup, output.inputs, published?.manifest.inputs ?? []);
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
async function lookUp(
  lookup: Lookup,
  inputs: Output['inputs'],
  before: readonly Input[],
): Promise<readonly Input[]> {
  const known = new Map(before.map((input) => [input.name, input]));
  const found = await Promise.all(
    inputs.map(async (input) =>
      'dataset' in input ? await partitionNow(lookup, prefixOf(input), known) : input,
    ),
  );
  return found.filter((input) => input !== undefined);
}

/** What looks as it did when it was read last is the same, and need not be read again. */
async function partitionNow(
  lookup: Lookup,
  name: string,
  known: ReadonlyMap<string, Input>,
): Promise<Input | undefined> {
  const before = known.get(name);
  if (before?.sight !== undefined) {
    if (sightOf(await lookup.listing(name)) === before.sight) return before;
  }
  const { published, listing } = await lookup.found(name);
  if (!published) return listing.manifest ? refuseDamaged(name) : undefined;
  const { manifest } = published;
  const sight = sightOf(listing);
  return {
    name,
    version: versionOf(manifest),
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(sight !== undefined && { sight }),
  };
}

/** Leaving it out would give a result that looks whole. */
function refuseDamaged(name: string): never {
  throw new UserError(
    `'${name}' is damaged: a file that its ${MANIFEST_FILE} names is missing or has another size; make the partition again, or remove its folder`,
  );
}

import { differences } from '../dataset/fingerprint.ts';
import { prefixOf } from '../dataset/layout.ts';
import type { Acceptance } from '../dataset/accept.ts';
import type { Manifest } from '../dataset/manifest.ts';
import type { Invocation } from '../task/invocation.ts';
import { fingerprintOf } from './assess.ts';
import { preview } from './preview.ts';
import type { PreviewOptions } from './preview.ts';

/** A stale partition, and what makes it count as good if that may be. */
export interface Stale {
  readonly prefix: string;
  readonly because: readonly string[];
  readonly manifest: Manifest;
  /** Absent where more has changed than the code and the engine. */
  readonly acceptance?: Acceptance;
}

/**
 * The stale partitions of an invocation's plan. With `inputs` those may be accepted, too, whose
 * inputs have changed; never those of other arguments or settings. Reads, never writes.
 */
export async function* staleOf(
  invocation: Invocation,
  options: PreviewOptions,
  { inputs }: { readonly inputs: boolean },
): AsyncGenerator<Stale, void, undefined> {
  for await (const node of preview(invocation, { ...options, force: false })) {
    if (node.kind === 'meta') continue;
    const { argv, ...fingerprint } = await fingerprintOf(node.invocation, options);
    for (const { partition, state, because, manifest, found, ...output } of node.outputs) {
      if (state !== 'stale' || !manifest) continue;
      const now = { ...fingerprint, argv: output.argv ?? argv };
      const { code, engine } = now;
      const excused = {
        fingerprint: { ...manifest.fingerprint, code, engine },
        inputs: inputs ? found : manifest.inputs,
      };
      const isGood = differences(excused, now, found).length === 0;
      yield {
        prefix: prefixOf(partition),
        because,
        manifest,
        ...(isGood && { acceptance: { fingerprint: now, inputs: excused.inputs } }),
      };
    }
  }
}

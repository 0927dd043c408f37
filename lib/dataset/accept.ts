import { randomUUID } from 'node:crypto';
import { ConflictError } from '../store/conflict.ts';
import type { Store } from '../store/store.ts';
import { settle } from './commit.ts';
import { MANIFEST_FILE } from './layout.ts';
import { formatManifest } from './manifest.ts';
import type { Accepted, Fingerprint, Input, Manifest } from './manifest.ts';

/** What a partition counts as made from from now on. */
export interface Acceptance {
  readonly fingerprint: Fingerprint;
  readonly inputs: readonly Input[];
}

/**
 * Rewrites what a partition's manifest says it was made from; its data stays. `manifest` is the one
 * that was looked at: throws ConflictError when another one is published by now. It says by whom from then on.
 */
export async function accept(
  store: Store,
  prefix: string,
  manifest: Manifest,
  acceptance: Acceptance & { readonly accepted: Accepted },
): Promise<void> {
  const { published, listing } = await settle(store, prefix);
  if (published?.manifest.commit !== manifest.commit || !listing.manifest) {
    throw new ConflictError(
      `'${prefix}' was published by somebody else meanwhile. Nothing was changed; run the same command again.`,
    );
  }
  const accepted = { ...published.manifest, ...acceptance, commit: randomUUID() };
  const bytes = Buffer.from(formatManifest(accepted));
  await store.write(prefix + MANIFEST_FILE, bytes, { ifMatch: listing.manifest.etag });
}

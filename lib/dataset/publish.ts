import { randomUUID } from 'node:crypto';
import { quoted, UserError } from '../errors.ts';
import type { RowCounts } from '../ledger/events.ts';
import { ConflictError } from '../store/conflict.ts';
import { hashFile } from '../store/hash-file.ts';
import type { Content } from '../store/hash-file.ts';
import type { Store } from '../store/store.ts';
import { commit, settle } from './commit.ts';
import { DATA_FILE, isValue, prefixOf, type Partition } from './layout.ts';
import { checkRows, isInPlace } from './manifest.ts';
import type { Column, Counts, DataFile, Input, Manifest, Provenance, Range } from './manifest.ts';
import type { SnapshotSet } from './snapshot.ts';

/** Finished files in a staging folder, ready to become a partition. */
export interface Draft {
  readonly partition: Partition;
  /**
   * Local files by the name they get, in the order readers take them. A partition of one file calls
   * it `data.parquet`; with other names the commit is added to each, so that no file is replaced.
   */
  readonly files: readonly DraftFile[];
  readonly rows: RowCounts;
  /** Which of these rows the files hold. Default `out`; a partition of rejects holds the rejected ones. */
  readonly holds?: 'out' | 'rejected';
  readonly counts?: Counts;
  readonly schema: readonly Column[];
  /** What the partition is to a snapshot dataset. */
  readonly snapshot?: SnapshotSet;
  /** Default: the inputs of the invocation's output of this partition. */
  readonly inputs?: readonly Input[];
  /** For a partition that is no output of the invocation: the arguments that decided its content. */
  readonly argv?: readonly string[];
  /** The etag of the published state this draft was made from (null: there was none); another one now is a conflict. */
  readonly replaces?: string | null;
}

export interface DraftFile {
  readonly name: string;
  readonly path: string;
  readonly rows: number;
  readonly range?: Range;
  /** Of a file that was finished before the others; left out: it is hashed. */
  readonly content?: Content;
}

/** Who publishes, and when (ISO text). */
export interface Publisher extends Provenance {
  readonly at: string;
  /**
   * Asked between looking at what is published, of generation `published` (0: none), and the commit:
   * gives the generation of this publish, which is higher, or throws when the publisher has lost
   * the right to publish.
   */
  readonly confirm?: (published: number) => Promise<number>;
}

/**
 * Makes finished files the content of a partition, in one step that readers see whole or not at all.
 *
 * A partition of one file is replaced in place, so that whoever only lists data files is always
 * right. The steps: (1) a journal of this commit's own, `_manifest.next-<commit>.json`, which is the
 * manifest to be; (2) the data file, on the condition that nobody has replaced it since: the commit,
 * a rename in a folder and one conditional request on S3; (3) the manifest; (4) clean-up. Cut off
 * after (2), readers find that the journal describes the data and believe it, and the next publish
 * finishes the work. Several files get names of their own and the conditional write of the manifest
 * is the commit; readers go by the manifest.
 *
 * Throws {@link ConflictError} when `replaces` is not what is published now, {@link UserError} when
 * rows do not add up, and what `confirm` throws; nothing is visible then.
 */
export async function publish(store: Store, draft: Draft, publisher: Publisher): Promise<Manifest> {
  checkDraft(draft);
  const described = await describe(draft, publisher);
  const prefix = prefixOf(draft.partition);
  for (let attempt = 1; ; attempt++) {
    const base = await settle(store, prefix);
    if (draft.replaces !== undefined && draft.replaces !== (base.published?.etag ?? null)) {
      throw new ConflictError(
        `'${prefix}' was published by somebody else meanwhile. Nothing was changed; run the same command again.`,
      );
    }
    // A commit that comes after this holds only if nobody has published in between.
    const generation = await publisher.confirm?.(base.published?.manifest.generation ?? 0);
    const manifest = { ...described, ...(generation !== undefined && { generation }) };
    try {
      return await commit(
        store,
        base,
        manifest,
        draft.files.map(({ path }) => path),
      );
    } catch (error) {
      // A draft that was made from nothing published may replace whatever came in between.
      const mayReplace = draft.replaces === undefined && isInPlace(draft);
      if (!(error instanceof ConflictError) || !mayReplace || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Each conflict means that another publish of the same partition got through, so few are to be expected. */
const MAX_ATTEMPTS = 10;

function checkDraft(draft: Draft): void {
  const where = prefixOf(draft.partition);
  checkRows(draft.rows);
  const rows = draft.files.reduce((sum, file) => sum + file.rows, 0);
  const { holds = 'out' } = draft;
  const held = draft.rows[holds];
  if (rows !== held) {
    throw new UserError(
      `The files of '${where}' hold ${rows} rows, but ${held} rows are counted as ${holds}. Nothing was published; report this as a fault of the task.`,
    );
  }
  const names = draft.files.map(({ name }) => name);
  const bad = names.find((name, index) => !isDataName(name) || names.indexOf(name) !== index);
  if (bad !== undefined) {
    throw new UserError(
      `${quoted(bad)} cannot be a data file of '${where}'. Expected names that differ, of letters, digits and any of ._-+@~, such as '${DATA_FILE}'.`,
    );
  }
}

/** Names with an underscore in front are Pipe's own beside the data. */
function isDataName(name: string): boolean {
  return isValue(name) && !name.startsWith('_');
}

async function describe(draft: Draft, { at, ...provenance }: Publisher): Promise<Manifest> {
  const commitId = randomUUID();
  const name = (file: DraftFile): string =>
    isInPlace(draft) ? file.name : uniqueName(file.name, commitId);
  const files: DataFile[] = [];
  for (const file of draft.files) {
    const { path, rows, range, content = await hashFile(path) } = file;
    files.push({ name: name(file), ...content, rows, ...(range && { range }) });
  }
  return {
    format: 1,
    dataset: draft.partition.dataset,
    partition: draft.partition.keys,
    commit: commitId,
    publishedAt: at,
    run: provenance.run,
    command: provenance.command,
    files,
    rows: draft.rows,
    ...(draft.counts && { counts: draft.counts }),
    schema: draft.schema,
    ...(draft.snapshot && { snapshot: draft.snapshot }),
    fingerprint: provenance.fingerprint,
    inputs: draft.inputs ?? provenance.inputs,
  };
}

/** `part-0.parquet` becomes `part-0-1f3a9c2b.parquet`. */
function uniqueName(name: string, commitId: string): string {
  const dot = name.indexOf('.');
  const at = dot < 0 ? name.length : dot;
  return `${name.slice(0, at)}-${commitId.slice(0, 8)}${name.slice(at)}`;
}

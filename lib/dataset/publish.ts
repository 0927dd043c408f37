import type { Partition } from './layout.ts';
import type { RowCounts } from '../ledger/events.ts';
import type { Column, Input } from './manifest.ts';

/** Finished files in a staging folder, ready to become a partition. */
export interface Draft {
  readonly partition: Partition;
  /** Local files by the name they get. A partition of one file calls it `data.parquet`. */
  readonly files: readonly {
    readonly name: string;
    readonly path: string;
    readonly rows: number;
  }[];
  readonly rows: RowCounts;
  readonly schema: readonly Column[];
  /** Default: the inputs of the invocation's output of this partition. */
  readonly inputs?: readonly Input[];
  /** The etag of the manifest this draft was made from (null: there was none); another one now is a conflict. */
  readonly replaces?: string | null;
}

import type { Column } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Staging } from '../../store/store.ts';
import type { Key } from '../merge/key.ts';
import type { Failures } from './failures.ts';

/** What computes rows of records: SQL, a function of JavaScript, or a task. */
export interface Computing {
  /** The file or the task, as it was typed. */
  readonly name: string;
  /** The file's URI, or the task. */
  readonly uri: string;
  /** Hash of its code: with another one all records are computed anew. */
  readonly code: string;
  /** Records without a row are neither in the file nor, unless it knows a reason, among the failures. */
  compute(todo: ToCompute, effects: ComputeEffects): Promise<Computed>;
}

/** Records whose rows are to be computed. */
export interface ToCompute {
  /** A local Parquet file; the number of a record in it, from 0, is its place. */
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly key: Key;
  /** Columns of the rows that are kept, those of the key among them; none where none is kept. */
  readonly known: readonly Column[];
}

export interface ComputeEffects {
  readonly engine: Engine;
  readonly staging: Staging;
  readonly failures: Failures;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** A local Parquet file of rows: {@link PLACE} and what was computed, without the key. */
export interface Computed {
  readonly path: string;
  readonly rows: number;
  readonly columns: readonly Column[];
  /** Whether all its integers are such as DOUBLE holds, so that a column of them may become one of numbers. */
  readonly hasSafeIntegers?: boolean;
}

/** The column that says which record a row was computed from. */
export const PLACE = '__pipe_place';

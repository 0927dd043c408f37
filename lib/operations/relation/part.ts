import { identifier } from '../../engine/sql.ts';
import type { Sql } from '../../engine/sql.ts';
import type { Types } from './types.ts';

/** Files of one kind as a query. */
export interface Part {
  /** Its columns, and {@link fileColumn}. */
  readonly query: Sql;
  /** What the column of a row's file holds: its place among the part's, from 0, or its path. */
  readonly file: 'index' | 'path';
  readonly columns: readonly string[];
  /** Records that could be read, where they were counted, and those that could not. */
  readonly rows?: number;
  readonly rejected: number;
}

/** Tells the file that a row came from; no column of data is called so. */
export const fileColumn = identifier('\u{10FFFF}file');

export interface ReadOptions {
  /** Of some columns; what does not fit is rejected. */
  readonly types: Types;
  /** `start`: types are told by the first records alone, which spares reading everything twice. */
  readonly look: 'all' | 'start';
}

/** As many as tell types for a look at the first rows. */
export const START_ROWS = 20_000;

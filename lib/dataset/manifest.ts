import type { RowCounts } from '../ledger/events.ts';

/** What `_manifest.json` beside a partition's files says. Times are ISO texts. */
export interface Manifest extends Provenance {
  readonly format: 1;
  readonly dataset: string;
  /** The partition's keys and values in layout order. */
  readonly partition: Readonly<Record<string, string>>;
  readonly publishedAt: string;
  readonly files: readonly DataFile[];
  readonly rows: RowCounts;
  readonly schema: readonly Column[];
}

/** How a partition came about: what decides between skip and run, and who did it. */
export interface Provenance {
  readonly run: string;
  /** The command line that makes this partition. */
  readonly command: string;
  readonly fingerprint: Fingerprint;
  readonly inputs: readonly Input[];
}

export interface Fingerprint {
  readonly task: string;
  readonly argv: readonly string[];
  /** Settings outside argv that change the result, such as `timezone`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Hash of the task's module graph. */
  readonly code: string;
  /** Name and version of the engine. */
  readonly engine: string;
}

/** Something that was read: a partition (`name` is its prefix) or a file (`name` is its URI). */
export interface Input {
  readonly name: string;
  /** Changes when the content changes. */
  readonly version: string;
  readonly bytes?: number;
  /** Rows that came from this input, where that is known. */
  readonly rows?: number;
}

export interface DataFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly rows: number;
}

export interface Column {
  readonly name: string;
  /** The engine's type name. */
  readonly type: string;
}

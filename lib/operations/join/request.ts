import { prefixOf } from '../../dataset/layout.ts';
import type { Partition } from '../../dataset/layout.ts';
import type { Input } from '../../dataset/manifest.ts';
import type { Engine } from '../../engine/engine.ts';
import { UsageError } from '../../errors.ts';
import { outputColumns, pairKeys } from './columns.ts';
import type { OutputOptions } from './columns.ts';
import { convertedFiles, localFiles, openSide, packedFiles } from './load.ts';
import type { LoadEffects, LocalFile } from './load.ts';
import { fractionKey, lookOf, packedOf } from './places.ts';
import type { Fraction } from './places.ts';
import { inputsOf, isOnePartition, isText } from './sources.ts';
import type { Source } from './sources.ts';
import { parseKeys } from './spec.ts';
import type { How, JoinSpec, Key, Side } from './spec.ts';

/** A join as somebody asks for it, its sides found. */
export interface JoinRequest {
  readonly how: How;
  readonly to: string;
  readonly left: NamedSource;
  readonly rights: readonly NamedSource[];
  /** By right side. */
  readonly keys: readonly (readonly Key[])[];
  readonly output: OutputOptions;
  readonly flatten: boolean;
}

export interface NamedSource {
  /** `left`, `right`, `right-2`, … */
  readonly side: string;
  /** As it was written. */
  readonly text: string;
  readonly source: Source;
}

/** Keys by right side. Throws UsageError unless every right side has its own and the join takes so many. */
export function keysOfRights(
  how: How,
  rights: readonly string[],
  on: readonly string[],
): readonly (readonly Key[])[] {
  if (rights.length !== on.length) {
    throw new UsageError(
      `--on: there are ${rights.length} --right and ${on.length} --on; write one --on=<keys> behind each --right=<source>`,
    );
  }
  if (rights.length > 1 && (how === 'right' || how === 'full' || how === 'rest')) {
    throw new UsageError(
      `--how: '${how}' takes one --right, since rows without a partner are those of one side; with several choose inner, left, semi or anti`,
    );
  }
  return on.map((text) => parseKeys(text, '--on'));
}

/** The partition that a join makes: with the keys of the left side's, where that is one of a dataset. */
export function targetOf({ to, left, how }: Pick<JoinRequest, 'to' | 'left' | 'how'>): Partition {
  const { source, text } = left;
  if (source.kind === 'files') return { dataset: to, keys: {} };
  if (how === 'rest') return { dataset: to, keys: { unmatched: 'right' } };
  const [only] = source.partitions;
  if (!only || !isOnePartition(text, source)) {
    throw new UsageError(
      `--left: '${text}' is ${source.partitions.length} partitions; one at a time is joined, such as --left=${only ? prefixOf(only).slice(0, -1) : text}`,
    );
  }
  return { dataset: to, keys: only.keys };
}

/** Everything that a join reads, the left side first. */
export function sidesOf({ left, rights }: JoinRequest): readonly NamedSource[] {
  return [left, ...rights];
}

export function inputsOfJoin(request: JoinRequest): readonly (Partition | Input)[] {
  return sidesOf(request).flatMap(({ source }) => inputsOf(source));
}

/** A side of so many text files is read in so many parts at most, each of some of the files. */
const MOST_PARTS = 8;

/** The parts in which a side is made Parquet before it is joined; none for one that is. */
export function partsOf(source: Source): readonly Fraction[] {
  if (source.kind === 'dataset' || !isText(source)) return [];
  const of = Math.min(source.files.length, MOST_PARTS);
  return Array.from({ length: of }, (_, index) => ({ number: index + 1, of }));
}

/** The join with its sides open, and their local files: the left side's first. */
export interface OpenJoin {
  readonly spec: JoinSpec;
  readonly files: readonly (readonly LocalFile[])[];
}

/** Opens both sides, of which text has been made Parquet before, and those of `packed` smaller row groups. */
export async function openJoin(
  effects: LoadEffects,
  request: JoinRequest,
  packed: readonly string[] = [],
): Promise<OpenJoin> {
  const files: (readonly LocalFile[])[] = [];
  for (const side of sidesOf(request)) {
    const found = await filesOf(effects, request, side);
    files.push(
      packed.includes(side.side)
        ? await packedFiles(packedOf(targetOf(request), side.side), found, effects)
        : found,
    );
  }
  return { spec: await specOf(effects.engine, request, files), files };
}

/** The local files of a side, of which text has been made Parquet before. */
export async function filesOf(
  effects: Omit<LoadEffects, 'engine'>,
  { to }: JoinRequest,
  { side, source }: NamedSource,
): Promise<readonly LocalFile[]> {
  const parts = partsOf(source).map(fractionKey);
  return parts.length > 0 ? convertedFiles(to, side, parts, effects) : localFiles(source, effects);
}

/** The join of local Parquet files. */
export async function specOf(
  engine: Engine,
  request: JoinRequest,
  files: readonly (readonly LocalFile[])[],
): Promise<JoinSpec> {
  const sides: Side[] = [];
  for (const [index, { side, text }] of sidesOf(request).entries()) {
    const name = `--${side.replace(/-\d+$/, '')}='${text}'`;
    sides.push(await openSide(engine, files[index] ?? [], { flatten: request.flatten, name }));
  }
  const [left, ...others] = sides;
  if (!left) throw new Error('a join has a left side');
  const rights = others.map((side, index) => {
    const keys = request.keys[index] ?? [];
    return { ...side, keys: pairKeys(left, side, keys) };
  });
  const named = others.map((side, index) => ({ side, keys: request.keys[index] ?? [] }));
  return {
    how: request.how,
    left,
    rights,
    columns: outputColumns(request.how, left, named, request.output),
    main: mainOf(request),
  };
}

/** The right side with the most bytes: its keys decide which rows come together. */
export function mainOf({ rights }: JoinRequest): number {
  const sizes = rights.map(({ source }) =>
    source.kind === 'files' ? source.files.reduce((sum, { bytes }) => sum + bytes, 0) : Infinity,
  );
  return Math.max(0, sizes.indexOf(Math.max(...sizes)));
}

/** What is known of the join's keys is kept beside its result. */
export function lookPartition(request: JoinRequest): Partition {
  return lookOf(targetOf(request));
}

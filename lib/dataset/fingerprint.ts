import { quote } from '../docopt/quote.ts';
import type { Fingerprint, Input, Manifest } from './manifest.ts';

/**
 * What has changed since a partition was made, in words for people; nothing when it is up to date.
 * @example differences(old, fingerprint, inputs) // ['code changed from 1f3a9c2b to 8d2e4f01', 'input events/site=a/ is new']
 */
export function differences(
  old: Pick<Manifest, 'fingerprint' | 'inputs'>,
  fingerprint: Fingerprint,
  inputs: readonly Input[],
): string[] {
  const before = old.fingerprint;
  return [
    ...changed('task', before.task, fingerprint.task),
    ...(before.code === fingerprint.code
      ? []
      : [`code changed from ${short(before.code)} to ${short(fingerprint.code)}`]),
    ...argvDifferences(before.argv, fingerprint.argv),
    ...settingDifferences(before.settings, fingerprint.settings),
    ...changed('engine', before.engine, fingerprint.engine),
    ...inputDifferences(old.inputs, inputs),
  ];
}

function changed(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what} changed from ${before} to ${after}`];
}

/** Enough of a hash to tell two apart. */
function short(hash: string): string {
  return hash.slice(0, 8);
}

function argvDifferences(before: readonly string[], after: readonly string[]): string[] {
  const isSame = before.length === after.length && before.every((word, at) => word === after[at]);
  if (isSame) return [];
  const gone = quote(before.filter((word) => !after.includes(word)));
  const added = quote(after.filter((word) => !before.includes(word)));
  if (gone !== '' && added !== '') return [`arguments changed from ${gone} to ${added}`];
  if (gone !== '') return [`arguments changed: ${gone} is gone`];
  return [
    added === '' ? 'arguments changed in number or order' : `arguments changed: ${added} is new`,
  ];
}

function settingDifferences(
  before: Fingerprint['settings'],
  after: Fingerprint['settings'],
): string[] {
  return pairs(new Map(Object.entries(before)), new Map(Object.entries(after))).flatMap(
    ([name, from, to]) => {
      if (from === undefined) return [`setting ${name} is new`];
      return to === undefined ? [`setting ${name} is gone`] : changed(`setting ${name}`, from, to);
    },
  );
}

function inputDifferences(before: readonly Input[], after: readonly Input[]): string[] {
  return pairs(byName(before), byName(after)).flatMap(([name, from, to]) => {
    if (from === undefined) return [`input ${name} is new`];
    if (to === undefined) return [`input ${name} is gone`];
    if (from.version === to.version) return [];
    return [`input ${name} changed from ${look(from)} to ${look(to)}`];
  });
}

/** `1204 bytes (version 1f3a9c2b)`. */
function look({ version, bytes }: Input): string {
  const named = `version ${short(version)}`;
  return bytes === undefined ? named : `${bytes} bytes (${named})`;
}

function byName(inputs: readonly Input[]): ReadonlyMap<string, Input> {
  return new Map(inputs.map((input) => [input.name, input]));
}

/** Every name with its value before and after, in the order of before, then the new ones. */
function pairs<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
): [name: string, from: Value | undefined, to: Value | undefined][] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((name) => [name, before.get(name), after.get(name)]);
}

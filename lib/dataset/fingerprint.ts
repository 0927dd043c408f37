import type { Fingerprint, Input, Manifest } from './manifest.ts';

/**
 * What has changed since a partition was made, in words for people; nothing when it is up to date.
 * @example differences(old, fingerprint, inputs) // ['code changed', 'input events/site=a/ is new']
 */
export function differences(
  old: Pick<Manifest, 'fingerprint' | 'inputs'>,
  fingerprint: Fingerprint,
  inputs: readonly Input[],
): string[] {
  const before = old.fingerprint;
  return [
    ...changed('task', before.task, fingerprint.task),
    ...(before.code === fingerprint.code ? [] : ['code changed']),
    ...(sameTexts(before.argv, fingerprint.argv) ? [] : ['arguments changed']),
    ...settingDifferences(before.settings, fingerprint.settings),
    ...changed('engine', before.engine, fingerprint.engine),
    ...inputDifferences(old.inputs, inputs),
  ];
}

function changed(what: string, before: string, after: string): string[] {
  return before === after ? [] : [`${what} changed from ${before} to ${after}`];
}

function sameTexts(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((text, index) => text === after[index]);
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
  return pairs(versions(before), versions(after)).flatMap(([name, from, to]) => {
    if (from === undefined) return [`input ${name} is new`];
    if (to === undefined) return [`input ${name} is gone`];
    return from === to ? [] : [`input ${name} changed`];
  });
}

function versions(inputs: readonly Input[]): ReadonlyMap<string, string> {
  return new Map(inputs.map(({ name, version }) => [name, version]));
}

/** Every name with its value before and after, in the order of before, then the new ones. */
function pairs(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): [name: string, from: string | undefined, to: string | undefined][] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].map((name) => [name, before.get(name), after.get(name)]);
}

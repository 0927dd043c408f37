import { expect, test } from 'vitest';
import { keyTemplate } from '../../../lib/operations/pack/key-template.ts';

test.each([
  ['{id}', 'abc', 'abc'],
  ['{id}.json', 'a b%+', 'a b%+.json'],
  ['{id[0:2]}/{id}.json', 'abcdef', 'ab/abcdef.json'],
  ['{id[:1]}/{id[1:]}', 'abc', 'a/bc'],
  ['{id[0:1]}/{id}', '𝒳y', '𝒳/𝒳y'],
  ['{id[2:4]}-{id}', 'a', '-a'],
  ['{{{id}}}', 'x', '{x}'],
  ['v=$&/{id}', '$1', 'v=$&/$1'],
])('%s of %s', (template, id, key) => {
  expect(keyTemplate(template)(id)).toBe(key);
});

test.each([
  ['data.json', "--key-template: 'data.json' does not say where the id stands"],
  ['{{id}}', 'does not say where the id stands'],
  ['{name}/{id}', "has '{name}' in it"],
  ['{id[1]}', "has '{id[1]}' in it"],
  ['{id[-2:]}', "has '{id[-2:]}' in it"],
  ['{id}}', "has a single '}'"],
  ['', 'does not say where the id stands'],
])('%s is refused', (template, message) => {
  expect(() => keyTemplate(template)).toThrow(message);
});

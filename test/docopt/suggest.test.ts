import { expect, test } from 'vitest';
import { nearest } from '../../lib/docopt/suggest.ts';

const tasks = ['stats:pageloads', 'stats:multi', 'events:import', 'db:migrate', 'stats:clicks'];

test.each([
  ['stats:mutli', 'stats:multi'],
  ['stat:multi', 'stats:multi'],
  ['event:import', 'events:import'],
  ['migrate', 'db:migrate'],
  ['mutli', 'stats:multi'],
  ['Stats:Clicks', 'stats:clicks'],
  ['stats', undefined],
  ['build', undefined],
])('%s -> %s', (word, task) => {
  expect(nearest(word, tasks)).toBe(task);
});

test.each([
  ['--stes', '--sites'],
  ['--froce', '--force'],
  ['--site', undefined],
  ['--o', undefined],
])('%s -> %s', (word, option) => {
  expect(nearest(word, ['--sites', '--force', '--out'])).toBe(option);
});

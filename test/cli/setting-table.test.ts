import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configFields } from '../../lib/cli/config.ts';
import { settingsMarkdown, settingTable } from '../../lib/cli/setting-table.ts';
import { optionsUsage, pipeUsage } from '../../lib/cli/usage.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';

const variables: readonly string[] = settingTable.map(({ variable }) => variable);

test('the table has every variable that the source names, and no more', () => {
  const files = ['lib', 'tasks'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(folder, name), 'utf8')),
  );
  const named = new Set(files.join('\n').match(/\bPIPE_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g));
  // How a worker learns of its parent is nobody else's business.
  named.delete('PIPE_WORKER');
  expect(variables).toEqual(expect.arrayContaining([...named]));
});

test('the table has every option of pipe that takes a value, but those of one command line', () => {
  const { options } = parseUsage(optionsUsage, 'pipe');
  const valued = options.filter(({ argument }) => argument !== undefined);
  const names = valued.map(({ key }) => key.slice(2));
  const listed = settingTable.filter(({ isOption }) => isOption).map(({ name }) => name);
  expect(listed.toSorted()).toEqual(
    names.filter((name) => !['list', 'lookback'].includes(name)).toSorted(),
  );
});

test('the table has every field of a config', () => {
  const fields = settingTable.flatMap(({ config }) => (config === undefined ? [] : [config]));
  expect(fields.toSorted()).toEqual([...configFields].toSorted());
});

test('help and the table of the manual come from it', () => {
  for (const variable of variables) {
    expect(pipeUsage).toContain(`  ${variable} `);
    expect(settingsMarkdown()).toContain(`| \`${variable}\` |`);
  }
});

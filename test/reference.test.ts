import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('lib/README.md is what npm run reference writes', async () => {
  const node = promisify(execFile);
  const { stdout } = await node(process.execPath, ['bin/reference.js', '--print']);
  expect(await readFile('lib/README.md', 'utf8')).toBe(stdout);
});

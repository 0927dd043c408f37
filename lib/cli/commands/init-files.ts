/** The files that a project begins with. */

export const configText = unindented(`
  import type { Config } from 'pipe';

  // Everything may be left out. "pipe config" shows what is in force and where it came from.
  export default {
    store: 'data', // a folder of this project, or s3://bucket/prefix
    timezone: 'UTC', // the zone whose calendar days count, such as Europe/Berlin
  } satisfies Config;
`);

export const helloTask = unindented(`
  import { defineTask } from 'pipe';

  // Run it: pipe hello:world -- --name=Ann
  // The usage says what it takes, to the editor, too: args.name is a string, args.loud a boolean.
  export const hello = defineTask({
    name: 'hello:world',
    summary: 'Greet somebody',
    usage: \`--name=<name> [--loud]

  Options:
    --name=<name>  Who is greeted.
    --loud         With an exclamation mark.\`,
    run(args, context) {
      context.log(\`Hello \${args.name}\${args.loud ? '!' : ''}\`);
    },
  });
`);

/** In JavaScript, so that Node runs it without more. */
export const nodeTest = unindented(`
  import assert from 'node:assert/strict';
  import { mkdtemp, rm } from 'node:fs/promises';
  import { tmpdir } from 'node:os';
  import { join } from 'node:path';
  import { test } from 'node:test';
  import { invoke } from 'pipe';

  test('hello:world greets, and wants a name', async () => {
    const store = await mkdtemp(join(tmpdir(), 'hello-'));
    try {
      const said = [];
      const listen = (event) => event.type === 'log' && said.push(event.message);
      const args = { name: 'Ann', loud: true };
      const { exitCode } = await invoke('hello:world', args, { store, listen });
      assert.equal(exitCode, 0);
      assert.deepEqual(said, ['Hello Ann!']);
      await assert.rejects(invoke('hello:world', {}, { store }), /--name/);
    } finally {
      await rm(store, { recursive: true });
    }
  });
`);

/** Where vitest is, it reads TypeScript, so that the task itself can be imported. */
export const vitestTest = unindented(`
  import { testTask } from 'pipe';
  import { expect, test } from 'vitest';
  import { hello } from '../tasks/hello.js';

  test('hello:world greets', async () => {
    const { exitCode, log } = await testTask(hello, { name: 'Ann', loud: true });
    expect(exitCode).toBe(0);
    expect(log).toEqual(['Hello Ann!']);
  });
`);

/** Without the indentation that tells these texts from the code around them. */
function unindented(text: string): string {
  return text.slice(1).replace(/^ {2}/gm, '');
}

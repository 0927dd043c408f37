import { expect, test } from 'vitest';
import { renderTree } from '../../lib/terminal/tree.ts';
import type { TreeNode } from '../../lib/terminal/tree.ts';

const day = '--start-date=2026-11-13 --end-date=2026-11-13';

const nodes: readonly TreeNode[] = [
  { depth: 0, command: `pipe stats:multi -- --sites=a ${day}` },
  {
    depth: 1,
    command: `pipe stats:pageloads -- --sites=a ${day}`,
    state: 'missing',
    because: ['never made'],
  },
  {
    depth: 1,
    command: `pipe stats:clicks -- --sites=a ${day}`,
    state: 'stale',
    because: ['input events/site=a changed', 'code changed\x1b[2K\n'],
  },
  { depth: 1, command: `pipe stats:conversions -- --sites='a b' ${day}`, state: 'done' },
];

async function lines(color: boolean): Promise<string> {
  const all: string[] = [];
  for await (const line of renderTree(each(nodes), { color })) all.push(line);
  return all.join('\n');
}

async function* each(all: Iterable<TreeNode>): AsyncGenerator<TreeNode> {
  yield* all;
}

test('each line is a state, a command to paste and the reason as a comment', async () => {
  expect(await lines(false)).toMatchInlineSnapshot(`
    "         pipe stats:multi -- --sites=a --start-date=2026-11-13 --end-date=2026-11-13
    missing    pipe stats:pageloads -- --sites=a --start-date=2026-11-13 --end-date=2026-11-13  # never made
    stale      pipe stats:clicks -- --sites=a --start-date=2026-11-13 --end-date=2026-11-13  # input events/site=a changed, code changed␛[2K
    done       pipe stats:conversions -- --sites='a b' --start-date=2026-11-13 --end-date=2026-11-13

    1 missing, 1 stale, 1 done"
  `);
});

test('states have colours, commands have none', async () => {
  const colored = await lines(true);
  expect(colored).toContain('\x1b[33mmissing\x1b[39m');
  expect(colored).toContain(`    pipe stats:clicks -- --sites=a ${day}`);
});

test('a line comes as soon as its node does', async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<TreeNode> {
    for (;;) {
      read += 1;
      yield { depth: 1, command: `pipe a:b -- ${read}`, state: 'missing' };
    }
  }
  const tree = renderTree(endless(), { color: false });
  await tree.next();
  await tree.next();
  expect(read).toBe(2);
  await tree.return(undefined);
});

test('a plan without leaves has no count', async () => {
  const tree = renderTree(each([{ depth: 0, command: 'pipe a:b' }]), { color: false });
  expect(await tree.next()).toEqual({ done: false, value: '         pipe a:b' });
  expect((await tree.next()).done).toBe(true);
});

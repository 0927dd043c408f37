import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let rig: Rig;
let server: Server;
let from: string;
/** What the service was asked, and what it does next. */
let asked: string[];
let answers: ('page' | 'slow-down' | 'break')[];

beforeAll(async () => {
  rig = await createRig();
  const readme = await readFile('README.md', 'utf8');
  const blocks = [...readme.matchAll(/^```\w+ (\S+)\n([^]*?)^```$/gm)];
  const files = Object.fromEntries(blocks.map(([, path = '', text = '']) => [path, text]));
  await rig.write({ 'package.json': '{ "type": "module" }', ...files });
  await mkdir(rig.path('node_modules/@types'), { recursive: true });
  await symlink(root, rig.path('node_modules/pipe'));
  await symlink(`${root}/node_modules/vitest`, rig.path('node_modules/vitest'));
  await symlink(`${root}/node_modules/@types/node`, rig.path('node_modules/@types/node'));
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    switch (answers.shift()) {
      case 'slow-down':
        return response.writeHead(429, { 'retry-after': '0' }).end();
      case 'break':
        return response.writeHead(400).end('no such page');
      case 'page':
      case undefined:
      default:
        return response.end(JSON.stringify(pageOf(Number(searchParams.get('page') ?? '1'))));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  from = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/orders`;
});
afterAll(async () => {
  server.close();
  await rig.remove();
});

/** Three pages of two orders. */
function pageOf(page: number): unknown {
  const items = [1, 2].map((n) => ({
    id: `${page}.${n}`,
    customer: n === 1 ? 'ann' : 'bob',
    cents: page * 100,
  }));
  return page < 3 ? { items, next: `${from}?page=${page + 1}` } : { items };
}

test('the examples compile, and their test passes', async () => {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
  const types = ['--types', 'node', '--allowImportingTsExtensions', '--skipLibCheck'];
  const files = ['tasks/orders.ts', 'tasks/shop.ts', 'tests/orders.test.ts'];
  const { stdout } = await promisify(execFile)(
    `${root}/node_modules/.bin/tsc`,
    [...options, ...types, ...files],
    { cwd: rig.folder },
  ).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
  const tested = await rig.shell(
    'node node_modules/vitest/vitest.mjs run --testTimeout=30000 tests',
  );
  expect(tested.code, tested.stdout + tested.stderr).toBe(0);
  expect(tested.stdout).toContain('1 passed');
});

test('pages are fetched as the service allows, and a day that broke midway starts anew', async () => {
  await rig.pipe(['orders:customers', '--', 'customers.csv']);
  const command = ['--now=2026-11-19', 'orders:daily', '--', `--from=${from}`, '--days-ago=0'];
  asked = [];
  answers = ['page', 'slow-down', 'page', 'break'];
  const broken = await rig.pipe(command);
  expect(broken.code).toBe(1);
  expect(broken.stderr).toContain('400 Bad Request: no such page');
  expect(asked).toHaveLength(4);
  asked = [];
  const { code, stderr } = await rig.pipe(command);
  expect(code, stderr).toBe(0);
  expect(asked).toEqual(['/orders?date=2026-11-19', '/orders?page=2', '/orders?page=3']);
  expect(stderr).toContain('2026-11-19: 1200 cents');
  const { stdout } = await rig.pipe([
    'data:sql',
    '--',
    'select country, orders, cents from "shop/revenue" order by country',
    '--format=csv',
  ]);
  expect(stdout).toBe('country,orders,cents\nDE,3,600\nFR,3,600\n');
});

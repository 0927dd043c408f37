import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Allowance, type Rules, breaches, importsOf } from './architecture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const belowDataset = ['store', 'formats', 'docopt', 'dates', 'errors', 'events'];
const belowOperations = ['dataset', 'engine', 'plot', ...belowDataset];
const belowRun = ['task', 'ledger', 'operations', ...belowOperations];
const lib = ['run', 'terminal', 'wording', 'report', ...belowRun];

/** Imports point one way. What stands in no row may not be imported. */
const table: Readonly<Record<string, Allowance>> = {
  errors: { imports: [] },
  // The event types are a leaf: everybody may speak of what happened.
  events: { imports: [] },
  // What a chart shows, for whoever draws it.
  plot: { imports: [] },
  docopt: { imports: ['errors'] },
  dates: { imports: ['errors'] },
  formats: { imports: ['errors'] },
  store: { imports: ['errors'] },
  engine: { imports: ['errors', 'formats', 'dates'] },
  dataset: { imports: belowDataset },
  operations: { imports: belowOperations },
  ledger: { imports: ['errors', 'store', 'dates', 'events'] },
  task: {
    imports: ['errors', 'docopt', 'dates', 'events'],
    types: ['store', 'formats', 'engine', 'dataset', 'operations', 'plot'],
  },
  run: { imports: belowRun },
  // Numbers, sizes and times as words; whoever writes for people may use it.
  wording: { imports: [] },
  terminal: { imports: ['events', 'plot', 'wording'] },
  report: { imports: ['ledger', 'events', 'formats', 'plot', 'wording'] },
  // A task writes a report; what it prints is for the terminal, of which tasks know nothing.
  tasks: { imports: ['run', 'report', ...belowRun] },
  cli: { imports: ['tasks', ...lib] },
  // What authors of tasks import.
  pipe: { imports: ['cli', ...lib] },
  bin: { imports: ['cli'] },
};

const places: Readonly<Record<string, string>> = {
  errors: 'lib/errors.ts',
  events: 'lib/ledger/events.ts',
  pipe: 'lib/pipe.ts',
  wording: 'lib/terminal/format.ts',
  tasks: 'tasks',
  bin: 'bin',
};

/** Small packages that the build puts into the bundles, so that nobody need install them. */
const bundled = ['csv-parse', 'dayjs', 'p-limit', 'picocolors'];

/** Slow to load, and bundled all the same, into a chunk of its own. */
const telemetry = [
  '@opentelemetry/api',
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-base',
];

const rules: Rules = {
  units: Object.fromEntries(
    Object.entries(table).map(([name, { imports, types = [] }]) => [
      placeOf(name),
      { imports: imports.map(placeOf), types: types.map(placeOf) },
    ]),
  ),
  packages: [...dependencies(), ...bundled, ...telemetry],
  heavy: {
    '@aws-sdk/client-s3': 'lib/store',
    '@duckdb/node-api': 'lib/engine',
    esbuild: 'lib/task',
    'parquetjs-lite': 'lib/formats',
    neodoc: 'lib/docopt',
    ...Object.fromEntries(telemetry.map((name) => [name, 'lib/ledger'])),
  },
  effects: ['lib/cli'],
  maxLines: 300,
  long: {},
};

test('the project keeps to its architecture', () => {
  const files = ['bin', 'lib', 'tasks'].flatMap(sourcesIn);
  expect(files.length).toBeGreaterThan(20);
  expect(breaches(files, rules)).toEqual([]);
});

describe('a breach is found:', () => {
  /** The breaches of one file beside those it may import. */
  const found = (path: string, text: string, others: Readonly<Record<string, string>> = {}) =>
    breaches(
      [
        { path, text },
        ...Object.entries(others).map(([each, code]) => ({ path: each, text: code })),
      ],
      { ...rules, long: {} },
    );

  test.each([
    [
      'lib/store/s3.ts',
      "import { sql } from '../engine/sql.ts';",
      'lib/store may not import lib/engine',
    ],
    [
      'lib/engine/spark.ts',
      "import type { Store } from '../store/store.ts';",
      'may not import lib/store',
    ],
    [
      'lib/docopt/parse.ts',
      "export { parseDay } from '../dates/day.ts';",
      'may not import lib/dates',
    ],
    ['lib/docopt/parse.ts', "export * from '../dates/day.ts';", 'may not import lib/dates'],
    [
      'lib/run/plan.ts',
      "const { main } = await import('../cli/main.ts');",
      'may not import lib/cli',
    ],
    ['lib/run/plan.ts', "import {\n  main,\n} from '../cli/main.ts';", 'may not import lib/cli'],
    ['lib/run/plan.ts', "import '../terminal/table.ts';", 'may not import lib/terminal'],
    [
      'lib/terminal/bar.ts',
      "import { read } from '../ledger/ledger.ts';",
      'may not import lib/ledger',
    ],
    [
      'lib/task/load.ts',
      "import { join } from '../dataset/layout.ts';",
      'only types of lib/dataset',
    ],
    [
      'lib/task/load.ts',
      "import { type Part } from '../dataset/layout.ts';",
      'only types of lib/dataset',
    ],
    [
      'lib/ledger/events.ts',
      "import { UserError } from '../errors.ts';",
      'may not import lib/errors.ts',
    ],
    ['lib/run/plan.ts', "import { defineTask } from '../pipe.ts';", 'may not import lib/pipe.ts'],
    [
      'lib/cli/main.ts',
      "import { rig } from '../../test/rig/rig.ts';",
      'no folder of the import table',
    ],
    ['lib/utils/text.ts', '', 'belongs to no folder of the import table'],
    ['tasks/stats.ts', "import { print } from '../lib/cli/print.ts';", 'may not import lib/cli'],
    ['bin/pipe.ts', "import { run } from '../lib/run/run.ts';", 'may not import lib/run'],
    ['lib/run/plan.ts', "import chalk from 'chalk';", 'imports chalk, which is no dependency'],
    ['lib/run/plan.ts', "import { test } from 'vitest';", 'imports vitest, which is no dependency'],
    [
      'lib/run/plan.ts',
      "import type { A } from 'esbuild';",
      'imports esbuild, which only lib/task may',
    ],
    [
      'lib/run/plan.ts',
      "import { env } from 'node:process';",
      'imports node:process outside lib/cli',
    ],
    ['lib/run/plan.ts', 'const jobs = process.env.JOBS;', 'uses process. outside lib/cli'],
    [
      'lib/run/plan.ts',
      'globalThis.process?.exit(1);',
      'uses globalThis.process?. outside lib/cli',
    ],
    ['lib/terminal/bar.ts', 'console.log(1);', 'uses console. outside lib/cli'],
    ['lib/run/plan.ts', 'const at = `${Date.now()}`;', 'uses Date.now outside lib/cli'],
    ['tasks/stats.ts', 'const clock = Date.now;', 'uses Date.now outside lib/cli'],
    ['lib/run/plan.ts', 'const at = new Date();', 'uses new Date() outside lib/cli'],
    ['lib/run/plan.ts', 'export default function plan() {}', 'a default export'],
    ['lib/run/plan.ts', 'export { plan as default };', 'a default export'],
    ['lib/run/index.ts', '', 'an index file'],
    ['lib/run/plan.ts', '\n'.repeat(300), '301 lines'],
  ])('%s: %s', (path, text, message) => {
    const [breach, ...more] = found(path, `// One line before.\n${text}`);
    expect(breach).toContain(message);
    expect(breach).toMatch(/^[\w./]+:\d+: /);
    expect(more).toEqual([]);
  });

  test('at its line', () => {
    const text =
      "/* two\n   lines */\nimport { a } from './a.ts';\n\nimport { b } from '../cli/b.ts';\n";
    expect(found('lib/run/plan.ts', text)).toEqual([
      'lib/run/plan.ts:5: lib/run may not import lib/cli (../cli/b.ts)',
    ]);
  });

  test('a heavy package that loads with what another folder imports', () => {
    const engine = {
      'lib/engine/duckdb.ts': "import { open } from './open.ts';",
      'lib/engine/open.ts': "import { DuckDBInstance } from '@duckdb/node-api';",
    };
    expect(
      found('lib/run/run.ts', "import { duckdb } from '../engine/duckdb.ts';", engine),
    ).toEqual(['lib/run/run.ts:1: loads @duckdb/node-api at once by ../engine/duckdb.ts']);
    expect(found('lib/run/run.ts', "await import('../engine/duckdb.ts');", engine)).toEqual([]);
    const late = { ...engine, 'lib/engine/duckdb.ts': "await import('./open.ts');" };
    expect(found('lib/run/run.ts', "import { duckdb } from '../engine/duckdb.ts';", late)).toEqual(
      [],
    );
  });

  test('a file that is listed as long and is not', () => {
    const long = { 'lib/run/run.ts': 'one table' };
    const ofLines = (count: number) =>
      breaches([{ path: 'lib/run/run.ts', text: '\n'.repeat(count) }], { ...rules, long });
    expect(ofLines(300)).toEqual(['lib/run/run.ts:1: is listed as long and is not']);
    expect(ofLines(301)).toEqual([]);
  });

  test.each([
    ['lib/task/load.ts', "import type { Store } from '../store/store.ts';"],
    ['lib/task/load.ts', "import type { BuildOptions } from 'esbuild';\nawait import('esbuild');"],
    ['lib/dataset/publish.ts', "import type { RowCounts } from '../ledger/events.ts';"],
    ['lib/run/plan.ts', "import { join } from 'node:path';\nimport pLimit from 'p-limit';"],
    ['lib/run/plan.ts', "// import { main } from '../cli/main.ts';\n/* console.log(Date.now()) */"],
    ['lib/run/plan.ts', "const hint = 'process.env, console.log and Date.now() are for lib/cli';"],
    [
      'lib/run/plan.ts',
      'owner.process.kill(1);\nconst quote = /[\'"`/]/;\nconst day = new Date(now);',
    ],
    ['lib/store/glob.ts', "const glob = 'tasks/*.ts';\nconst more = '**/*.js';"],
    ['lib/cli/main.ts', 'console.error(process.argv, Date.now(), new Date());'],
    ['lib/run/plan.ts', '\n'.repeat(299)],
  ])('but none in %s: %s', (path, text) => {
    expect(found(path, `${text}\n`)).toEqual([]);
  });

  test('in code behind what looks like a comment', () => {
    expect(
      found('lib/run/plan.ts', "const glob = 'tasks/*.ts';\nDate.now(); // '**/*.js'\n"),
    ).toHaveLength(1);
    expect(found('lib/run/plan.ts', 'const url = `http://${Date.now()}`;\n')).toHaveLength(1);
    expect(found('lib/run/plan.ts', 'const slash = /\\/*/; Date.now();\n')).toHaveLength(1);
    expect(
      found('lib/run/plan.ts', "const quote = /'/; Date.now(); const other = '';\n"),
    ).toHaveLength(1);
  });
});

test('imports are told apart', () => {
  const text = `
import a, { type B } from './a.ts';
import type { C } from "./c.ts";
export type { D } from './d.ts';
export const e = await import('./e.ts');
const load = () => import(
  './f.ts'
);
type G = typeof import('./g.ts');
export const text = "from './none.ts'";
`;
  expect(importsOf(text)).toEqual([
    { specifier: './a.ts', kind: 'static', line: 2 },
    { specifier: './c.ts', kind: 'type', line: 3 },
    { specifier: './d.ts', kind: 'type', line: 4 },
    { specifier: './e.ts', kind: 'dynamic', line: 5 },
    { specifier: './f.ts', kind: 'dynamic', line: 6 },
    { specifier: './g.ts', kind: 'type', line: 9 },
  ]);
});

function placeOf(name: string): string {
  return places[name] ?? `lib/${name}`;
}

function sourcesIn(folder: string) {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      return { path: path.replaceAll(sep, '/'), text: readFileSync(join(root, path), 'utf8') };
    });
}

function dependencies(): string[] {
  const { dependencies: names }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  return Object.keys(names);
}

import { expect, test } from 'vitest';
import type { Summary } from '../../lib/task/task.ts';
import { renderTable } from '../../lib/terminal/table.ts';
import type { Table } from '../../lib/terminal/table.ts';
import { displayWidth } from '../../lib/terminal/text.ts';

const plain = { width: 80, color: false };

const table: Summary = {
  title: 'stats:multi, 2026-11-12 to 2026-11-19 (UTC)',
  columns: [
    { name: 'site', kind: 'text' },
    { name: 'aggregate', kind: 'text' },
    { name: 'total', kind: 'number' },
    { name: 'per day', kind: 'spark' },
    { name: 'last day', kind: 'bar' },
    { name: 'files', kind: 'text' },
  ],
  rows: [
    ['a', 'pageloads', 1234567, [1, 2, 3, null, 5, 0, 7, 8], 5632, 'stats/pageloads/site=a'],
    ['日本サイト', 'clicks', 12.345, [5, 5], 120, 'stats/clicks'],
    ['e\u0301vil\x1b[31m', 'conversions', null, [], 0, 'x'],
  ],
  notes: ['files are in ./store'],
};

test('columns are aligned, wide characters and control characters included', () => {
  expect(renderTable(table, { ...plain, width: 120 })).toMatchInlineSnapshot(`
    "stats:multi, 2026-11-12 to 2026-11-19 (UTC)

    site        aggregate        total  per day   last day                    files
    a           pageloads    1,234,567  ▁▂▃ ▅▁▇█  5,632 ████████████████████  stats/pageloads/site=a
    日本サイト  clicks           12.35  ██          120 ▍                     stats/clicks
    évil␛[31m   conversions                           0                       x

    files are in ./store
    "
  `);
});

test('charts give way before text', () => {
  expect(renderTable(table, { ...plain, width: 90 })).toMatchInlineSnapshot(`
    "stats:multi, 2026-11-12 to 2026-11-19 (UTC)

    site        aggregate        total  per day   last day              files
    a           pageloads    1,234,567  ▁▂▃ ▅▁▇█  5,632 ██████████████  stats/pageloads/site=a
    日本サイト  clicks           12.35  ██          120 ▎               stats/clicks
    évil␛[31m   conversions                           0                 x

    files are in ./store
    "
  `);
});

test('then text is cut', () => {
  expect(renderTable(table, { ...plain, width: 60 })).toMatchInlineSnapshot(`
    "stats:multi, 2026-11-12 to 2026-11-19 (UTC)

    site      aggrega…      total  per day  last day    files
    a         pageloa…  1,234,567  ▂▃▄ ▆▁█  5,632 ████  stats/p…
    日本サ…   clicks        12.35  ██         120 ▏     stats/c…
    évil␛[3…  convers…                          0       x

    files are in ./store
    "
  `);
});

test.each([1, 10, 25, 40, 55, 70, 85, 100])('lines of rows fit in %d cells', (width) => {
  const rows = renderTable({ ...table, title: '', notes: [] }, { ...plain, width }).split('\n');
  expect(rows.map(displayWidth).filter((taken) => taken > width)).toEqual([]);
});

test('a width without end cuts nothing', () => {
  const long = 'x'.repeat(500);
  const wide: Table = { ...table, columns: [{ name: 'n', kind: 'text' }], rows: [[long]] };
  expect(renderTable(wide, { ...plain, width: Infinity })).toContain(long);
});

test('a table without rows says so', () => {
  expect(renderTable({ ...table, rows: [] }, plain)).toMatchInlineSnapshot(`
    "stats:multi, 2026-11-12 to 2026-11-19 (UTC)

    no rows

    files are in ./store
    "
  `);
});

test('colour changes nothing but colour', () => {
  const colored = renderTable(table, { ...plain, color: true });
  expect(colored).toContain('\x1b[36m');
  // oxlint-disable-next-line no-control-regex
  expect(colored.replace(/\x1b\[\d+m/g, '')).toBe(renderTable(table, plain));
});

test('durations are told, and commands keep their indentation and their end', () => {
  const runs: Table = {
    title: '',
    columns: [
      { name: 'id', kind: 'number' },
      { name: 'time', kind: 'duration' },
      { name: 'command', kind: 'command' },
    ],
    rows: [
      [1, 61_000, 'pipe stats:multi -- --sites=a,b'],
      [12, 950, '  pipe stats:clicks -- --sites=a\x1b[31m'],
      [null, null, '  # more'],
    ],
    notes: [],
  };
  for (const width of [10, 20, Infinity]) {
    expect(renderTable(runs, { width, color: false })).toBe(`id      time  command
 1  1 m 01 s  pipe stats:multi -- --sites=a,b
12    950 ms    pipe stats:clicks -- --sites=a␛[31m
                # more
`);
  }
});

import fc from 'fast-check';
import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { liveLines, widthOf } from '../../lib/terminal/live-lines.ts';
import type { LiveOptions } from '../../lib/terminal/live-lines.ts';
import { LiveView } from '../../lib/terminal/live.ts';
import { Progress } from '../../lib/terminal/progress.ts';
import {
  at,
  failure,
  finished,
  leafFinished,
  leafStarted,
  metaFinished,
  metaStarted,
  planned,
} from './run-events.ts';
import { Screen } from './screen.ts';

const start = Date.parse(at(0));

function linesOf(
  events: readonly RunEvent[],
  options: Partial<LiveOptions> = {},
): readonly string[] {
  const progress = new Progress();
  for (const event of events) progress.add(event);
  const size = { at: start + 5000, columns: 80, rows: 24, isStopping: false };
  return liveLines(progress, { ...size, ...options }).map((line) =>
    line.map(({ text }) => text).join(''),
  );
}

const busy: readonly RunEvent[] = [
  planned(48),
  metaStarted(1, { leaves: 48 }),
  metaStarted(2, { parent: 1, task: 'stats:pageloads', leaves: 16 }),
  ...Array.from({ length: 16 }, (_, n) => [
    leafStarted(100 + n, 0, 2),
    leafFinished(100 + n, 'done'),
  ]).flat(),
  metaFinished(2, 'done'),
  metaStarted(3, { parent: 1, task: 'stats:clicks', leaves: 16 }),
  leafStarted(200, 0, 3),
  leafFinished(200, 'failed', { error: failure(200) }),
  leafStarted(201, 1000, 3),
  leafStarted(202, 4000, 3),
];

describe('a plan that is read still', () => {
  test('is told after 200 ms, until the run begins', () => {
    let written = '';
    const view = new LiveView({
      write: (text) => (written += text),
      columns: () => 60,
      rows: () => 24,
      colors: picocolors.createColors(false),
      isStopping: () => false,
    });
    const look = (after: number): string => {
      view.look(start + after);
      const screen = new Screen(60, 24);
      screen.write(written);
      return screen.text().trim();
    };
    view.planning(0, start);
    expect(look(199)).toBe('');
    expect(look(200)).toBe('reading the plan');
    view.planning(12_800, start + 250);
    expect(look(300)).toBe('reading the plan: 12,800 invocations so far');
    view.report({ ...planned(48), at: new Date(start + 400).toISOString() });
    expect(look(700)).toMatch(/^\S+ +0% +0 of 48$/);
    view.close();
    expect(look(800)).toBe('');
  });
});

describe('a live view', () => {
  test('says how far the run and its meta-tasks are, and what runs longest', () => {
    expect(linesOf(busy)).toMatchInlineSnapshot(`
      [
        "███████░░░░░░░░░░░░░   35%  17 of 48, 1 failed  about 9 s left  3.4/s",
        "  stats:pageloads --sites=s2  ██████████  16 of 16 in 1.2 s",
        "  stats:clicks --sites=s3     ░░░░░░░░░░  1 of 16, 1 failed",
        "     4 s  stats:pageloads --sites=a --start-date=d201 --end-date=d201",
        "     1 s  stats:pageloads --sites=a --start-date=d202 --end-date=d202",
      ]
    `);
  });

  test('leaves out what a narrow terminal has no room for', () => {
    expect(linesOf(busy, { columns: 40 })).toMatchInlineSnapshot(`
      [
        "███░░░░░░░   35%  17 of 48, 1 failed",
        "  stats:pa…sites=s2  16 of 16 in 1.2 s",
        "  stats:cl…sites=s3  1 of 16, 1 failed",
        "     4 s  stats:pageload…-end-date=d201",
        "     1 s  stats:pageload…-end-date=d202",
      ]
    `);
    expect(linesOf(busy, { columns: 20, rows: 4 })).toMatchInlineSnapshot(`
      [
        " 35%  17 of 48, 1 …",
        "  and 2 more runni…",
      ]
    `);
  });

  test('says how far a leaf is that tells, and at which attempt', () => {
    const told: RunEvent = { type: 'leaf-progressed', at: at(0), id: 1, done: 450, total: 1000 };
    const events = [planned(1), leafStarted(1, 0, 0), told];
    const argv = 'stats:pageloads --sites=a --start-date=d1 --end-date=d1';
    expect(linesOf(events, { columns: 120 })[1]).toBe(`     5 s  450 of 1,000 (45%)  ${argv}`);
    const again: RunEvent = {
      type: 'invocation-retried',
      at: at(9),
      id: 1,
      attempt: 1,
      delayMs: 1,
      error: failure(1),
    };
    expect(linesOf([...events, again])[1]).toBe(`     5 s  attempt 2  ${argv}`);
  });

  test('tells no time left once the run is stopping', () => {
    expect(linesOf(busy, { isStopping: true })[0]).toContain('  stopping  3.4/s');
  });

  test('shows no share of what nobody has counted', () => {
    const events = [
      planned(9),
      metaStarted(1),
      metaStarted(2, { parent: 1 }),
      leafFinished(3, 'done'),
    ];
    expect(linesOf([...events, leafStarted(4, 0, 2), leafFinished(4, 'done')])[1]).toBe(
      '  stats:multi --sites=s2  1 so far, total not known',
    );
    // A plan that has more leaves than when it was counted.
    const more = [planned(1), leafFinished(1, 'done'), leafFinished(2, 'done')];
    expect(linesOf(more)).toEqual(['2 so far, total not known  0.4/s']);
  });

  test('says 100% of the last leaf alone', () => {
    const events = Array.from({ length: 999 }, (_, id) => leafFinished(id, 'done'));
    expect(linesOf([planned(1000), ...events])[0]).toContain('  99%  999 of 1,000');
  });

  test('of thousands shows a few', () => {
    const metas = Array.from({ length: 5000 }, (_, n) => metaStarted(n + 2, { parent: 1 }));
    const leaves = Array.from({ length: 5000 }, (_, n) => leafStarted(n + 9000, 0, n + 2));
    const lines = linesOf([planned(5000), metaStarted(1), ...metas, ...leaves]);
    expect(lines).toHaveLength(14);
    expect(lines).toContain('  and 4,995 more meta-tasks');
    expect(lines.at(-1)).toBe('  and 4,994 more running');
  });
});

const anyTask = fc.constantFrom('stats:clicks', 'データ:集計', 'a:👩‍👩‍👧', 'evil:\x1b[2J\nx');
const anyStatus = fc.constantFrom(
  'done' as const,
  'failed' as const,
  'skipped' as const,
  'no-data' as const,
);

/** Leaves of a few meta-tasks, some of them still running; what is said in between. */
const anyRun = fc
  .array(fc.tuple(fc.integer({ min: 2, max: 5 }), anyTask, fc.option(anyStatus)), { maxLength: 40 })
  .map((leaves): RunEvent[] => [
    planned(leaves.length),
    metaStarted(1),
    ...[2, 3, 4, 5].map((id) => metaStarted(id, { parent: 1, task: 'データ:集計', leaves: 9 })),
    ...leaves.flatMap(([parent, task, status], index): RunEvent[] => {
      const begin: RunEvent = {
        type: 'invocation-started',
        at: at(index),
        id: index + 6,
        parent,
        kind: 'leaf',
        task,
        argv: ['--サイト=日本', '👍🏽'],
      };
      return status ? [begin, leafFinished(index + 6, status)] : [begin];
    }),
  ]);

test('no line is wider than the terminal, whatever its text; all fit on it', () => {
  fc.assert(
    fc.property(
      anyRun,
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 40 }),
      (events, columns, rows) => {
        const progress = new Progress();
        for (const event of events) progress.add(event);
        const lines = liveLines(progress, { at: start + 9000, columns, rows, isStopping: false });
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 2));
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThan(Math.max(columns, 1));
          expect(line.map(({ text }) => text).join('')).not.toMatch(/\p{Cc}/u);
        }
      },
    ),
  );
});

/** A view on a screen, and somebody who writes beside it. */
function viewOn(screen: Screen): {
  readonly view: LiveView;
  readonly say: (text: string) => void;
} {
  const view = new LiveView({
    write: (text) => screen.write(text),
    columns: () => screen.columns,
    rows: () => screen.rows,
    colors: picocolors.createColors(true),
    isStopping: () => false,
  });
  return { view, say: (text) => view.around(text, () => screen.write(text)) };
}

describe('on a screen', () => {
  test('what is said stays, above the view, and nothing of the view is left in the end', () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 10, max: 100 }),
        fc.integer({ min: 3, max: 30 }),
        (events, columns, rows) => {
          const screen = new Screen(columns, rows);
          const { view, say } = viewOn(screen);
          const said: string[] = [];
          for (const [index, event] of events.entries()) {
            view.report(event);
            if (index % 3 === 0) view.look(start + 1000 + index * 100);
            if (index % 2 === 0) {
              said.push(`line ${index}`);
              say(`line ${index}\n`);
            }
          }
          view.report(finished({ done: 1 }));
          expect(screen.text()).toBe(said.join('\n'));
          expect(screen.cursor()).toEqual([said.length, 0]);
          expect(screen.isCursorShown).toBe(true);
        },
      ),
    );
  });

  test('a terminal that gets narrower keeps nothing of the wider view', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 100 }),
        fc.integer({ min: 5, max: 99 }),
        (wide, less) => {
          const screen = new Screen(wide, 60);
          const { view, say } = viewOn(screen);
          for (const event of busy) view.report(event);
          say('before\n');
          view.look(start + 5000);
          screen.narrow(Math.max(8, wide - less));
          view.resized(start + 5050);
          say('after\n');
          view.report(finished({ done: 1 }));
          expect(screen.text()).toBe('before\nafter');
        },
      ),
    );
  });

  test('waits for the end of a line that somebody has begun', () => {
    const screen = new Screen(80, 24);
    const { view, say } = viewOn(screen);
    view.report(planned(4));
    view.look(start + 1000);
    say('half a ');
    view.look(start + 2000);
    expect(screen.text()).toBe('half a');
    say('line\n');
    expect(screen.text()).toMatch(/^half a line\n░+ +0% {2}0 of 4$/);
  });

  test('of a run that is over at once there is nothing to see', () => {
    const screen = new Screen(80, 24);
    const { view } = viewOn(screen);
    view.look(start);
    view.report(planned(4));
    view.look(start + 100);
    view.report(finished({ done: 4 }));
    view.look(start + 5000);
    expect(screen.text()).toBe('');
  });

  test('is painted where something changed, and once a second for the ages', () => {
    let writes = 0;
    const screen = new Screen(80, 24);
    const view = new LiveView({
      write: () => writes++,
      columns: () => screen.columns,
      rows: () => screen.rows,
      colors: picocolors.createColors(false),
      isStopping: () => false,
    });
    view.report(planned(4));
    view.report(leafStarted(1));
    for (let ms = 0; ms <= 5000; ms += 100) view.look(start + ms);
    expect(writes).toBeLessThanOrEqual(6);
    expect(writes).toBeGreaterThan(3);
  });

  test('a storm of lines costs the view for a moment, not a repaint for each', () => {
    let chars = 0;
    const screen = new Screen(80, 24);
    const view = new LiveView({
      write: (text) => (chars += text.length),
      columns: () => screen.columns,
      rows: () => screen.rows,
      colors: picocolors.createColors(false),
      isStopping: () => false,
    });
    for (const event of busy) view.report(event);
    view.look(start + 1000);
    for (let n = 0; n < 10_000; n++) view.around('x\n', () => undefined);
    expect(chars).toBeLessThan(20_000);
  });
});

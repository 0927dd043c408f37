import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InvocationRecord } from '../../lib/ledger/record.ts';
import { criticalPath } from '../../lib/report/critical-path.ts';
import { html } from '../../lib/report/html.ts';
import { lineageOf } from '../../lib/report/lineage.ts';
import { parsePartition, partitionsOf } from '../../lib/report/partitions.ts';
import { renderReport } from '../../lib/report/report.ts';
import { dataOf, runOf, startMs } from './records.ts';

function step(id: number, start: number, durationMs: number, parent?: number): InvocationRecord {
  return {
    id,
    ...(parent !== undefined && { parent }),
    kind: 'leaf',
    task: 'a:b',
    argv: [],
    startedAt: new Date(startMs + start).toISOString(),
    status: 'done',
    durationMs,
  };
}

describe('markup', () => {
  test('takes every value for text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { 1: inside = '' } = /^<a b="([^]*)">/.exec(String(html`<a b="${text}"></a>`)) ?? [];
        expect(inside).not.toMatch(/[<>"']/);
        expect(inside.split('').every((char) => char >= ' ' || /\s/.test(char))).toBe(true);
        expect(inside.replace(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });

  test('shows characters that would turn what stands around them', () => {
    expect(String(html`${'a\u202eb\u001b[0m'}`)).toBe('a[U+202E]b\u241b[0m');
  });

  test('keeps markup, lists of it, and nothing for undefined', () => {
    expect(String(html`<b>${[1, html`<i>${'<'}</i>`]}${undefined}</b>`)).toBe(
      '<b>1<i>&lt;</i></b>',
    );
  });
});

describe('the critical path', () => {
  test('goes back from the last by what each one waited for', () => {
    const path = criticalPath([step(1, 0, 30), step(2, 0, 50), step(3, 30, 40), step(4, 50, 10)]);
    expect([...path]).toEqual([3, 1]);
  });

  test('has those who called for a step', () => {
    const path = criticalPath([step(1, 0, 90), step(2, 5, 20, 1), step(3, 30, 40, 1)]);
    expect(path).toEqual(new Set([1, 2, 3]));
  });

  test('takes no step twice, however short', () => {
    const all = Array.from({ length: 5 }, (_, index) => step(index + 1, 0, 0));
    expect(criticalPath(all).size).toBe(5);
    expect(criticalPath([]).size).toBe(0);
  });
});

describe('partitions', () => {
  test('are told from files', () => {
    expect(parsePartition('stats/clicks/site=a/date=2026-11-19/')).toEqual({
      dataset: 'stats/clicks',
      keys: 'site=a',
      day: '2026-11-19',
    });
    expect(parsePartition('rejects/events/source=1f/')).toEqual({
      dataset: 'rejects/events',
      keys: 'source=1f',
    });
    expect(parsePartition('file:///logs/a.log')).toBeUndefined();
    expect(parsePartition('s3://bucket/logs/')).toBeUndefined();
  });

  test('have the state in which the run left them', () => {
    const states = (
      status: InvocationRecord['status'],
      found: 'done' | 'missing' | 'stale',
      reason?: string,
    ) =>
      partitionsOf([
        {
          ...step(1, 0, 1),
          status,
          ...(reason !== undefined && { reason }),
          partitions: [{ name: 'a/date=2026-11-19/', found, inputs: [] }],
        },
      ]).map(({ state }) => state);
    expect(states('failed', 'stale')).toEqual(['failed']);
    expect(states('cancelled', 'stale')).toEqual(['stale']);
    expect(states('unfinished', 'missing')).toEqual(['missing']);
    expect(states('skipped', 'done')).toEqual(['kept']);
    expect(states('skipped', 'stale', 'another run makes it')).toEqual(['stale']);
    expect(states('no-data', 'missing')).toEqual(['no-data']);
  });
});

describe('lineage', () => {
  test('is by site where that can be drawn, else by dataset', () => {
    const small = lineageOf(partitionsOf(runOf({ sites: 2, days: 8 }).invocations));
    expect(small?.nodes).toHaveLength(2 + 6);
    expect(small?.edges).toContainEqual({
      from: 'dataset events site=site-0',
      to: 'dataset stats/clicks site=site-0',
      pairs: 8,
    });
    expect(small?.nodes.find(({ title }) => title === 'stats/clicks')?.layer).toBe(1);
    const large = lineageOf(partitionsOf(runOf({ sites: 20, days: 2 }).invocations));
    expect(large?.nodes.map(({ title }) => title)).toEqual([
      'stats/pageloads',
      'events',
      'stats/clicks',
      'stats/conversions',
    ]);
  });

  test('ends where a circle closes', () => {
    const chain = (name: string, ...inputs: string[]) =>
      ({ name, found: 'missing', inputs }) as const;
    const partitions = [chain('a/', 'b/', 'a/'), chain('b/', 'a/')];
    const graph = lineageOf(partitionsOf([{ ...step(1, 0, 1), partitions }]));
    expect(graph?.nodes.find(({ title }) => title === 'a')?.readsItself).toBe(true);
    expect(graph?.edges).toHaveLength(2);
  });
});

describe('a report', () => {
  const hostile = `</code></script><script>alert(1)</script><img src=x onerror="alert(2)">'"&\u0000\u001b[31m`;

  test('needs nothing from anywhere', () => {
    const page = renderReport(dataOf(runOf({ sites: 2, days: 8 })));
    expect(page).not.toMatch(/\b(?:src|action)=|@import|url\(|<link|https?:/);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).toContain("default-src 'none'");
  });

  test('has a heading for each part, and a name for every table', () => {
    const page = renderReport(
      dataOf(runOf({ sites: 2, days: 2, status: (leaf) => (leaf === 3 ? 'failed' : 'done') })),
    );
    const titles = [...page.matchAll(/<h2[^>]*>\s*([^<]*?)\s*<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      'What went wrong',
      'Partitions',
      'Timeline',
      'Rows',
      'Lineage',
      'Files',
      'Invocations',
    ]);
    expect(page.match(/<caption/g)).toHaveLength(page.match(/<table/g)?.length ?? 0);
    expect(page.match(/<h1/g)).toHaveLength(1);
    const ids = [...page.matchAll(/\bid="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('tells what was skipped for another reason from what is up to date', () => {
    const run = runOf({ sites: 1, days: 2, tasks: ['a:b'], status: () => 'skipped' });
    const reason = 'another run makes it';
    const invocations = run.invocations.map((each) => (each.id === 3 ? { ...each, reason } : each));
    const page = renderReport(dataOf({ ...run, invocations }));
    expect(page).toContain('1 up to date, 1 skipped</p>');
    expect(page).toContain('Some skipped');
    expect(page).toContain('<span class="pill s-left">skipped</span>');
    expect(renderReport(dataOf(run))).toContain('2 up to date</p>');
  });

  test('shows hostile text as text, wherever it stands', () => {
    const run = runOf({ sites: 1, days: 1, tasks: ['a:b'], status: () => 'failed' });
    const error = { message: hostile, chain: [hostile, hostile], command: hostile, exitCode: 1 };
    const name = `${hostile.replaceAll(/[/:=]/g, '')}/site=${hostile.replaceAll(/[/:=]/g, '')}/`;
    const published = { files: 2, bytes: 10, rows: 1, rejected: 0, columns: [] };
    const partitions = [{ name, inputs: [hostile, `file:///${hostile}/x`], published }];
    const page = renderReport({
      ...dataOf({
        ...run,
        command: hostile,
        user: hostile,
        store: hostile,
        timezone: hostile,
        invocations: run.invocations.map((each) => ({
          ...each,
          task: hostile,
          argv: [hostile],
          partitions,
          error: { ...error, stack: hostile },
        })),
      }),
      command: () => hostile,
    });
    expect(page.match(/<script/g)).toHaveLength(1);
    for (const text of ['<img', '\0', '\u001b']) expect(page).not.toContain(text);
    expect(page).toContain('&lt;img src=x');
  });

  test('of a run that has hardly begun is a page, too', () => {
    const run = runOf({ sites: 1, days: 1 });
    const page = renderReport(
      dataOf({ ...run, invocations: [], exitCode: 'unfinished', command: '', leaves: 0 }),
    );
    expect(page).toContain('Unfinished');
    expect(page).not.toContain('id="timeline"');
  });

  test('of 10,000 leaves is cut, says so, and keeps the failures', () => {
    const run = runOf({
      sites: 40,
      days: 84,
      status: (leaf) => (leaf % 1000 === 999 ? 'failed' : 'done'),
    });
    const page = renderReport(dataOf(run));
    expect(page.length).toBeLessThan(1_500_000);
    expect(page).toContain('1,000 of 10,084 invocations are shown');
    expect(page).toContain('150 of 10,084 invocations are shown');
    expect(page.match(/<li>\s*<h3>/g)).toHaveLength(10);
    expect(page.match(/class="c-failed" title/g)).toHaveLength(10);
    for (const [, anchor = ''] of page.matchAll(/href="#(invocation-\d+)"/g)) {
      expect(page).toContain(`id="${anchor}"`);
    }
  });

  test('warns of many small files, and of partitions in pieces', () => {
    const run = runOf({ sites: 2, days: 60 });
    const pieces = run.invocations.map((each) => ({
      ...each,
      ...(each.id === 3 && {
        partitions: (each.partitions ?? []).map((record) => ({
          ...record,
          published: { files: 4, bytes: 8000, rows: 1, rejected: 0, columns: [] },
        })),
      }),
    }));
    const page = renderReport(dataOf({ ...run, invocations: pieces }));
    expect(page).toMatch(/stats\/clicks: 120 files of \d(?:\.\d)? kB on average/);
    expect(page).toContain('stats/pageloads: 1 partition of several files');
    expect(renderReport(dataOf(runOf({ sites: 2, days: 8 })))).toContain('No dataset has too many');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../../lib/ledger/record.ts';
import { renderReport } from '../../lib/report/report.ts';
import { chromiumPath, openBrowser } from '../rig/browser.ts';
import type { TestBrowser } from '../rig/browser.ts';
import { contrasts } from './contrast.ts';
import { dataOf, runOf } from './records.ts';

if (chromiumPath === undefined) {
  console.log('reports are not looked at in a browser: there is no Chromium (test/rig/chromium)');
}

const run = runOf({
  sites: 2,
  days: 8,
  status: (leaf) =>
    leaf % 16 === 5
      ? 'failed'
      : leaf % 16 === 6
        ? 'no-data'
        : leaf % 17 === 9
          ? 'skipped'
          : leaf > 43
            ? 'cancelled'
            : 'done',
});

describe.skipIf(chromiumPath === undefined)('in a browser a report', () => {
  let browser: TestBrowser;
  let folder: string;
  beforeAll(async () => {
    browser = await openBrowser();
    folder = await mkdtemp(join(tmpdir(), 'pipe-'));
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Opens a report; whatever it asks for or complains about is in `said`. */
  async function open(
    record: RunRecord,
  ): Promise<{ readonly page: Page; readonly said: string[] }> {
    const path = join(folder, 'report.html');
    await writeFile(path, renderReport(dataOf(record)));
    const page = await browser.context.newPage();
    const said: string[] = [];
    page.on('request', (request) => said.push(request.url()));
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => said.push('dialog')));
    await page.goto(`file://${path}`);
    expect(said.shift()).toBe(`file://${path}`);
    return { page, said };
  }

  test('asks for nothing and complains about nothing', async () => {
    const { page, said } = await open(run);
    await page.getByRole('searchbox').fill('failed');
    await page.close();
    expect(said).toEqual([]);
  });

  test('runs nothing that stands in a ledger', async () => {
    const hostile = `</code></script><script>alert(1)</script><img src=x onerror=alert(2)>${'x'.repeat(500)}`;
    const { page, said } = await open({
      ...run,
      command: hostile,
      user: hostile,
      invocations: run.invocations.map((each) => ({
        ...each,
        argv: [hostile],
        ...(each.error && {
          error: { ...each.error, message: hostile, chain: [hostile, hostile] },
        }),
      })),
    });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThan(1300);
    await page.getByRole('button', { name: 'Copy the command of this run' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(hostile);
    await page.close();
    expect(said).toEqual([]);
  });

  test('says what it shows to who does not see it', async () => {
    const { page } = await open(run);
    const { length: headings } = await page.getByRole('heading', { level: 2 }).all();
    expect(headings).toBe(7);
    for (const name of [
      'What became of each partition',
      'When each invocation ran',
      'Rows by task',
    ]) {
      expect(await page.getByRole('table', { name }).count(), name).toBe(1);
    }
    const calendar = page.getByRole('table', { name: 'What became of each partition' });
    const states = await Promise.all(
      ['failed', 'no data', 'up to date', 'stale', 'missing'].map((name) =>
        calendar.getByRole('cell', { name, exact: true }).count(),
      ),
    );
    expect(states).toEqual([3, 3, 3, 2, 2]);
    expect(await calendar.getByRole('rowheader', { name: 'site=site-1' }).count()).toBe(3);
    expect(await page.getByRole('img', { name: /Lineage: 8 boxes,\s+6 lines/ }).count()).toBe(1);
    await page.close();
  });

  test('is used with the keyboard alone', async () => {
    const { page } = await open(run);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/^Skip/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(run.command);
    expect(await page.getByRole('status').filter({ hasText: 'Command copied' }).count()).toBe(1);
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.getByRole('link', { name: 'failed' }).first().press('Enter');
    expect(await page.locator(':target').textContent()).toContain('has the type VARCHAR');
    await page.close();
  });

  test('finds invocations', async () => {
    const { page } = await open(run);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('failed site-0');
    expect(await page.locator('#invocation-rows tr:visible').count()).toBe(3);
    expect(await page.getByText('3 of 52').count()).toBe(1);
    await page.close();
  });

  test.each(['light', 'dark'] as const)('can be read in %s', async (colorScheme) => {
    const { page } = await open(run);
    await page.emulateMedia({ colorScheme });
    const found = await contrasts(page);
    expect(found.length).toBeGreaterThan(300);
    expect(found.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
    await page.close();
  });

  test('fits a narrow screen', async () => {
    const { page } = await open(run);
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    await page.close();
  });

  test('shows the failures of 200 days at a glance', async () => {
    const { page } = await open(
      runOf({ sites: 3, days: 200, status: (leaf) => (leaf % 257 === 5 ? 'failed' : 'done') }),
    );
    const calendar = page.getByRole('table', { name: 'What became of each partition' });
    const { width = 0 } = (await calendar.boundingBox()) ?? {};
    expect(width).toBeLessThan(1200);
    const failed = calendar.getByRole('cell', { name: 'failed', exact: true });
    expect(await failed.count()).toBe(7);
    // Not by colour alone: what is fine is lower.
    const done = calendar.getByRole('cell', { name: 'done', exact: true }).first();
    const inset = (state: string): Promise<unknown> =>
      page.evaluate(
        `getComputedStyle(document.querySelector('.calendar .c-${state}')).borderTopWidth`,
      );
    expect([await inset('failed'), await inset('done')]).toEqual(['0px', '5px']);
    await failed.first().hover();
    expect(await failed.first().getAttribute('title')).toContain('has the type VARCHAR');
    await done.hover();
    expect(await done.getAttribute('title')).toBe('stats/clicks site=site-0 2026-11-13: done');
    await page.getByText('2 more', { exact: true }).press('Enter');
    expect(await page.getByRole('button', { name: 'Copy the command that reruns' }).count()).toBe(
      7,
    );
    await page.close();
  });

  test('of 10,000 leaves opens', async () => {
    const { page, said } = await open(runOf({ sites: 40, days: 84 }));
    expect(await page.locator('#invocation-rows tr').count()).toBe(1000);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThan(1300);
    await page.close();
    expect(said).toEqual([]);
  });
});

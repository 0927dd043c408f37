import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../browser.ts';
import { smallerPng } from './png.ts';
import { terminalSvg } from './terminal-svg.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

/** Draws the pictures of the README anew: `npm run pictures`. */
const folder = 'test/golden/pictures';

await mkdir(folder, { recursive: true });
const world = await createWorld();
try {
  await fill(world);
  await photographReport(world);
  await drawTerminal(world);
  await drawPlot(world);
} finally {
  await world.remove();
}

/** Three sites, of which one has begun later and lacks a day, and one has a day that cannot be written. */
async function fill(world: World): Promise<void> {
  for (const [site, days] of Object.entries({ docs: 19, shop: 19, help: 13 })) {
    const sample = `--sites=${site} --days=${days} --end-date=2026-11-19 --rows=1500`;
    await must(world, `events:sample -- ${sample}`);
    await must(world, `events:ingest -- --site=${site} data/samples/site=${site}`);
  }
  await world.shell('rm -r data/events/site=help/date=2026-11-15');
  const days = '--start-date=2026-11-01 --end-date=2026-11-11';
  await world.pipe(words(`stats:pageloads -- --sites=docs,shop,help ${days}`));
  await world.shell('touch data/stats/pageloads/site=shop/date=2026-11-17');
}

async function photographReport(world: World): Promise<void> {
  const days = '--days-ago=8 --days-ago-end=1';
  await world.pipe(
    words(`stats:multi -- --sites=docs,shop,help --aggregates=pageloads,clicks ${days}`),
  );
  await must(world, 'runs:report -- --out=report.html');
  await writeFile(
    world.path('report.html'),
    anonymous(await readFile(world.path('report.html'), 'utf8'), world.path('')),
  );
  await world.shell('rm data/stats/pageloads/site=shop/date=2026-11-17');
  const browser = await openBrowser();
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.context.newPage();
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1200, height: 900 });
      await page.goto(`file://${world.path('report.html')}`);
      const bottom = await page.locator('#calendar').boundingBox();
      const height = Math.ceil((bottom?.y ?? 0) + (bottom?.height ?? 0) + 16);
      const clip = { x: 0, y: 0, width: 1200, height };
      const png = await page.screenshot({ fullPage: true, clip });
      await writeFile(join(folder, `report-${colorScheme}.png`), smallerPng(png));
    }
  } finally {
    await browser.close();
  }
}

/** Without what is by chance, or of this machine. */
function anonymous(page: string, place: string): string {
  return page
    .replaceAll(place.replace(/\/$/, ''), '/home/ada/web')
    .replaceAll(/\b(\d{8}T\d{6}Z)-[\da-f]{8}\b/g, '$1-5eb63bbb')
    .replaceAll(
      /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g,
      '1b4e28ba-2fa1-4d6b-8c3e-9b7d5a1f0c42',
    )
    .replaceAll(/[^\s<>]+ on [^\s<>]+ \(process \d+\)/g, 'ada on laptop (process 4711)');
}

async function drawTerminal(world: World): Promise<void> {
  const calendar = await world.terminal('pipe status:calendar -- --dataset=stats/pageloads');
  await draw('calendar', calendar, 'Days of a dataset by site, one of them missing');
  // A day of which more has come, and so is stale.
  await must(
    world,
    'events:sample -- --sites=shop --days=1 --end-date=2026-11-18 --rows=300 --seed=2 --to=late',
  );
  await must(world, 'events:ingest -- --site=shop late/shop');
  const plan = await world.terminal(
    'pipe --dry-run stats:pageloads -- --sites=shop,help --days-ago=5 --days-ago-end=1',
  );
  await draw('plan', plan, 'The plan of a run as a tree of commands with their state');
  const live = await world.terminal('pipe photos:all -- --sites=docs,shop,help', {
    PIPE_JOBS: '4',
    PICTURES_STEP: '0',
  });
  await draw('live', live, 'A run while it goes on');
}

async function draw(name: string, output: string, title: string): Promise<void> {
  await writeFile(join(folder, `${name}.svg`), terminalSvg(output, title));
}

async function drawPlot(world: World): Promise<void> {
  const query = `select site, hour, pageloads from stats.pageloads where hour is not null and date = '2026-11-19'`;
  const options = [
    '--x=hour',
    '--y=pageloads',
    '--by=site',
    '--out=plot.svg',
    '--title=Page loads of a day by hour',
  ];
  const { code, stderr } = await world.pipe(['data:plot', '--', ...options, query]);
  if (code !== 0) throw new Error(stderr);
  const drawing = await readFile(world.path('plot.svg'), 'utf8');
  await writeFile(join(folder, 'plot.svg'), drawing);
}

async function must(world: World, line: string): Promise<void> {
  const { code, stderr } = await world.pipe(words(line));
  if (code !== 0) throw new Error(`pipe ${line}\n${stderr}`);
}

function words(line: string): string[] {
  return line.split(' ');
}

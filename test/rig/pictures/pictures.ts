import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../browser.ts';
import { commandsOf, readme } from '../readme.ts';
import { filmSvg } from './film-svg.ts';
import type { Scene } from './film-svg.ts';
import { smallerPng } from './png.ts';
import { terminalSvg } from './terminal-svg.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

// Draws the pictures of the README anew: `npm run pictures`.
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
await film();

/** Three sites; one of them has begun later and lacks a day. */
async function fill({ run }: World): Promise<void> {
  for (const [site, days] of Object.entries({ docs: 19, shop: 19, help: 13 })) {
    const sample = `--sites=${site} --days=${days} --end-date=2026-11-19 --rows=1500`;
    await run(`pipe events:sample -- ${sample}`);
    await run(`pipe events:ingest -- --site=${site} data/samples/site=${site}`);
  }
  await run('rm -r data/events/site=help/date=2026-11-15');
  const days = '--start-date=2026-11-01 --end-date=2026-11-11';
  await run(`pipe stats:pageloads -- --sites=docs,shop ${days}`);
  await run(`pipe stats:pageloads -- --sites=help --start-date=2026-11-07 --end-date=2026-11-11`);
}

/** A run of which one partition cannot be written, as something else stands there. */
async function photographReport({ run, path }: World): Promise<void> {
  const place = 'data/stats/pageloads/site=shop/date=2026-11-17';
  await run(`touch ${place}`);
  const args = '--sites=docs,shop,help --aggregates=pageloads,clicks --days-ago=8 --days-ago-end=1';
  await run(`pipe stats:multi -- ${args}`, 1);
  await run(`rm ${place}`);
  await run('pipe runs:report -- --out=report.html');
  const page = path('report.html');
  await writeFile(page, anonymous(await readFile(page, 'utf8'), path('data')));
  await photograph(page, 'light');
  await photograph(page, 'dark');
}

/** The upper part of the page, down to the days of the partitions. */
async function photograph(path: string, colorScheme: 'light' | 'dark'): Promise<void> {
  const browser = await openBrowser();
  try {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width: 1200, height: 900 });
    await page.goto(`file://${path}`);
    const last = await page.locator('#calendar').boundingBox();
    if (!last) throw new Error('the report has no calendar');
    const clip = { x: 0, y: 0, width: 1200, height: Math.ceil(last.y + last.height + 16) };
    const png = await page.screenshot({ fullPage: true, clip });
    await writeFile(join(folder, `report-${colorScheme}.png`), smallerPng(png));
  } finally {
    await browser.close();
  }
}

/** Without what is of this machine, or by chance. */
function anonymous(page: string, data: string): string {
  return withoutChance(page)
    .replaceAll(data, '/home/ada/web/data')
    .replaceAll(/[^\s<>]+ on [^\s<>]+ \(process \d+\)/g, 'ada on laptop (process 4711)');
}

/** Runs and new files have names of which a part is random. */
function withoutChance(text: string): string {
  const uuid = /\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g;
  return text
    .replaceAll(/\b(\d{8}T\d{6}Z)-[\da-f]{8}\b/g, '$1-5eb63bbb')
    .replaceAll(/\bevents-[\da-f]{8}\b/g, 'events-5eb63bbb')
    .replaceAll(uuid, '1b4e28ba-2fa1-4d6b-8c3e-9b7d5a1f0c42');
}

async function drawTerminal({ run, terminal }: World): Promise<void> {
  const calendar = await terminal('pipe status:calendar -- --dataset=stats/pageloads');
  await draw('calendar', calendar, 'Days of a dataset by site');
  // A day of which more has come is stale.
  const late = '--sites=shop --days=1 --end-date=2026-11-18 --rows=300 --seed=2 --to=late';
  await run(`pipe events:sample -- ${late}`);
  await run('pipe events:ingest -- --site=shop late/shop');
  const args = '--sites=shop,help --days-ago=5 --days-ago-end=2';
  const plan = await terminal(`pipe --dry-run stats:pageloads -- ${args}`);
  await draw('plan', plan, 'The plan of a run as a tree of commands with their state');
  // Tasks say how time passes, so that what is shown of it is the same each time.
  const env = { PIPE_JOBS: '4', PICTURES_STEP: '0' };
  const live = await terminal('pipe photos:all -- --sites=docs,shop,help', env);
  await draw('live', live, 'A run while it goes on');
}

async function draw(name: string, output: string, title: string): Promise<void> {
  await writeFile(join(folder, `${name}.svg`), terminalSvg(withoutChance(output), title));
}

async function drawPlot({ run, path }: World): Promise<void> {
  const query = `from stats.pageloads where hour is not null and date = '2026-11-19'`;
  const title = 'Page loads of a day by hour';
  const axes = '--x=hour --y=pageloads --by=site';
  await run(`pipe data:plot -- ${axes} --title='${title}' --out=plot.svg "${query}"`);
  await writeFile(join(folder, 'plot.svg'), await readFile(path('plot.svg')));
}

/** The first job of the README, from an empty folder. */
async function film(): Promise<void> {
  const lines = commandsOf(readme).filter(({ isCheckout }) => !isCheckout);
  const first = lines.findIndex(({ line }) => line.startsWith('pipe events:sample'));
  const { terminal, remove } = await createWorld();
  try {
    const scenes: Scene[] = [];
    for (const { line } of lines.slice(first, first + 4)) {
      scenes.push({ line, output: withoutChance(await terminal(line)) });
    }
    const title = 'Logs of two sites are made up, read and aggregated';
    await writeFile(join(folder, 'start.svg'), filmSvg(scenes, title));
  } finally {
    await remove();
  }
}

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plot } from '../plot/plot.ts';
import { renderSvg } from './plot-svg.ts';

/** Programs that make pixels of SVG, which takes a font renderer and is none of our work; the first that is there is asked. */
const programs: readonly Program[] = [
  { name: 'rsvg-convert', args: (svg, png) => ['--zoom=2', `--output=${png}`, svg] },
  { name: 'resvg', args: (svg, png) => ['--zoom', '2', svg, png] },
  { name: 'inkscape', args: (svg, png) => ['--export-dpi=192', `--export-filename=${png}`, svg] },
  ...['chromium', 'chromium-browser', 'google-chrome', 'chrome'].map((name) => ({
    name,
    args: (svg: string, png: string, { width, height }: Size): string[] => [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--force-device-scale-factor=2',
      `--user-data-dir=${svg}.profile`,
      `--window-size=${width},${height}`,
      `--screenshot=${png}`,
      `file://${svg}`,
    ],
  })),
];

interface Size {
  readonly width: string;
  readonly height: string;
}

interface Program {
  readonly name: string;
  readonly args: (svg: string, png: string, size: Size) => string[];
}

/** The names of the programs that can make a PNG. */
export const pngPrograms: readonly string[] = programs.map(({ name }) => name);

/** How long one program may take. */
const TIMEOUT_MS = 60_000;

/**
 * A chart as a PNG picture of twice the size of the SVG, light, by a program of this machine that makes
 * it; undefined where there is none.
 */
export async function renderPng(plot: Plot): Promise<Uint8Array | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'pipe-plot-'));
  try {
    const [svg, png] = [join(folder, 'plot.svg'), join(folder, 'plot.png')];
    const text = renderSvg(plot);
    await writeFile(svg, text);
    const [, width = '', height = ''] = /\swidth="(\d+)"\s+height="(\d+)"/.exec(text) ?? [];
    for (const { name, args } of programs) {
      if (await succeeds(name, args(svg, png, { width, height }))) return await readFile(png);
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return undefined;
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(program, [...args], { timeout: TIMEOUT_MS });
    return true;
  } catch {
    // Another one may do.
    return false;
  }
}

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { filmSvg } from './rig/pictures/film-svg.ts';
import { smallerPng } from './rig/pictures/png.ts';
import { terminalColumns } from './rig/pictures/terminal-rows.ts';
import { terminalSvg } from './rig/pictures/terminal-svg.ts';

/** What is drawn, without the frame and the style. */
function marksOf(output: string): readonly string[] {
  return terminalSvg(output, '')
    .split('\n')
    .filter((line) => /^<(text|rect class="[^f]|rect x="\d+")/.test(line));
}

/** The texts of the marks. */
function textsOf(output: string): readonly string[] {
  return marksOf(output).map((mark) => mark.replaceAll(/<[^>]*>/g, '').replaceAll('\u00a0', ' '));
}

describe('a terminal as SVG', () => {
  test('escapes what is markup', () => {
    expect(terminalSvg('a < b && c > d', '<&>')).toMatch(/<title>&lt;&amp;&gt;<\/title>/);
    expect(textsOf('a < b && c > d')).toEqual(['a &lt; b &amp;&amp; c &gt; d']);
  });

  test('has colours and styles where the terminal has them', () => {
    const marks = marksOf('\x1b[1m\x1b[31mno\x1b[39m way\x1b[22m, \x1b[2mhm\x1b[0m.');
    expect(
      marks.map((mark) => [/class="(.*?)"/.exec(mark)?.[1], />(.*?)</.exec(mark)?.[1]]),
    ).toEqual([
      ['bold red', 'no'],
      ['bold', '\u00a0way'],
      [undefined, ',\u00a0'],
      ['dim', 'hm'],
      [undefined, '.'],
    ]);
  });

  test('has a cell for every character, and rows that are full go on in the next one', () => {
    expect(marksOf('ab\r\ncde')).toEqual([
      expect.stringContaining('x="16" y="29" textLength="16"'),
      expect.stringContaining('x="16" y="47" textLength="24"'),
    ]);
    expect(textsOf('-'.repeat(terminalColumns + 2))).toEqual(['-'.repeat(terminalColumns), '--']);
    expect(terminalSvg('cde', '')).toContain('viewBox="0 0 56 50"');
  });

  test('draws bars to the eighth of a cell', () => {
    const widths = marksOf('\x1b[32m██▌\x1b[2m\x1b[39m░░░').map((mark) =>
      /width="(.*?)".*class="(.*?)"/.exec(mark)?.slice(1),
    );
    expect(widths).toEqual([
      ['16', 'green'],
      ['4', 'green'],
      ['24', 'dim shade'],
    ]);
  });

  test('shows what is left of a view that was painted over', () => {
    const output =
      'said\r\n\x1b[?7lold, long\x1b[K\r\nold\x1b[K\r\n\x1b[?7h\x1b[J\r\x1b[2A\x1b[?7lnew\x1b[K\r\n\x1b[?7h\x1b[J';
    expect(textsOf(output)).toEqual(['said', 'new']);
  });

  test('refuses what it would draw wrongly', () => {
    expect(() => terminalSvg('日本', '')).toThrow('unknown "日"');
    expect(() => terminalSvg('\x1b[5mblink', '')).toThrow('unknown look 5');
    expect(() => terminalSvg('\x1b[3;4Hthere', '')).toThrow('unknown "\\u001b[3;4H"');
  });
});

describe('a film', () => {
  const scenes = [
    { line: 'pipe one', output: '$ pipe one\n1 done' },
    { line: 'pipe two', output: `$ pipe two\n${'row\n'.repeat(30)}` },
  ];
  const film = filmSvg(scenes, 'Two commands');
  /** When something is shown, in parts of the whole. */
  const at = (name: string): number =>
    Number(new RegExp(`@keyframes ${name} \\{ 0%, ([\\d.]+)%`).exec(film)?.[1]);

  test('types one command after the other, each before its output', () => {
    expect(['p0', 'c0', 'o0', 'p1', 'c1', 'o1'].map(at)).toEqual(
      ['p0', 'c0', 'o0', 'p1', 'c1', 'o1'].map(at).toSorted((a, b) => a - b),
    );
    expect(at('o1')).toBeLessThan(100);
    expect(film).toContain('steps(8)');
  });

  test('scrolls as far as the last row needs', () => {
    // 2 rows, an empty one and 31 in a window of 26.
    expect([...film.matchAll(/translateY\((-?\d+)px\)/g)].map(([, up]) => Number(up))).toEqual([
      0, 0, 0, -144,
    ]);
  });

  test('shows everything to who wants no motion', () => {
    expect(film).toContain('prefers-reduced-motion: reduce');
    expect(film).toMatch(/\.cover \{[^}]*opacity: 0/);
    expect(film).not.toMatch(/<g [^>]*opacity/);
  });
});

/** A PNG of RGB whose rows are packed with the filters that stand before them. */
function pngOf(width: number, rows: readonly (readonly number[])[]): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    return Buffer.concat([size, Buffer.from(type), data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(rows.length, 4);
  header.writeUInt16BE(0x0802, 8);
  return Buffer.concat([
    Buffer.alloc(8),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
  ]);
}

test('a smaller PNG has the same pixels', () => {
  // Two pixels a row, by each of the filters: what stands there is added to what is foretold.
  const smaller = smallerPng(
    pngOf(2, [
      [0, 10, 20, 30, 40, 50, 60],
      [1, 10, 20, 30, 1, 1, 1],
      [2, 1, 1, 1, 250, 0, 0],
      [3, 0, 0, 0, 2, 2, 2],
      [4, 1, 1, 1, 0, 0, 0],
    ]),
  );
  const start = smaller.indexOf('IDAT');
  const packed = smaller.subarray(start + 4, start + 4 + smaller.readUInt32BE(start - 4));
  const rows = inflateSync(packed);
  expect(Array.from({ length: 5 }, (_, row) => [...rows.subarray(row * 7, row * 7 + 7)])).toEqual([
    [0, 10, 20, 30, 40, 50, 60],
    [0, 10, 20, 30, 11, 21, 31],
    [0, 11, 21, 31, 5, 21, 31],
    [0, 5, 10, 15, 7, 17, 25],
    [0, 6, 11, 16, 7, 17, 25],
  ]);
});

describe('the pictures', () => {
  const folder = 'test/golden/pictures';

  test('that the README shows are there', async () => {
    const readme = await readFile('README.md', 'utf8');
    const links = [...readme.matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)];
    for (const [whole, alt, link, source] of links) {
      const path = link ?? source ?? '';
      if (/^https?:/.test(path)) continue;
      expect((await stat(path).catch(() => undefined))?.isFile(), whole).toBe(true);
      expect(alt, whole).not.toBe('');
    }
  });

  test('are small, and none is left over', async () => {
    const names = await readdir(folder);
    expect(names.sort()).toEqual([
      'calendar.svg',
      'live.svg',
      'plan.svg',
      'plot.svg',
      'report-dark.png',
      'report-light.png',
      'start.svg',
    ]);
    for (const name of names) {
      expect((await stat(join(folder, name))).size, name).toBeLessThan(150_000);
    }
  });
});

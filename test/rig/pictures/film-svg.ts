import { rowsOf } from './terminal-rows.ts';
import { cellHeight, cellWidth, framed, margin, marksOf, style } from './terminal-svg.ts';

/** A command and what a terminal shows of it, the prompt included. */
export interface Scene {
  readonly line: string;
  readonly output: string;
}

const typedMs = 45;
const beforeOutputMs = 400;
const afterOutputMs = 1800;
const atEndMs = 4000;
const shownRows = 26;

/**
 * Commands that are typed one after the other into a terminal that scrolls, again and again. Who
 * wants no motion, or cannot show any, sees the first of them at once.
 */
export function filmSvg(scenes: readonly Scene[], title: string): string {
  const shots = shotsOf(scenes);
  const last = shots.at(-1);
  const totalMs = (last?.endMs ?? 0) + atEndMs;
  const parts = shots.map((shot, index) => drawnShot(shot, index));
  const rules = shots.flatMap((shot, index) => rulesOf(shot, index, totalMs));
  const columns = Math.max(...shots.map((shot) => shot.columns));
  const [width, height] = [columns * cellWidth + margin, shownRows * cellHeight];
  const content = [
    `<clipPath id="view"><rect x="0" y="${margin}" width="${width}" height="${height}"/></clipPath>`,
    `<g clip-path="url(#view)"><g class="all">`,
    ...parts,
    '</g></g>',
  ].join('\n');
  const all = [style, ...rules, scrollOf(shots, totalMs), still].join('\n');
  return framed(content, { title, columns, rows: shownRows, style: all });
}

const still = '@media (prefers-reduced-motion: reduce) { * { animation: none !important } }';

/** A scene with its place and its times. */
interface Shot {
  readonly rows: ReturnType<typeof rowsOf>;
  readonly start: number;
  readonly columns: number;
  readonly typed: number;
  readonly beginMs: number;
  readonly typedMs: number;
  readonly outputMs: number;
  readonly endMs: number;
}

function shotsOf(scenes: readonly Scene[]): readonly Shot[] {
  const shots: Shot[] = [];
  for (const { line, output } of scenes) {
    const before = shots.at(-1);
    const rows = rowsOf(output);
    const beginMs = before?.endMs ?? 500;
    const typed = beginMs + line.length * typedMs;
    shots.push({
      rows,
      // An empty row between them.
      start: before ? before.start + before.rows.length + 1 : 0,
      columns: Math.max(...rows.map((row) => row.length)),
      typed: line.length,
      beginMs,
      typedMs: typed,
      outputMs: typed + beforeOutputMs,
      endMs: typed + beforeOutputMs + afterOutputMs,
    });
  }
  return shots;
}

/** The command lies under a cover that gives way by a cell with each key. */
function drawnShot({ rows, start, columns, typed }: Shot, index: number): string {
  const x = margin + 2 * cellWidth;
  const y = margin + start * cellHeight;
  const width = Math.max(columns - 2, typed) * cellWidth;
  return [
    `<g class="p${index}">`,
    ...marksOf(rows.slice(0, 1), start),
    `<rect class="cover c${index}" x="${x}" y="${y}" width="${width}" height="${cellHeight}"/>`,
    `</g><g class="o${index}">`,
    ...marksOf(rows.slice(1), start + 1),
    '</g>',
  ].join('\n');
}

function rulesOf(shot: Shot, index: number, totalMs: number): readonly string[] {
  const at = (ms: number): string => `${((100 * ms) / totalMs).toFixed(3)}%`;
  const { beginMs, typedMs: typed, outputMs } = shot;
  const shown = (name: string, ms: number): string =>
    `@keyframes ${name} { 0%, ${at(ms)} { opacity: 0 } ${at(ms + 1)}, 100% { opacity: 1 } } .${name} { animation: ${name} ${totalMs}ms infinite }`;
  const end = shot.typed * cellWidth;
  return [
    shown(`p${index}`, Math.max(beginMs - 400, 0)),
    shown(`o${index}`, outputMs),
    `@keyframes c${index} { 0%, ${at(beginMs)} { transform: none; opacity: 1; animation-timing-function: steps(${shot.typed}) } ${at(typed)} { transform: translateX(${end}px); opacity: 1 } ${at(typed + 1)}, 100% { opacity: 0 } } .c${index} { animation: c${index} ${totalMs}ms infinite }`,
  ];
}

/** Up by whole rows when a scene's output would be below the last one. */
function scrollOf(shots: readonly Shot[], totalMs: number): string {
  const steps = shots.flatMap(({ start, rows, beginMs, outputMs }) => [
    [beginMs - 400, start + 1],
    [outputMs, start + rows.length],
  ]);
  const keys = steps.map(([ms = 0, bottom = 0]) => {
    const up = Math.max(0, bottom - shownRows) * cellHeight;
    return `${((100 * Math.max(0, ms)) / totalMs).toFixed(3)}% { transform: translateY(${-up}px) }`;
  });
  return `@keyframes all { ${keys.join(' ')} } .all { animation: all ${totalMs}ms step-end infinite }
.cover { fill: #f6f8fa; opacity: 0 } @media (prefers-color-scheme: dark) { .cover { fill: #0d1117 } }`;
}

import { formatCount } from '../terminal/format.ts';
import { groupBy } from './group.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { Lineage, LineageEdge, LineageNode } from './lineage.ts';
import { note, scroller } from './parts.ts';

/** More are a page of their own, which nobody reads; the table is cut in the same way. */
const maxDrawn = 80;
const maxListed = 200;

const box = { width: 264, height: 52, gapX: 96, gapY: 16, margin: 8 } as const;
const maxChars = 29;

/** The lineage as a drawing from left to right, and as a table for who does not see it. */
export function lineageGraph({ nodes, edges, grain }: Lineage): Html {
  const drawn = nodes.slice(0, maxDrawn);
  const places = place(drawn, edges);
  const width = Math.max(...[...places.values()].map(({ x }) => x + box.width)) + box.margin;
  const height = Math.max(...[...places.values()].map(({ y }) => y + box.height)) + box.margin;
  return html`<p>
      Lines lead from what was read to what was made from it. Boxes stand for ${grain}.
    </p>
    ${scroller(
      'Drawing of the lineage',
      html`<svg
        class="lineage"
        role="img"
        aria-labelledby="lineage-drawing"
        aria-describedby="lineage-table"
        width="${width}"
        height="${height}"
        viewBox="0 0 ${width} ${height}"
      >
        <title id="lineage-drawing">
          Lineage: ${formatCount(drawn.length, 'box', 'boxes')},
          ${formatCount(edges.length, 'line')}; the table below says the same
        </title>
        ${edges.map((edge) => line(edge, places))}${drawn.map((node) => boxOf(node, places.get(node.id)))}
      </svg>`,
    )}
    ${nodes.length > drawn.length ? note(`${drawn.length} of ${formatCount(nodes.length, 'box', 'boxes')} are drawn.`) : undefined}
    ${edgeTable(nodes, edges)}`;
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Layers are columns; within one, a box stands near the middle of those it is made from. */
function place(nodes: readonly LineageNode[], edges: readonly LineageEdge[]): Map<string, Place> {
  const places = new Map<string, Place>();
  const columns = [...groupBy(nodes, ({ layer }) => layer)].sort(([a], [b]) => a - b);
  const tallest = Math.max(...columns.map(([, members]) => members.length));
  for (const [column, [, members]] of columns.entries()) {
    const middles = members.map((node) => ({ node, middle: middleOf(node, edges, places) }));
    middles.sort((a, b) => a.middle - b.middle || (a.node.id < b.node.id ? -1 : 1));
    const pitch = box.height + box.gapY;
    const top = box.margin + ((tallest - members.length) * pitch) / 2;
    for (const [row, { node }] of middles.entries()) {
      places.set(node.id, {
        x: box.margin + column * (box.width + box.gapX),
        y: top + row * pitch,
      });
    }
  }
  return places;
}

function middleOf(
  { id }: LineageNode,
  edges: readonly LineageEdge[],
  places: ReadonlyMap<string, Place>,
): number {
  const ys = edges.flatMap(({ from, to }) => (to === id ? (places.get(from)?.y ?? []) : []));
  return ys.length === 0 ? 0 : ys.reduce((sum, y) => sum + y, 0) / ys.length;
}

function line({ from, to }: LineageEdge, places: ReadonlyMap<string, Place>): Html | undefined {
  const [start, end] = [places.get(from), places.get(to)];
  if (!start || !end) return undefined;
  const [x1, y1] = [start.x + box.width, start.y + box.height / 2];
  const [x2, y2] = [end.x, end.y + box.height / 2];
  const bend = (x1 + x2) / 2;
  return html`<path class="edge" d="M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}" />`;
}

function boxOf(node: LineageNode, at: Place | undefined): Html | undefined {
  if (!at) return undefined;
  const { kind, title, failed } = node;
  const classes = `node ${kind}${failed > 0 ? ' failed' : ''}`;
  return html`<g class="${classes}" transform="translate(${at.x} ${at.y})"
    ><title>${nameOf(node)}: ${detailOf(node)}</title
    ><rect width="${box.width}" height="${box.height}" rx="8" /><text x="12" y="22" class="title"
      >${shorten(kind === 'file' ? title : nameOf(node))}</text
    ><text x="12" y="40">${shorten(detailOf(node), maxChars + 10)}</text></g
  > `;
}

function nameOf({ title, keys }: LineageNode): string {
  return keys ? `${title} ${keys}` : title;
}

function detailOf({ kind, members, rows, failed, readsItself }: LineageNode): string {
  return [
    formatCount(members, kind === 'file' ? 'file' : 'partition'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(rows > 0 ? [formatCount(rows, 'row')] : []),
    ...(readsItself ? ['reads itself'] : []),
  ].join(' · ');
}

/** The end of a long name tells more than its middle. */
function shorten(text: string, max: number = maxChars): string {
  const chars = Array.from(text);
  if (chars.length <= max) return text;
  return `${chars.slice(0, 9).join('')}…${chars.slice(10 - max).join('')}`;
}

function edgeTable(nodes: readonly LineageNode[], edges: readonly LineageEdge[]): Html {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const name = (id: string): string => {
    const node = byId.get(id);
    return node ? nameOf(node) : id;
  };
  return html`<details id="lineage-table">
    <summary>The same as a table</summary>
    ${scroller(
      'Lineage as a table',
      html`<table class="data">
        <caption class="hidden">
          What was made from what
        </caption>
        <thead>
          <tr>
            <th scope="col">Made</th>
            <th scope="col">From</th>
            <th scope="col" class="n">Pairs of partitions</th>
          </tr>
        </thead>
        <tbody>
          ${edges.slice(0, maxListed).map(
            ({ from, to, pairs }) =>
              html`<tr>
                <th scope="row">${name(to)}</th>
                <td>${name(from)}</td>
                <td class="n">${pairs}</td>
              </tr> `,
          )}
        </tbody>
      </table>`,
    )}${edges.length > maxListed ? note(`The first ${maxListed} of ${edges.length} are listed.`) : undefined}
  </details>`;
}

import { writeFile } from 'node:fs/promises';
import { UsageError, UserError } from '../lib/errors.ts';
import { writeTo } from '../lib/operations/relation/output.ts';
import { findPlace } from '../lib/operations/relation/place.ts';
import { plotOf } from '../lib/operations/relation/plot-data.ts';
import { openQuery } from '../lib/operations/relation/query.ts';
import { demandWhole, openRelation } from '../lib/operations/relation/relation.ts';
import type { Relation } from '../lib/operations/relation/relation.ts';
import type { Plot } from '../lib/plot/plot.ts';
import { defineTask } from '../lib/task/define.ts';
import type { SummaryContext } from '../lib/task/task.ts';

export const dataPlot = defineTask({
  name: 'data:plot',
  summary: 'Draw a chart of a query or a dataset: here, or as SVG, HTML or PNG',
  usage: `--x=<column> --y=<column> [--by=<column>] [--kind=<line|bar|area|scatter|heat>] [--title=<text>] [--out=<uri>] <what>

Options:
  --x=<column>     Numbers, times or text.
  --y=<column>     Numbers; those of the same x (and series) are added up, but for a scatter plot.
  --by=<column>    What tells series apart; rows of a heat map.
  --kind=<line|bar|area|scatter|heat>  Of chart [default: line].
  --title=<text>   Above it; the query or the dataset unless given.
  --out=<uri>      File or s3://bucket/key that ends in .svg, .html or .png; in the terminal unless given.

<what> is a query as data:sql takes it, or anything that data:show understands.

For example:
  pipe data:plot -- --x=date --y=pageloads --by=site "from stats.pageloads where hour is null"
  pipe data:plot -- --x=hour --y=clicks --kind=bar --out=clicks.svg stats/clicks`,
  async *show(args, context) {
    const draw = args.out === undefined ? undefined : await drawerOf(args.out);
    const { x, y, by, kind } = args;
    const relation = await relationOf(args.what, context);
    const plot = await plotOf(await context.engine(), relation, {
      kind,
      x,
      y,
      ...(by !== undefined && { by }),
      title: args.title ?? titleOf(args.what),
    });
    if (args.out === undefined || !draw) return yield plot;
    await write(args.out, await draw(plot), context);
    yield `${args.out}\n`;
  },
});

/** A query has a blank in it and begins with a word of SQL; anything else is a name. */
async function relationOf(what: string, context: SummaryContext): Promise<Relation> {
  if (isQuery(what)) return openQuery(what, {}, context);
  const engine = await context.engine();
  const relation = await openRelation(engine, await findPlace(what, context));
  await demandWhole(engine, relation);
  return relation;
}

function isQuery(what: string): boolean {
  return /^\s*\(?\s*(select|from|with|values|table|describe|summarize)\s/i.test(what);
}

function titleOf(what: string): string {
  const text = what.replaceAll(/\s+/g, ' ').trim();
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

type Draw = (plot: Plot) => string | Promise<Uint8Array>;

async function drawerOf(uri: string): Promise<Draw> {
  const end = /\.(\w+)$/.exec(uri)?.[1]?.toLowerCase();
  if (end === 'svg') return (await import('../lib/report/plot-svg.ts')).renderSvg;
  if (end === 'html' || end === 'htm')
    return (await import('../lib/report/plot-page.ts')).renderPlotPage;
  if (end === 'png') return drawPng;
  throw new UsageError(`--out: '${uri}' does not say what to draw; end it in .svg, .html or .png`);
}

async function drawPng(plot: Plot): Promise<Uint8Array> {
  const { pngPrograms, renderPng } = await import('../lib/report/plot-png.ts');
  const png = await renderPng(plot);
  if (png) return png;
  throw new UserError(
    `--out: a PNG is made by one of ${pngPrograms.join(', ')}, and none of them is installed and works; install one (such as apt-get install librsvg2-bin), or write .svg or .html`,
  );
}

async function write(
  uri: string,
  content: string | Uint8Array,
  context: SummaryContext,
): Promise<void> {
  await writeTo(uri, context, (path) => writeFile(path, content));
}

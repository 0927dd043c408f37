import { createHash } from 'node:crypto';
import { calendar } from './calendar.ts';
import type { ReportData } from './data.ts';
import { failures } from './failures.ts';
import { fileTable } from './files.ts';
import { html, raw } from './html.ts';
import type { Html } from './html.ts';
import { invocationTable } from './invocations.ts';
import { lineageOf } from './lineage.ts';
import { lineageGraph } from './lineage-graph.ts';
import { overview, verdictOf } from './overview.ts';
import { partitionsOf } from './partitions.ts';
import type { PartitionCell } from './partitions.ts';
import { section } from './parts.ts';
import type { Section } from './parts.ts';
import { rowTable } from './rows.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';

/**
 * A run as one HTML page that needs nothing else: no network, no fonts, no other file. Everything
 * in the ledger is text in it, and the page may run no script but its own.
 */
export function renderReport(data: ReportData): string {
  const { run, planned, madeAt } = data;
  const cells = partitionsOf(run.invocations, planned);
  const sections = sectionsOf(data, cells);
  const task = run.invocations[0]?.task ?? 'run';
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${sha256(script)}'; base-uri 'none'; form-action 'none'"
        />
        <title>${verdictOf(run)[0]}: ${task}, ${run.run}</title>
        ${raw(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${overview(data, cells)}
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="main" tabindex="-1">${sections.map(section)}</main>
        <footer>
          <p>
            Made by Pipe on ${madeAt.slice(0, 19).replace('T', ' ')} UTC from the ledger of this
            run.
          </p>
          <p id="said" role="status" class="hidden"></p>
        </footer>
        ${raw(`<script>${script}</script>`)}
      </body>
    </html> `.toString();
}

function sectionsOf(data: ReportData, cells: readonly PartitionCell[]): Section[] {
  const { invocations } = data.run;
  const lineage = lineageOf(cells);
  const bodies: readonly (readonly [string, string, Html | undefined])[] = [
    ['failures', 'What went wrong', failures(data)],
    ['calendar', 'Partitions', calendar(cells)],
    ['timeline', 'Timeline', timeline(data)],
    ['rows', 'Rows', rowTable(invocations)],
    ['lineage', 'Lineage', lineage && lineageGraph(lineage)],
    ['files', 'Files', fileTable(cells)],
    ['invocations', 'Invocations', invocationTable(data)],
  ];
  return bodies.flatMap(([id, title, body]) => (body ? [{ id, title, body }] : []));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The look of the page, by the system's wish light or dark. Contrast of text is 4.5:1 or more. */
export const style = `
:root {
  --back: #f6f7f9; --card: #fff; --text: #1b2430; --soft: #56616f; --line: #dde2e8; --code: #eef1f5;
  --accent: #2456c9; --done: #1a7f4b; --kept: #7fb89a; --failed: #c8322b; --stale: #b26a00; --none: #66707d; --missing: #66707d;
  --goodback: #e0f3e8; --badback: #fde7e5; --fairback: #fff1da; --bar: #7c96c6; --critical: #d9480f;
  --goodtext: #10603a; --badtext: #a1241e; --fairtext: #7d4a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #12161c; --card: #1b2129; --text: #e6eaf0; --soft: #a4afbd; --line: #323b47; --code: #262e39;
    --accent: #8db2ff; --done: #3fb979; --kept: #2f6e4f; --failed: #f2675f; --stale: #eda63c; --none: #8f9bab; --missing: #8f9bab;
    --goodback: #173a29; --badback: #4a1f1d; --fairback: #452f0d; --bar: #5f7db8; --critical: #ff8a4c;
    --goodtext: #7fe0ad; --badtext: #ffa7a1; --fairtext: #ffcf86;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0 auto; max-width: 1240px; padding: 24px 20px 48px; background: var(--back); color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; font-variant-numeric: tabular-nums; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.86em; }
code, pre, th, td, h3 { unicode-bidi: isolate; }
pre { margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 12px; top: 12px; padding: 8px 14px; background: var(--card); z-index: 9; }
.hidden, td > b, th > b, td > a > b { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; font-weight: normal; }
[hidden] { display: none !important; }
header { margin-bottom: 20px; }
.eyebrow { margin: 0; color: var(--soft); }
h1 { margin: 2px 0 12px; font-size: 30px; line-height: 1.25; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 10px; font-size: 20px; }
h3 { margin: 0 0 6px; font-size: 15px; overflow-wrap: anywhere; }
.verdict { display: inline-block; padding: 3px 14px; border-radius: 99px; font-size: 16px; font-weight: 600; letter-spacing: 0; vertical-align: 4px; }
.verdict.good { background: var(--goodback); color: var(--goodtext); }
.verdict.bad { background: var(--badback); color: var(--badtext); }
.verdict.fair { background: var(--fairback); color: var(--fairtext); }
.command { display: flex; gap: 8px; align-items: flex-start; }
.command code { flex: 1 1 auto; min-width: 0; padding: 5px 10px; background: var(--code); border-radius: 6px; overflow-wrap: anywhere; white-space: pre-wrap; }
.command i { display: inline-block; max-width: 100%; font-style: normal; }
header > .command code { background: var(--card); border: 1px solid var(--line); padding: 8px 12px; font-size: 14px; }
button.copy { flex: none; min-width: 62px; padding: 4px 10px; font: inherit; font-size: 13px; color: var(--accent); background: var(--card); border: 1px solid var(--line); border-radius: 6px; cursor: pointer; }
header > .command button.copy { padding: 8px 12px; }
button.copy:hover { border-color: var(--accent); }
.resume { margin: 10px 0 4px; color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 16px 0; }
.tile { padding: 12px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile.wide { grid-column: span 2; }
.tile p { margin: 0; }
.tile .label, .tile .more { color: var(--soft); font-size: 13px; }
.tile .value { font-size: 24px; font-weight: 650; line-height: 1.3; overflow-wrap: anywhere; }
.tile .value.long { font-size: 17px; line-height: 1.84; }
.stack { display: flex; gap: 2px; height: 10px; margin: 4px 0; min-width: 120px; }
.stack span { min-width: 3px; flex: 1 1 0; border-radius: 3px; }
.s-done, .c-done, .r-kept { --tone: var(--done); }
.s-skipped, .c-kept { --tone: var(--kept); }
.s-failed, .c-failed, .r-rejected { --tone: var(--failed); }
.s-no-data, .c-no-data, .r-filtered { --tone: var(--none); }
.s-cancelled, .s-unfinished, .s-left, .c-stale { --tone: var(--stale); }
.c-missing { --tone: var(--missing); }
.stack span { background: var(--tone); }
.r-filtered { opacity: 0.6; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0; font-size: 14px; }
.facts div { min-width: 0; }
.facts dt { display: inline; color: var(--soft); }
.facts dt::after { content: ":"; }
.facts dd { display: inline; margin: 0 0 0 4px; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; z-index: 5; margin: 0 -20px 16px; padding: 8px 20px; background: var(--back); border-bottom: 1px solid var(--line); overflow-x: auto; }
nav ul { display: flex; gap: 20px; margin: 0; padding: 0; list-style: none; white-space: nowrap; }
nav a { display: inline-block; padding: 4px 0; font-weight: 550; text-decoration: none; }
nav a:hover { text-decoration: underline; }
section { margin: 0 0 18px; padding: 18px 20px; background: var(--card); border: 1px solid var(--line); border-radius: 12px; scroll-margin-top: 56px; }
section p { overflow-wrap: anywhere; }
section > p { margin: 0 0 12px; color: var(--soft); max-width: 85ch; }
section > p strong { color: var(--text); }
section > p.note { margin: 10px 0 0; font-size: 14px; }
section > p.warning { padding: 8px 14px; border-left: 4px solid var(--stale); background: var(--fairback); color: var(--fairtext); border-radius: 4px; max-width: none; }
.mark { margin-left: 6px; padding: 1px 8px; border-radius: 99px; background: var(--fairback); color: var(--fairtext); font-size: 12px; white-space: nowrap; }
.scroll { position: relative; overflow-x: auto; }
table { border-collapse: collapse; }
th { text-align: left; font-weight: 500; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 14px; color: var(--soft); }
.legend strong { color: var(--text); }
.table + .legend, .scroll + .legend { margin-top: 10px; margin-bottom: 0; }
.key { display: inline-block; width: 16px; height: 16px; margin-right: 6px; border-radius: 4px; vertical-align: -3px; }
.key[class*="r-"] { background: var(--tone); }
.calendar { font-size: 13px; border-spacing: 2px; border-collapse: separate; }
.calendar th[scope="row"], .calendar .corner { position: sticky; left: 0; z-index: 1; padding: 0 12px 0 14px; background: var(--card); white-space: nowrap; max-width: 280px; overflow: hidden; text-overflow: ellipsis; }
.calendar .corner { padding-left: 0; }
.calendar .dataset { padding: 8px 0 2px; font-weight: 650; }
.calendar .dataset span, .calendar .month span { position: sticky; left: 0; padding-right: 8px; }
.calendar thead th { color: var(--soft); }
.calendar thead th:not(.corner):not(.month) { text-align: center; }
.calendar td, .calendar thead th:not(.corner) { min-width: var(--cell); }
.calendar .month { padding-left: 4px; border-left: 1px solid var(--line); overflow: hidden; white-space: nowrap; }
.calendar td[class], .key[class*="c-"] { position: relative; height: 24px; border-radius: 4px; text-align: center; font-size: 13px; line-height: 22px; font-weight: 700; color: var(--card); background: var(--tone); }
.key[class*="c-"] { height: 16px; font-size: 11px; line-height: 16px; overflow: hidden; vertical-align: -3px; }
.key.c-missing, .key.c-no-data { line-height: 12px; }
.calendar .c-done::before, .key.c-done::before { content: "\\2713" / ""; }
.calendar td.c-kept, .key.c-kept { background: color-mix(in srgb, var(--done) 22%, var(--card)); color: var(--done); }
.calendar .c-kept::before, .key.c-kept::before { content: "\\2713" / ""; }
.calendar .c-failed::before, .key.c-failed::before { content: "\\2715" / ""; }
.calendar .c-stale::before, .key.c-stale::before { content: "~" / ""; }
.calendar td.c-missing, .key.c-missing { background: none; border: 1px dashed var(--missing); }
.calendar td.c-no-data, .key.c-no-data { background: repeating-linear-gradient(45deg, var(--line) 0 3px, transparent 3px 6px); color: var(--soft); border: 1px solid var(--line); }
.calendar td a { position: absolute; inset: 0; }
.calendar.dense { border-spacing: 1px; }
.calendar.dense td, .calendar.dense thead th:not(.corner):not(.month) { padding: 0; }
.calendar.dense thead th:not(.corner):not(.month) { font-size: 0; }
.calendar.dense .month { max-width: 0; }
.calendar.dense td[class] { border-radius: 1px; }
.calendar.dense td[class]::before { content: none; }
.calendar.dense td.c-done, .calendar.dense td.c-kept { border: 5px solid transparent; border-width: 5px 0; background-clip: padding-box; }
.calendar.dense td.c-missing { border-width: 1px 0; background: color-mix(in srgb, var(--missing) 30%, transparent); }
.calendar.dense td.c-no-data { border-width: 1px 0; }
.gantt { width: 100%; table-layout: fixed; font-size: 13px; }
.gantt th:first-child { width: 34%; padding: 0 12px 0 0; }
.gantt tbody th span { display: block; padding-left: calc(var(--depth) * 14px); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.gantt thead th { color: var(--soft); vertical-align: bottom; }
.gantt .axis div { position: relative; height: 20px; }
.gantt .axis span:not(.hidden) { position: absolute; padding-left: 4px; border-left: 1px solid var(--line); white-space: nowrap; line-height: 18px; }
.gantt td { position: relative; height: 24px; padding: 0; background: linear-gradient(to right, color-mix(in srgb, var(--line) 60%, transparent) 1px, transparent 1px) 0 0 / var(--step) 100%; border-bottom: 1px solid color-mix(in srgb, var(--line) 50%, transparent); }
.gantt tbody th { border-bottom: 1px solid color-mix(in srgb, var(--line) 50%, transparent); }
.gantt .bar { position: absolute; top: 5px; height: 14px; min-width: 3px; border-radius: 3px; background: var(--bar); }
.key.bar { background: var(--bar); }
.gantt .bar.meta, .key.bar.meta { background: none; border: 2px solid var(--bar); border-width: 2px 2px 0; border-radius: 3px 3px 0 0; height: 9px; top: 5px; }
.gantt .bar.critical, .key.bar.critical { background: var(--critical); }
.gantt .bar.meta.critical { background: none; border-color: var(--critical); }
.gantt .bar.s-failed { outline: 2px solid var(--failed); outline-offset: 1px; }
.gantt .took { position: absolute; left: 100%; top: -4px; padding: 0 6px; white-space: nowrap; color: var(--soft); font-size: 12px; line-height: 22px; }
.gantt .meta .took { top: -9px; }
.gantt .meta .took.inside { top: 0; background: none; }
.gantt .took.before { left: auto; right: 100%; }
.gantt .took.inside { left: 0; color: var(--text); background: color-mix(in srgb, var(--card) 70%, transparent); top: 0; line-height: 14px; border-radius: 3px; }
.data { width: 100%; font-size: 14px; }
.data th, .data td { padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
.data thead th { color: var(--soft); white-space: nowrap; vertical-align: bottom; }
.data .n { text-align: right; white-space: nowrap; }
.data tr:target { background: var(--fairback); }
.data tr:target, .failures li { scroll-margin-top: 60px; }
.invocations tr { scroll-margin-top: 60px; }
.invocations tbody th { min-width: 320px; }
.invocations .command code { padding: 2px 8px; }
.invocations .error { margin: 4px 0 0; color: var(--badtext); white-space: pre-wrap; overflow-wrap: anywhere; }
.invocations .reason { margin: 4px 0 0; color: var(--soft); font-size: 13px; }
::placeholder { color: var(--soft); opacity: 1; }
.pill { display: inline-block; padding: 1px 10px; border-radius: 99px; font-size: 13px; font-weight: 600; white-space: nowrap; background: var(--code); color: var(--soft); }
.pill.s-done { background: var(--goodback); color: var(--goodtext); }
.pill.s-failed { background: var(--badback); color: var(--badtext); }
.pill.s-cancelled, .pill.s-unfinished, .pill.s-left { background: var(--fairback); color: var(--fairtext); }
.filter { margin-bottom: 10px; }
.filter input { font: inherit; width: min(340px, 70%); padding: 5px 10px; color: inherit; background: var(--card); border: 1px solid var(--none); border-radius: 6px; }
.failures { margin: 0; padding: 0; list-style: none; }
.failures li { padding: 12px 0; border-bottom: 1px solid var(--line); }
.failures li:first-child { padding-top: 0; }
.failures li:last-child { border: 0; padding-bottom: 0; }
.failures .message { padding: 8px 12px; background: var(--badback); color: var(--badtext); border-radius: 6px; }
.failures .message.s-no-data { background: var(--code); color: var(--text); }
.failures .chain { margin: 0 0 6px; color: var(--soft); font-size: 14px; }
details { margin-top: 10px; }
summary { cursor: pointer; color: var(--accent); }
.lineage { display: block; }
.lineage .edge { fill: none; stroke: var(--none); stroke-width: 1.5; opacity: 0.6; }
.lineage rect { fill: var(--card); stroke: var(--accent); stroke-width: 1.5; }
.lineage .file rect { stroke: var(--none); stroke-dasharray: 5 4; }
.lineage .failed rect { stroke: var(--failed); stroke-width: 2.5; }
.lineage text { fill: var(--soft); font-size: 12px; }
.lineage .title { fill: var(--text); font-size: 13px; font-weight: 600; }
footer { color: var(--soft); font-size: 13px; }
@media (max-width: 640px) {
  body { padding: 14px 12px 32px; }
  nav { margin: 0 -12px 12px; padding: 6px 12px; }
  section { padding: 14px 12px; border-radius: 8px; }
  h1 { font-size: 24px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; }
  .tile .value { font-size: 20px; }
  .gantt, .gantt thead, .gantt tbody, .gantt tr, .gantt th, .gantt td { display: block; width: auto; }
  .gantt tbody th { padding: 6px 0 0; border: 0; }
  .gantt th:first-child { width: auto; }
  .gantt thead th:first-child, .gantt .axis span:nth-child(even) { display: none; }
  .invocations th, .invocations td { padding: 6px 5px; }
  .invocations tbody th { min-width: 260px; }
  .invocations .command { flex-direction: column; }
}
@media print {
  body { background: #fff; max-width: none; }
  nav, button.copy, .filter, .skip { display: none; }
  .scroll { overflow: visible; }
  section { break-inside: avoid-page; }
}
`;

/**
 * What the page does by itself: copies commands and filters the table of invocations. Without it
 * everything is still there to read. The buttons are hidden until it runs.
 */
export const script = `
'use strict';
const said = document.getElementById('said');
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
for (const button of document.querySelectorAll('button.copy')) button.hidden = false;
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button.copy');
  if (!button) return;
  await copy(button.previousElementSibling.textContent);
  button.focus();
  button.textContent = 'Copied';
  said.textContent = 'Command copied';
  setTimeout(() => {
    button.textContent = 'Copy';
    said.textContent = '';
  }, 1500);
});
document.addEventListener('mouseover', (event) => {
  const cell = event.target.closest('.calendar td[class]');
  if (!cell || cell.title) return;
  const table = cell.closest('table');
  const day = table.tHead.rows[1].cells[cell.cellIndex].textContent;
  const dataset = cell.closest('tbody').rows[0].textContent;
  const texts = [dataset, cell.parentElement.cells[0].textContent, day];
  cell.title = texts.map((text) => text.trim()).join(' ') + ': ' + cell.textContent.trim();
});
const filter = document.getElementById('filter');
const rows = [...document.querySelectorAll('#invocation-rows > tr')];
const texts = rows.map((row) => row.textContent.toLowerCase());
const found = document.getElementById('filtered');
function show() {
  const words = filter.value.toLowerCase().split(/[\\s,]+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, index) => {
    const fits = words.every((word) => texts[index].includes(word));
    row.hidden = !fits;
    if (fits) count++;
  });
  found.textContent = words.length > 0 ? count + ' of ' + rows.length : '';
}
if (filter) {
  filter.closest('.filter').hidden = false;
  filter.addEventListener('input', show);
  addEventListener('hashchange', () => {
    if (filter.value && location.hash.startsWith('#invocation-')) {
      filter.value = '';
      show();
      document.getElementById(location.hash.slice(1))?.scrollIntoView();
    }
  });
}
`;

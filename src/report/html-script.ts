/**
 * The script of the page: tables are sorted by a click on their heads, stacks zoomed by a click on a block (Enter, Escape).
 * Everything can be read without it. No text of a document is part of it: its hash stands in the page's policy.
 */
export const SCRIPT = `
'use strict';
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 2) continue;
  const heads = [...table.tHead.rows[0].cells];
  const valueOf = (row, at) => {
    const cell = row.cells[at];
    const text = cell.textContent.trim();
    const number = Number(cell.dataset.sort ?? (text === '' ? NaN : text.replace(/,/g, '')));
    return Number.isNaN(number) ? text : number;
  };
  heads.forEach((head, at) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') !== 'descending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const sign = down ? -1 : 1;
      const rows = [...body.rows].sort((one, two) => {
        const a = valueOf(one, at), b = valueOf(two, at);
        if (typeof a === 'number' && typeof b === 'number') return sign * (a - b);
        if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
        return sign * a.localeCompare(b);
      });
      body.append(...rows);
    });
  });
}
for (const svg of document.querySelectorAll('.icicle svg')) {
  const blocks = [...svg.querySelectorAll('.block')];
  const width = svg.viewBox.baseVal.width;
  const letter = 10.5 * 0.61;
  const edge = (block, name) => Number(block.dataset[name]);
  const show = (from, to) => {
    const scale = width / (to - from);
    for (const block of blocks) {
      const left = Math.max(0, (edge(block, 'start') - from) * scale);
      const right = Math.min(width, (edge(block, 'stop') - from) * scale);
      const seen = right - left > 0.5;
      block.style.display = seen ? '' : 'none';
      if (!seen) continue;
      const [rect, text] = [block.querySelector('rect'), block.querySelector('text')];
      rect.setAttribute('x', left + 0.5);
      rect.setAttribute('width', Math.max(0.5, right - left - 1));
      text.setAttribute('x', left + 5);
      const room = Math.floor((right - left - 9) / letter), name = block.dataset.name;
      text.textContent = name.length <= room ? name : room < 4 ? '' : name.slice(0, room - 1) + '\\u2026';
    }
  };
  svg.setAttribute('role', 'group');
  for (const block of blocks) {
    block.setAttribute('role', 'button');
    block.setAttribute('tabindex', '0');
    const zoom = () => show(edge(block, 'start'), edge(block, 'stop'));
    block.addEventListener('click', zoom);
    block.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); zoom(); }
      if (event.key === 'Escape') show(0, width);
    });
  }
}
for (const place of document.querySelectorAll('.zooms'))
  place.textContent = 'A click on a block zooms in, Escape or a click on the top one zooms out.';
`

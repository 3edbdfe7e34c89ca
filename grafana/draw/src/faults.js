// What must not be in a picture, measured in the page: texts too small or cut, colors that judge
// nothing, tables that are not sorted as they claim.
import { getFieldDisplayName } from '@grafana/data';

const SMALLEST = 11; // pixels
const SLACK = 2; // pixels, for rounding
const JUDGING = ['green', 'yellow', 'orange', 'red'].flatMap((hue) => ['', 'dark-', 'semi-dark-', 'light-', 'super-light-'].map((shade) => shade + hue));
const NO_NUMBER = /\b(NaN|undefined|Infinity|null)\b/;
const SORTED_TITLE = /\b(most|least|fullest|largest|dearest|worst)\b/i;
const SHOWN_WHOLE = ['bargauge', 'stat', 'text'];
const COLOURED_CELLS = ['color-text', 'color-background'];

function asDrawn(colour) {
  const probe = document.createElement('i');
  probe.style.color = colour;
  document.body.append(probe);
  const drawn = getComputedStyle(probe).color;
  probe.remove();
  return drawn;
}

function* textsOf(element) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (text && holder.checkVisibility({ visibilityProperty: true, opacityProperty: true })) yield { node: walker.currentNode, holder, text };
  }
}

// A name in a table or beside a bar may be cut: Grafana shows a cell whole under the pointer.
function mayBeCut(holder, text) {
  const isNumber = /^[-+−<]?[$€]?\d/.test(text);
  const inCell = holder.closest('[role="gridcell"]');
  const inBars = getComputedStyle(holder).textOverflow === 'ellipsis' && holder.style.fontSize;
  return (inCell || inBars) && !isNumber;
}

function isCut(node, holder, frame) {
  if (getComputedStyle(holder).overflowX !== 'visible' && holder.scrollWidth > holder.clientWidth + SLACK) return true;
  const extent = document.createRange();
  extent.selectNodeContents(node);
  const text = extent.getBoundingClientRect();
  for (let each = holder; each && each !== frame.parentElement; each = each.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(each);
    const bounds = each.getBoundingClientRect();
    if (['hidden', 'clip'].includes(overflowX) && (text.right > bounds.right + SLACK || text.left < bounds.left - SLACK)) return true;
    if (['hidden', 'clip'].includes(overflowY) && (text.bottom > bounds.bottom + 2 * SLACK || text.top < bounds.top - 2 * SLACK)) return true;
    if ([overflowX, overflowY].some((each) => ['auto', 'scroll'].includes(each))) return false;
  }
  return false;
}

function* cutColumns(frame) {
  for (const grid of frame.querySelectorAll('[role="grid"]')) {
    if (grid.scrollWidth > grid.clientWidth + SLACK) yield `${grid.scrollWidth - grid.clientWidth} px of its columns are out of sight`;
  }
}

function* cutBelow(panel, frame) {
  if (!SHOWN_WHOLE.includes(panel.type)) return;
  for (const each of frame.querySelectorAll('*')) {
    const hidden = each.scrollHeight - each.clientHeight;
    if (['auto', 'scroll'].includes(getComputedStyle(each).overflowY) && hidden > SLACK) yield `${hidden} px below are out of sight`;
  }
}

function* unsorted(panel, frames) {
  const columns = (panel.options?.sortBy ?? []).map(({ displayName, desc }) => ({ name: displayName, desc, byTable: true }));
  for (const { id, options } of panel.transformations ?? []) {
    if (id === 'sortBy') columns.push(...options.sort.map(({ field, desc }) => ({ name: field, desc, byTable: false })));
  }
  if (panel.type !== 'table' || !frames.length) return;
  if (!columns.length && SORTED_TITLE.test(panel.title)) yield 'its title claims an order, but nothing sorts it';
  for (const { name, desc, byTable } of columns) {
    const field = frames[0].fields.find((each) => getFieldDisplayName(each, frames[0], frames) === name);
    if (!field) { yield `it is sorted by "${name}", which it does not have`; continue; }
    const values = [...field.values];
    // A table puts rows without a value first in ascending order; the transformation puts them anywhere.
    const misplaced = values.filter((each) => Number.isNaN(each) || (each == null && !(byTable && desc))).length;
    if (misplaced) yield `"${name}", by which it is sorted, is empty in ${misplaced} of ${values.length} rows`;
  }
}

function* judgedCells(panel, frames, judging) {
  if (panel.type !== 'table') return;
  for (const field of frames[0]?.fields ?? []) {
    const coloured = COLOURED_CELLS.includes(field.config.custom?.cellOptions?.type);
    const empty = [...field.values].some((each) => each == null || Number.isNaN(each));
    if (coloured && empty && judging.has(asDrawn(field.display(null).color))) yield `empty cells of "${getFieldDisplayName(field, frames[0], frames)}" have a judging color`;
  }
}

function* panelFaults(panel, { frames = [] }, frame, judging) {
  const error = frame.querySelector('[data-error]');
  if (error) { yield `error: ${error.innerText.slice(0, 300)}`; return; }
  for (const { node, holder, text } of textsOf(frame)) {
    const { fontSize, color } = getComputedStyle(holder);
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    if (parseFloat(fontSize) < SMALLEST) yield `text of ${parseFloat(fontSize).toFixed(1)} px: "${shown}"`;
    if (!mayBeCut(holder, text) && isCut(node, holder, frame)) yield `cut: "${shown}"`;
    if (NO_NUMBER.test(text)) yield `no number: "${shown}"`;
    if (!frames.length && panel.type !== 'text' && judging.has(color)) yield `no data in a judging color: "${shown}"`;
  }
  yield* cutColumns(frame);
  yield* cutBelow(panel, frame);
  yield* unsorted(panel, frames);
  yield* judgedCells(panel, frames, judging);
}

export function faultsOf(panels, answers, theme) {
  const judging = new Set(JUDGING.map((name) => asDrawn(theme.visualization.getColorByName(name))));
  return panels.flatMap((panel, place) => {
    const frame = document.querySelector(`[data-panel="${panel.id}"]`);
    const found = frame ? [...new Set(panelFaults(panel, answers[place], frame, judging))] : [];
    return found.map((fault) => ({ panel: panel.title, fault }));
  });
}

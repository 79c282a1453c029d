/* Lines over time as SVG: axes, gaps at nulls, a legend, a reading under the pointer. */
import { el } from './dom.js';

const COLORS = ['#73bf69', '#f2cc0c', '#5794f2', '#ff780a', '#f2495c', '#b877d9', '#37872d', '#8ab8ff', '#fa6400', '#c15c17'];
const W = 1000, H = 300, LEFT = 64, BOTTOM = 24, TOP = 10, RIGHT = 12;

const labelsOf = (field) => Object.entries(field.labels || {}).map(([key, value]) => key + '=' + value).join(', ');

/** Every numeric field that stands beside a time field, as {name, times, values}. */
export function seriesOf(frames) {
  return frames.flatMap((frame) => {
    const fields = frame.schema.fields;
    const time = fields.findIndex((field) => field.type === 'time');
    const values = (frame.data && frame.data.values) || [];
    return time < 0 ? [] : fields.flatMap((field, i) => {
      const name = (field.config && field.config.displayNameFromDS) || [field.name || frame.schema.name || 'value', labelsOf(field) && '{' + labelsOf(field) + '}'].filter(Boolean).join(' ');
      return field.type === 'number' ? [{ name, times: values[time] || [], values: values[i] || [] }] : [];
    });
  });
}

function ticks(low, high, count) {
  const raw = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step + 1e-9) + 1 }, (_, i) => Number((first + i * step).toPrecision(12)));
}

function clock(ms, span) {
  const date = new Date(ms);
  return span > 2 * 86400000 ? date.toLocaleDateString() : date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', ...(span < 600000 ? { second: '2-digit' } : {}) });
}

/** A path with a gap at every null. */
function pathOf(one, x, y) {
  let pen = 'M';
  return one.values.map((value, i) => {
    if (typeof value !== 'number') {
      pen = 'M';
      return '';
    }
    const step = pen + x(one.times[i]).toFixed(1) + ' ' + y(value).toFixed(1);
    pen = 'L';
    return step;
  }).join('');
}

export function graph(series, from, to) {
  const numbers = series.flatMap((one) => one.values.filter((value) => typeof value === 'number' && Number.isFinite(value)));
  let low = numbers.reduce((a, b) => Math.min(a, b), Infinity), high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!numbers.length) {
    return el('p', {}, 'No numbers over time to draw.');
  }
  if (low === high) {
    [low, high] = [low - 1, high + 1];
  }
  const pad = (high - low) * 0.05;
  [low, high] = [low - pad, high + pad];
  const x = (ms) => LEFT + ((ms - from) / (to - from || 1)) * (W - LEFT - RIGHT);
  const y = (value) => TOP + ((high - value) / (high - low)) * (H - TOP - BOTTOM);
  const times = Array.from({ length: 6 }, (_, i) => from + ((to - from) * (i + 0.5)) / 6);
  const cursor = el('line', { class: 'cursor', y1: TOP, y2: H - BOTTOM, x1: -1, x2: -1 });
  const reading = el('p', { class: 'note', 'aria-live': 'off' }, '\u00a0');
  const svg = el('svg', { viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': 'Graph of ' + series.map((one) => one.name).join(', ') },
    ticks(low, high, 5).map((value) => el('g', {}, el('line', { class: 'grid', x1: LEFT, x2: W - RIGHT, y1: y(value), y2: y(value) }),
      el('text', { x: LEFT - 8, y: y(value) + 4, 'text-anchor': 'end' }, String(value)))),
    times.map((ms) => el('text', { x: x(ms), y: H - 6, 'text-anchor': 'middle' }, clock(ms, to - from))),
    series.map((one, i) => el('path', { d: pathOf(one, x, y), fill: 'none', stroke: COLORS[i % COLORS.length], 'stroke-width': 1.5 })),
    series.filter((one) => one.values.length < 60).flatMap((one, i) => one.values.map((value, j) => typeof value === 'number' && el('circle', { cx: x(one.times[j]), cy: y(value), r: 2.5, fill: COLORS[i % COLORS.length] }))),
    cursor);
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const ms = from + ((((event.clientX - box.left) / box.width) * W - LEFT) / (W - LEFT - RIGHT)) * (to - from);
    const near = series.map((one) => {
      const i = one.times.reduce((best, time, j) => (Math.abs(time - ms) < Math.abs(one.times[best] - ms) ? j : best), 0);
      return { name: one.name, time: one.times[i], value: one.values[i] };
    });
    ['x1', 'x2'].forEach((key) => cursor.setAttribute(key, x(near[0].time)));
    reading.textContent = new Date(near[0].time).toLocaleString() + '   ' + near.map((one) => one.name + ': ' + one.value).join('   ');
  });
  const legend = el('ul', { class: 'legend' }, series.map((one, i) => el('li', {}, el('i', { color: COLORS[i % COLORS.length] }), one.name)));
  return el('div', {}, svg, legend, reading);
}

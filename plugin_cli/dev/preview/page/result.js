/* What a query answered: notices, graph, table, JSON; a stream goes on by itself. */
import { el, show } from './dom.js';
import { graph, seriesOf } from './graph.js';

const MOST_ROWS = 500;

const cell = (field, value) => (value === null || value === undefined ? '' : field.type === 'time' ? new Date(value).toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value));

function table(frame) {
  const fields = frame.schema.fields;
  const values = (frame.data && frame.data.values) || [];
  const rows = Math.max(0, ...values.map((column) => column.length));
  const head = fields.map((field) => el('th', { scope: 'col' }, field.name || '(no name)', field.labels && el('small', {}, ' ' + JSON.stringify(field.labels))));
  const body = Array.from({ length: Math.min(rows, MOST_ROWS) }, (_, i) => el('tr', {}, fields.map((field, j) => el('td', {}, cell(field, (values[j] || [])[i])))));
  return el('div', {}, el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table' }, el('table', {}, el('thead', {}, el('tr', {}, head)), el('tbody', {}, body))),
    el('p', { class: 'note' }, rows > MOST_ROWS ? `the first ${MOST_ROWS} of ${rows} rows` : `${rows} rows`));
}

/** Shows results in `place`; `stop()` ends its streams. */
export class Result {
  constructor(place) {
    this.place = place;
    this.view = '';
    this.streams = [];
  }

  stop() {
    this.streams.forEach((stream) => stream.close());
    this.streams = [];
  }

  fail(message) {
    this.stop();
    show(this.place, el('div', { class: 'status error', role: 'alert' }, message));
  }

  show(results, from, to) {
    this.stop();
    Object.assign(this, { results, from, to });
    this.frames = Object.values(results).flatMap((result) => result.frames || []);
    this.draw();
    this.frames.forEach((frame) => frame.schema.meta && frame.schema.meta.channel && this.follow(frame));
  }

  /** Add what a channel sends to the end of the frame that named it. */
  follow(frame) {
    const stream = new EventSource('/api/live/sse/' + frame.schema.meta.channel);
    stream.onmessage = (message) => {
      const packet = JSON.parse(message.data);
      if (packet.schema) {
        frame.schema = { ...packet.schema, meta: frame.schema.meta };
        frame.data = { values: packet.schema.fields.map((_, i) => ((frame.data && frame.data.values) || [])[i] || []) };
      }
      const columns = (packet.data && packet.data.values) || [];
      frame.data.values = frame.data.values.map((column, i) => [...column, ...(columns[i] || [])].slice(-1000));
      const span = this.to - this.from;
      this.to = Date.now();
      this.from = this.to - span;
      this.draw();
    };
    this.streams.push(stream);
  }

  draw() {
    const series = seriesOf(this.frames);
    const view = this.view || (series.length ? 'graph' : 'table');
    const errors = Object.entries(this.results).filter(([, result]) => result.error);
    const notices = this.frames.flatMap((frame) => (frame.schema.meta && frame.schema.meta.notices) || []);
    const tab = (name, label) => el('button', { type: 'button', id: 'view-' + name, 'aria-pressed': String(view === name), onclick: () => { this.view = name; this.draw(); } }, label);
    const body = view === 'graph' ? graph(series, this.from, this.to)
      : view === 'table' ? (this.frames.length ? this.frames.map((frame) => el('div', {}, el('p', {}, frame.schema.name || ''), table(frame))) : el('p', {}, 'No data.'))
        : el('pre', { tabindex: 0, class: 'scroll' }, JSON.stringify(this.results, null, 2));
    show(this.place,
      errors.map(([refId, result]) => el('div', { class: 'status error', role: 'alert' }, `Query ${refId} failed: ${result.error}`)),
      notices.map((notice) => el('div', { class: 'status' }, `${notice.severity || 'info'}: ${notice.text}`)),
      el('div', { class: 'bar', role: 'group', 'aria-label': 'Show as' }, tab('graph', 'Graph'), tab('table', 'Table'), tab('json', 'JSON')),
      el('div', { class: 'card' }, body));
  }
}

/* The plain page: settings, query and requests of one data source. */
/* global defaultsOf, resolve */
import { alertsPage } from './alerts.js';
import * as api from './api.js';
import { el, show } from './dom.js';
import { Form } from './form.js';
import { Result } from './result.js';

const RANGES = [['5 minutes', 5], ['1 hour', 60], ['6 hours', 360], ['24 hours', 1440], ['7 days', 10080]];
const roundInterval = (ms, { steps, longest }) => (steps.find(([limit]) => ms < limit) || [0, longest])[1];
const byId = (id) => document.getElementById(id);
const params = new URLSearchParams(location.search);
if (params.get('theme')) {
  document.documentElement.dataset.theme = params.get('theme');
}

function tabs(names) {
  const open = (name, focus) => names.forEach((one) => {
    const tab = byId('tab-' + one);
    tab.setAttribute('aria-selected', String(one === name));
    tab.tabIndex = one === name ? 0 : -1;
    byId(one).hidden = one !== name;
    if (one === name && focus) {
      tab.focus();
    }
  });
  names.forEach((name, i) => {
    byId('tab-' + name).onclick = () => open(name);
    byId('tab-' + name).onkeydown = (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) {
        open(names[(i + step + names.length) % names.length], true);
      }
    };
  });
  open(names.includes(params.get('tab')) ? params.get('tab') : 'settings');
}

function banner(message) {
  byId('banner').hidden = !message;
  byId('banner').textContent = message || '';
}

async function settingsPage(boot) {
  let settings = await api.readSettings(boot.datasource.uid);
  let secrets = {};
  const place = el('div');
  const status = el('div', { 'aria-live': 'polite' });
  const say = (kind, text, details) => show(status, el('div', { class: 'status ' + kind }, text, details && el('pre', {}, JSON.stringify(details, null, 2))));
  let form;
  const draw = () => { form = new Form({
    before: form, place, root: boot.schema.settings, prefix: 'settings-', value: settings.jsonData || {}, disabled: settings.readOnly,
    write: (value) => { settings = { ...settings, jsonData: value }; },
    secret: {
      has: (key) => Boolean((settings.secureJsonFields || {})[key]) && !(key in secrets),
      get: (key) => secrets[key] || '',
      set: (key, text) => { secrets = { ...secrets, [key]: text }; },
    },
    ask: (path, given) => api.resource(settings.uid, path, given),
  }); };
  const save = async (event) => {
    event.preventDefault();
    say('', 'Testing ...');
    try {
      if (!settings.readOnly) {
        settings = await api.saveSettings(settings.uid, { ...settings, secureJsonData: secrets });
        secrets = {};
        draw();
      }
      const health = await api.health(settings.uid);
      say(health.ok ? 'ok' : 'error', health.message, health.details);
    } catch (error) {
      say('error', error.message);
    }
  };
  show(byId('settings'), el('form', { onsubmit: save, novalidate: true },
    settings.readOnly && el('p', { class: 'status' }, 'This data source is provisioned read-only.'), place,
    el('div', { class: 'bar' }, el('button', { class: 'main', type: 'submit' }, settings.readOnly ? 'Test' : 'Save & test')), status));
  draw();
}

function queryPage(boot) {
  const root = boot.schema.query;
  let value = defaultsOf(root, resolve(root, root));
  let minutes = 360;
  const place = el('div');
  const output = el('div', { 'aria-live': 'polite' });
  const result = new Result(output);
  const run = async (event) => {
    if (event) {
      event.preventDefault();
    }
    const to = Date.now(), from = to - minutes * 60000;
    const query = { ...value, refId: 'A', datasource: { type: boot.plugin.id, uid: boot.datasource.uid }, intervalMs: roundInterval((to - from) / 1000, boot.intervals), maxDataPoints: 1000 };
    try {
      result.show(await api.query({ from: String(from), to: String(to), queries: [query] }), from, to);
    } catch (error) {
      result.fail(error.message);
    }
  };
  const range = el('select', { 'aria-label': 'Time range', onchange: (event) => { minutes = Number(event.target.value); run(); } }, RANGES.map(([label, count]) => {
    const node = el('option', { value: count }, 'Last ' + label);
    node.selected = count === minutes;
    return node;
  }));
  show(byId('query'), el('form', { onsubmit: run, novalidate: true }, place, el('div', { class: 'bar' }, range, el('button', { class: 'main', type: 'submit' }, 'Run query'))), output);
  new Form({ place, root, prefix: 'query-', value, write: (next) => { value = next; }, ask: (path, given) => api.resource(boot.datasource.uid, path, given) });
  return { run, ran: () => Boolean(result.results) };
}

function requestsPage() {
  const draw = () => show(byId('requests'), api.calls.map((entry) => el('details', {},
    el('summary', {}, `${entry.status || 'no answer'} ${entry.method} ${entry.url} (${entry.ms} ms)`),
    el('pre', {}, JSON.stringify({ request: entry.body, answer: entry.answer }, null, 2)))));
  api.watchers.add(draw);
  draw();
}

function listen(boot, page) {
  const events = new EventSource(boot.events);
  events.addEventListener('reload', (message) => {
    if (JSON.parse(message.data).what === 'frontend') {
      location.reload();
    } else if (page.ran()) {
      page.run();
    }
  });
  events.addEventListener('page', (message) => about(boot, JSON.parse(message.data).note));
  events.addEventListener('backend', (message) => {
    const backend = JSON.parse(message.data);
    banner(backend.running ? stale(boot) : 'The backend does not run: ' + backend.message);
  });
}

function about(boot, note) {
  byId('about').textContent = [`plain preview by plugin-cli ${boot.tool}, not Grafana`, note].filter(Boolean).join('; ');
}

/** What is older than the files that were saved last, and why. */
function stale(boot) {
  const schema = boot.schemaError && 'The editors are those of before: ' + boot.schemaError;
  return [schema, boot.settingsError && 'The data source keeps its last settings: ' + boot.settingsError].filter(Boolean).join('\n');
}

async function main() {
  requestsPage();
  tabs(['settings', 'query', 'alerts', 'requests']);
  alertsPage(byId('alerts'));
  const boot = await api.start();
  document.title = boot.plugin.name + ' - preview';
  byId('name').textContent = boot.plugin.name;
  about(boot, boot.page);
  banner(stale(boot));
  if (boot.backend && !boot.backend.running) {
    banner('The backend does not run: ' + boot.backend.message);
  }
  if (!boot.schema) {
    banner('The forms cannot be made: ' + (boot.schemaError || 'there is no schema'));
    return;
  }
  await settingsPage(boot);
  const page = queryPage(boot);
  if (boot.events) {
    listen(boot, page);
  }
  document.body.dataset.ready = '1';
}

main().catch((error) => banner(error.message));

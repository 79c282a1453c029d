/** The routes of docs/preview-api.md; every call is kept for the Requests view. */
export const calls = [];
export const watchers = new Set();

/** What the Requests view may show of a body: secrets by name alone. */
const withoutSecrets = (body) => (body && body.secureJsonData
  ? { ...body, secureJsonData: Object.fromEntries(Object.keys(body.secureJsonData).map((name) => [name, '(hidden)'])) } : body);

async function call(method, url, body) {
  const started = performance.now();
  const entry = { method, url, body: withoutSecrets(body), status: 0, answer: undefined, ms: 0 };
  try {
    const response = await fetch(url, {
      method, headers: body === undefined ? {} : { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
    });
    entry.status = response.status;
    const text = await response.text();
    try {
      entry.answer = text ? JSON.parse(text) : null;
    } catch (error) {
      entry.answer = text;
    }
  } catch (error) {
    entry.answer = { message: 'The preview server does not answer. Does plugin-cli dev still run?' };
  }
  entry.ms = Math.round(performance.now() - started);
  calls.unshift(entry);
  calls.length = Math.min(calls.length, 50);
  watchers.forEach((watch) => watch());
  return entry;
}

function answerOf(entry) {
  if (entry.status === 0 || entry.status >= 400) {
    throw new Error((entry.answer && entry.answer.message) || 'HTTP ' + entry.status);
  }
  return entry.answer;
}

const at = (uid) => '/api/datasources/uid/' + encodeURIComponent(uid);

export const start = async () => answerOf(await call('GET', '/api/preview'));
export const readSettings = async (uid) => answerOf(await call('GET', at(uid)));
export const saveSettings = async (uid, settings) => answerOf(await call('PUT', at(uid), settings)).datasource;

export async function health(uid) {
  const entry = await call('GET', at(uid) + '/health');
  const answer = entry.answer || {};
  return { ok: entry.status === 200 && answer.status === 'OK', message: answer.message || answer.status || 'HTTP ' + entry.status, details: answer.details };
}

export async function resource(uid, path, params) {
  const search = new URLSearchParams(params).toString();
  return answerOf(await call('GET', at(uid) + '/resources/' + path + (search ? '?' + search : '')));
}

/** Results by refId; a query's own failure is in them, the preview's is thrown. */
export async function query(body) {
  const entry = await call('POST', '/api/ds/query', body);
  return entry.answer && entry.answer.results ? entry.answer.results : answerOf(entry);
}

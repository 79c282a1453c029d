// Requests to the plugin, as getBackendSrv() makes them in Grafana.
import { lastValueFrom, Observable } from 'rxjs';

/** Every request, newest first, for the Requests view. */
export const requests = [];
const watchers = new Set();
export const watchRequests = (watch) => {
  watchers.add(watch);
  return () => watchers.delete(watch);
};

function note(entry) {
  requests.unshift(entry);
  requests.length = Math.min(requests.length, 50);
  watchers.forEach((watch) => watch());
}

/** What may be shown of a request: its secrets by name alone. */
function withoutSecrets(body) {
  if (!body?.secureJsonData) {
    return body;
  }
  const hidden = Object.keys(body.secureJsonData).map((name) => [name, '(hidden)']);
  return { ...body, secureJsonData: Object.fromEntries(hidden) };
}

function urlOf({ url, params }) {
  const address = new URL(url, location.origin + '/');
  for (const [key, value] of Object.entries(params ?? {})) {
    [].concat(value).forEach((one) => one !== undefined && one !== null && address.searchParams.append(key, one));
  }
  return address;
}

async function bodyOf(response, type) {
  if (type === 'blob') {
    return response.blob();
  }
  if (type === 'arraybuffer') {
    return response.arrayBuffer();
  }
  const text = await response.text();
  if (type === 'text') {
    return text;
  }
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return text;
  }
}

/** Requests as @grafana/runtime's BackendSrv describes them, over plain fetch. */
export class BackendSrv {
  running = new Map();

  fetch(options) {
    return new Observable((subscriber) => {
      const control = new AbortController();
      if (options.requestId) { // a newer request with the same id takes the place of the older
        this.running.get(options.requestId)?.abort();
        this.running.set(options.requestId, control);
      }
      this.send(options, control.signal).then(
        (answer) => {
          if (answer.ok) {
            subscriber.next(answer);
            subscriber.complete();
          } else {
            subscriber.error(answer);
          }
        },
        (error) => subscriber.error(control.signal.aborted
          ? { type: 'cancelled', cancelled: true, data: null, status: -1, statusText: 'Request was aborted', config: options }
          : { status: 0, statusText: error.message, data: { message: error.message }, config: options })
      );
      return () => control.abort();
    });
  }

  async send(options, signal) {
    const url = urlOf(options);
    const method = (options.method ?? 'GET').toUpperCase();
    const hasBody = options.data !== undefined && method !== 'GET' && method !== 'HEAD';
    const started = performance.now();
    const response = await fetch(url, {
      method, signal, headers: { ...(hasBody ? { 'Content-Type': 'application/json' } : {}), ...options.headers },
      body: hasBody ? (typeof options.data === 'string' ? options.data : JSON.stringify(options.data)) : undefined,
    });
    const data = await bodyOf(response, options.responseType);
    const shown = data instanceof Blob || data instanceof ArrayBuffer ? '(binary)' : data;
    note({ method, url: url.pathname + url.search, status: response.status, ms: Math.round(performance.now() - started), request: withoutSecrets(options.data), response: shown });
    const { status, statusText, ok, headers, redirected, type } = response;
    return { data, status, statusText, ok, headers, redirected, type, url: response.url, config: options };
  }

  chunked(options) {
    return this.fetch({ ...options, responseType: 'arraybuffer' });
  }
  datasourceRequest(options) {
    return lastValueFrom(this.fetch(options));
  }
  async request(options) {
    return (await lastValueFrom(this.fetch(options))).data;
  }
  get(url, params, requestId, options) {
    return this.request({ ...options, method: 'GET', url, params, requestId });
  }
  delete(url, data, options) {
    return this.request({ ...options, method: 'DELETE', url, data });
  }
  post(url, data, options) {
    return this.request({ ...options, method: 'POST', url, data });
  }
  put(url, data, options) {
    return this.request({ ...options, method: 'PUT', url, data });
  }
  patch(url, data, options) {
    return this.request({ ...options, method: 'PATCH', url, data });
  }
}

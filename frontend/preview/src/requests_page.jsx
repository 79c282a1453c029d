// Every call to the backend, with what it took and what came back.
import { Badge, JSONFormatter } from '@grafana/ui';
import * as React from 'react';
import { requests, watchRequests } from './host/backend_srv.js';

export function RequestsPage() {
  const [, draw] = React.useReducer((count) => count + 1, 0);
  React.useEffect(() => watchRequests(draw), []);
  return (
    <div>
      {requests.map((entry, i) => (
        <details key={requests.length - i} style={{ fontFamily: 'monospace', fontSize: 12, padding: 4 }}>
          <summary>
            <Badge color={entry.status < 400 ? 'green' : 'red'} text={String(entry.status)} /> {entry.method} {entry.url} ({entry.ms} ms)
          </summary>
          <JSONFormatter json={{ ...(entry.request === undefined ? {} : { request: entry.request }), response: entry.response }} open={3} />
        </details>
      ))}
    </div>
  );
}

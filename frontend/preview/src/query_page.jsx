// The queries of a panel, and their answer.
import { CoreApp, dateTime, LoadingState } from '@grafana/data';
import { Button, TimeRangePicker } from '@grafana/ui';
import * as React from 'react';
import { newQuery, QueryRow } from './query_row.jsx';
import { rangeOf } from './range.js';
import { runQuery } from './request.js';
import { Result } from './result.jsx';

const nothing = () => {};
const shifted = (range, share) => {
  const span = range.to.valueOf() - range.from.valueOf();
  return { from: dateTime(range.from.valueOf() + span * share), to: dateTime(range.to.valueOf() + span * share) };
};
const widened = (range) => {
  const half = (range.to.valueOf() - range.from.valueOf()) / 2;
  return { from: dateTime(range.from.valueOf() - half), to: dateTime(range.to.valueOf() + half) };
};

/** The newest answer of the query in `query.current`, and the way to ask again. */
function useAnswer(preview, dataSource, query, raw) {
  const [data, setData] = React.useState({ state: LoadingState.NotStarted, series: [], revision: 0, range: rangeOf(raw) });
  const latestRaw = React.useRef(raw);
  latestRaw.current = raw;
  const running = React.useRef();
  const put = (change) => setData((old) => ({ ...old, errors: undefined, error: undefined, ...change, revision: old.revision + 1 }));
  const run = React.useCallback(() => setTimeout(() => {
    const range = rangeOf(latestRaw.current);
    running.current?.unsubscribe();
    if (dataSource.filterQuery && !dataSource.filterQuery(query.current)) {
      put({ state: LoadingState.Done, series: [], range });
      return;
    }
    setData((old) => ({ ...old, state: LoadingState.Loading }));
    running.current = runQuery(dataSource, query.current, range, { filters: preview.filters }).subscribe({
      next: (answer) => put({ state: answer.state ?? LoadingState.Done, series: answer.data, errors: answer.errors, error: answer.error, range: rangeOf(latestRaw.current) }),
      error: (error) => put({ state: LoadingState.Error, series: [], error, range }),
    });
  }, 0), [dataSource]);
  React.useEffect(() => () => running.current?.unsubscribe(), []);
  return [data, run];
}

export function QueryPage({ preview, dataSource }) {
  const [query, setQuery] = React.useState(() => newQuery(dataSource, CoreApp.Explore));
  const newest = React.useRef(query); // an editor asks right after its change, before the page is drawn again
  const change = (next) => {
    newest.current = next;
    setQuery(next);
  };
  const [raw, setRaw] = React.useState({ from: 'now-6h', to: 'now' });
  const [data, run] = useAnswer(preview, dataSource, newest, raw);
  React.useEffect(() => { run(); }, [run, raw]);
  React.useEffect(() => preview.onBackendReload(run), [run]);
  const move = (change) => setRaw(change(data.range));
  return (
    <div>
      <div style={{ display: 'flex', gap: 8, justifyContent: 'flex-end', marginBottom: 8 }}>
        <TimeRangePicker
          value={data.range} timeZone="browser" isOnCanvas onChange={(range) => setRaw(range.raw)} onChangeTimeZone={nothing}
          onMoveBackward={() => move((range) => shifted(range, -0.5))} onMoveForward={() => move((range) => shifted(range, 0.5))} onZoom={() => move(widened)}
        />
        <Button icon="sync" variant="secondary" onClick={run}>Run query</Button>
      </div>
      <QueryRow preview={preview} dataSource={dataSource} query={query} onChange={change} onRun={run} range={data.range} data={data} />
      <Result data={data} range={data.range} onZoom={({ from, to }) => setRaw({ from: dateTime(from), to: dateTime(to) })} />
    </div>
  );
}

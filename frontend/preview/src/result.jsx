// A query's answer: its state, notices, errors, and the view of its frames.
import { applyFieldOverrides, toDataFrame } from '@grafana/data';
import { Alert, PanelChrome, RadioButtonGroup, useTheme2 } from '@grafana/ui';
import * as React from 'react';
import { firstView, VIEWS } from './result_views.jsx';

const DRAWN = { fillOpacity: 8, lineWidth: 1, drawStyle: 'line', showPoints: 'auto', pointSize: 5, spanNulls: false };
const HEIGHT = 340;

function useWidth() {
  const ref = React.useRef(null);
  const [width, setWidth] = React.useState(0);
  React.useLayoutEffect(() => {
    const observer = new ResizeObserver(() => setWidth(ref.current?.clientWidth ?? 0));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return [ref, width];
}

/** Frames with the display settings that a panel would give them. */
function prepared(series, theme) {
  const data = series.map((raw) => {
    const frame = toDataFrame(raw);
    const config = (field) => ({ color: { mode: 'palette-classic' }, custom: DRAWN, ...field.config });
    return { ...frame, fields: frame.fields.map((field) => ({ ...field, config: config(field) })) };
  });
  return applyFieldOverrides({ data, fieldConfig: { defaults: {}, overrides: [] }, theme, timeZone: 'browser', replaceVariables: (text) => text });
}

/** An answer in the view that was chosen or that suits it, with its errors and notices. */
export function Result({ data, range, onZoom }) {
  const theme = useTheme2();
  const [ref, width] = useWidth();
  const [chosen, setChosen] = React.useState('');
  const frames = React.useMemo(() => prepared(data.series ?? [], theme), [data.series, theme]);
  const fitting = Object.entries(VIEWS).filter(([, view]) => view.fits(frames));
  const shown = VIEWS[chosen]?.fits(frames) ? chosen : firstView(frames);
  const { Component } = VIEWS[shown];
  const rows = frames.reduce((sum, frame) => sum + frame.length, 0);
  const errors = data.errors ?? (data.error ? [data.error] : []);
  const views = <RadioButtonGroup size="sm" aria-label="Show as" value={shown} onChange={setChosen} options={fitting.map(([value, { label }]) => ({ label, value }))} />;
  return (
    <div ref={ref} data-testid="result" data-state={data.state}>
      {errors.map((error, i) => (
        <Alert key={i} severity="error" title={`Query ${error.refId ?? ''} failed`}>{error.message ?? error.data?.message}</Alert>
      ))}
      {frames.flatMap((frame) => frame.meta?.notices ?? []).map((notice, i) => <Alert key={i} severity={notice.severity} title={notice.text} />)}
      <PanelChrome title={`Result: ${frames.length} ${frames.length === 1 ? 'frame' : 'frames'}, ${rows} rows`} width={width || 800} height={HEIGHT} loadingState={data.state} actions={views}>
        {(innerWidth, innerHeight) => (frames.length
          ? <Component frames={frames} data={data} range={range} width={innerWidth} height={innerHeight} onZoom={onZoom} />
          : <div style={{ padding: 24 }}>No data</div>)}
      </PanelChrome>
    </div>
  );
}

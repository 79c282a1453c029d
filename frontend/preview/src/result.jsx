import { applyFieldOverrides, FieldType, toDataFrame } from '@grafana/data';
import { Alert, PanelChrome, RadioButtonGroup, Table, TimeSeries, TooltipPlugin, useTheme2, ZoomPlugin } from '@grafana/ui';
import * as React from 'react';

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

const hasTime = (frame) => frame.fields.some((field) => field.type === FieldType.time);
const hasNumber = (frame) => frame.fields.some((field) => field.type === FieldType.number);

function Graph({ frames, data, range, width, height, onZoom }) {
  return (
    <TimeSeries
      frames={frames} structureRev={data.revision} timeRange={range} timeZone="browser" width={width} height={height}
      legend={{ displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] }} tweakScale={(one) => one} tweakAxis={(one) => one}
    >
      {(config, aligned) => (
        <>
          <ZoomPlugin config={config} onZoom={onZoom} />
          {TooltipPlugin && <TooltipPlugin data={aligned} config={config} mode="multi" sortOrder="none" timeZone="browser" />}
        </>
      )}
    </TimeSeries>
  );
}

/** Graph or table of an answer, with its errors and notices. */
export function Result({ data, range, onZoom }) {
  const theme = useTheme2();
  const [ref, width] = useWidth();
  const [view, setView] = React.useState('');
  const frames = React.useMemo(() => prepared(data.series ?? [], theme), [data.series, theme]);
  const graphed = frames.filter((frame) => hasTime(frame) && hasNumber(frame));
  const shown = view || (graphed.length ? 'graph' : 'table');
  const rows = frames.reduce((sum, frame) => sum + frame.length, 0);
  const errors = data.errors ?? (data.error ? [data.error] : []);
  const views = <RadioButtonGroup size="sm" aria-label="Show as" value={shown} onChange={setView} options={[{ label: 'Graph', value: 'graph' }, { label: 'Table', value: 'table' }]} />;
  return (
    <div ref={ref} data-testid="result" data-state={data.state}>
      {errors.map((error, i) => (
        <Alert key={i} severity="error" title={`Query ${error.refId ?? ''} failed`}>{error.message ?? error.data?.message}</Alert>
      ))}
      {frames.flatMap((frame) => frame.meta?.notices ?? []).map((notice, i) => <Alert key={i} severity={notice.severity} title={notice.text} />)}
      <PanelChrome title={`Result: ${frames.length} ${frames.length === 1 ? 'frame' : 'frames'}, ${rows} rows`} width={width || 800} height={HEIGHT} loadingState={data.state} actions={views}>
        {(innerWidth, innerHeight) => {
          if (!frames.length) {
            return <div style={{ padding: 24 }}>No data</div>;
          }
          return shown === 'graph' && graphed.length
            ? <Graph frames={graphed} data={data} range={range} width={innerWidth} height={innerHeight} onZoom={onZoom} />
            : <Table data={frames[0]} width={innerWidth} height={innerHeight} />;
        }}
      </PanelChrome>
    </div>
  );
}

// The ways to look at an answer: graph, table, logs, JSON.
import { dataFrameToJSON, dateTimeFormat, FieldType, getFieldDisplayName } from '@grafana/data';
import { Combobox, InlineField, JSONFormatter, Table, TimeSeries, TooltipPlugin, useTheme2, ZoomPlugin } from '@grafana/ui';
import * as React from 'react';

const MOST_LINES = 500;
const LEVELS = [
  [/^(emerg|alert|crit|fatal)/i, 'purple'], [/^err/i, 'red'], [/^warn/i, 'orange'], [/^(info|notice)/i, 'green'], [/^(debug|trace)/i, 'blue'],
];

const has = (frame, type) => frame.fields.some((field) => field.type === type);
const isGraph = (frame) => has(frame, FieldType.time) && has(frame, FieldType.number);
const isLogs = (frame) => has(frame, FieldType.time) && has(frame, FieldType.string);
const saysLogs = (frame) => frame.meta?.type === 'log-lines' || frame.meta?.preferredVisualisationType === 'logs';

function Graph({ frames, data, range, width, height, onZoom }) {
  return (
    <TimeSeries
      frames={frames.filter(isGraph)} structureRev={data.revision} timeRange={range} timeZone="browser" width={width} height={height}
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

const ROW = 40;

/** One frame at a time, as Grafana's table panel has it. */
function Frames({ frames, width, height }) {
  const [chosen, setChosen] = React.useState(0);
  const index = Math.min(chosen, frames.length - 1);
  if (frames.length === 1) {
    return <Table data={frames[0]} width={width} height={height} />;
  }
  const label = (frame, i) => [i + 1, frame.refId, frame.name].filter(Boolean).join(' ');
  return (
    <>
      <div style={{ height: ROW }}>
        <InlineField label="Frame" htmlFor="result-frame">
          <Combobox id="result-frame" width={40} value={index} options={frames.map((frame, i) => ({ value: i, label: label(frame, i) }))} onChange={(option) => setChosen(option.value)} />
        </InlineField>
      </div>
      <Table data={frames[index]} width={width} height={height - ROW} />
    </>
  );
}

const textOf = (value) => (value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The lines of one frame, by the names that Grafana gives its fields and those that were usual before. */
function linesOf(frame) {
  const named = (...names) => names.map((name) => frame.fields.find((field) => field.name === name)).find(Boolean);
  const time = frame.fields.find((field) => field.type === FieldType.time);
  const body = named('body', 'line', 'message') ?? frame.fields.find((field) => field.type === FieldType.string);
  const level = named('severity', 'level');
  const rest = frame.fields.filter((field) => ![time, body, level].includes(field));
  return time.values.map((at, i) => ({
    at, text: textOf(body.values[i]), level: textOf(level?.values[i] ?? body.labels?.level),
    more: rest.map((field) => [getFieldDisplayName(field, frame), textOf(field.values[i])]).filter(([, value]) => value !== ''),
  }));
}

/** The frames that say they hold lines; where none does, all that could. */
function logFrames(frames) {
  const messages = frames.filter((frame) => isLogs(frame) && saysLogs(frame));
  return messages.length ? messages : frames.filter(isLogs);
}

/** Lines with their time and level, newest first. */
function Logs({ frames, width, height }) {
  const theme = useTheme2();
  const lines = logFrames(frames).flatMap(linesOf).sort((one, other) => other.at - one.at);
  const color = (level) => theme.visualization.getColorByName(LEVELS.find(([pattern]) => pattern.test(level))?.[1] ?? 'gray');
  const soft = { color: theme.colors.text.secondary };
  return (
    <ol aria-label="Logs" tabIndex={0} style={{ width, height, overflow: 'auto', listStyle: 'none', fontFamily: theme.typography.fontFamilyMonospace, fontSize: 12 }}>
      {lines.slice(0, MOST_LINES).map((line, i) => (
        <li key={i} style={{ borderLeft: `4px solid ${color(line.level)}`, borderBottom: `1px solid ${theme.colors.border.weak}`, padding: '3px 8px', overflowWrap: 'anywhere' }}>
          <span style={soft}>{dateTimeFormat(line.at, { defaultWithMS: true })} {line.level}</span> {line.text}
          {line.more.length > 0 && <div style={soft}>{line.more.map(([name, value]) => `${name}=${value}`).join('  ')}</div>}
        </li>
      ))}
      {lines.length > MOST_LINES && <li style={soft}>the newest {MOST_LINES} of {lines.length} lines</li>}
    </ol>
  );
}

/** The frames in the form in which they travel. */
function Json({ data, width, height }) {
  const frames = (data.series ?? []).map((frame) => (Array.isArray(frame.fields) ? dataFrameToJSON(frame) : frame));
  return (
    <div aria-label="JSON" role="region" tabIndex={0} style={{ width, height, overflow: 'auto', padding: 8, fontSize: 12 }}>
      <JSONFormatter json={frames} open={4} />
    </div>
  );
}

export const VIEWS = {
  graph: { label: 'Graph', Component: Graph, fits: (frames) => frames.some(isGraph) },
  table: { label: 'Table', Component: Frames, fits: () => true },
  logs: { label: 'Logs', Component: Logs, fits: (frames) => frames.some(isLogs) },
  json: { label: 'JSON', Component: Json, fits: () => true },
};

/** The view of an answer nobody chose one for: what the frames ask for, then what they can be. */
export const firstView = (frames) => (frames.some((frame) => isLogs(frame) && saysLogs(frame)) ? 'logs' : VIEWS.graph.fits(frames) ? 'graph' : 'table');

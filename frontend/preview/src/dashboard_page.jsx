// What a dashboard does with a data source besides panels: variables, annotations, ad-hoc filters.
import { CoreApp, FieldType, getFieldDisplayName, toDataFrame } from '@grafana/data';
import { Alert, Button, Combobox, FieldSet, InlineField, Input } from '@grafana/ui';
import * as React from 'react';
import { lastValueFrom } from 'rxjs';
import { templateSrv } from './host/index.js';
import { newQuery, QueryRow } from './query_row.jsx';
import { rangeOf } from './range.js';
import { runQuery } from './request.js';

const LAST_HOURS = { from: 'now-6h', to: 'now' };

function CustomVariable() {
  const [, draw] = React.useReducer((count) => count + 1, 0);
  const set = (text) => {
    templateSrv.variables = { ...templateSrv.variables, host: text.includes(',') ? text.split(',') : text };
    draw();
  };
  return (
    <InlineField label="$host" labelWidth={16} tooltip="Several values are separated by commas" htmlFor="variable-host">
      <Input id="variable-host" width={40} value={String(templateSrv.variables.host)} onChange={(event) => set(event.currentTarget.value)} />
    </InlineField>
  );
}

/** Text and value of each row, by the rule that Grafana has for query variables. */
function optionsOf(frames) {
  return frames.flatMap((frame) => {
    const named = (name) => frame.fields.find((field) => getFieldDisplayName(field, frame, frames).toLowerCase() === name);
    const text = named('text') ?? named('__text') ?? frame.fields.find((field) => field.type === FieldType.string) ?? frame.fields[0];
    const value = named('value') ?? text;
    return [...text.values].map((one, i) => ({ text: String(one), value: String([...value.values][i]) }));
  });
}

/** The frames of an answer; its error is thrown. */
async function framesOf(dataSource, query, options) {
  const answer = await lastValueFrom(runQuery(dataSource, query, rangeOf(LAST_HOURS), options));
  const error = answer.error ?? answer.errors?.[0];
  if (error) {
    throw new Error(error.message ?? error.data?.message);
  }
  return answer.data.map((frame) => toDataFrame(frame));
}

/** The query editor in another role, with a button that shows what comes of it. */
function Asked({ preview, dataSource, app, refId, label, first, ask }) {
  const [query, setQuery] = React.useState(() => first ?? newQuery(dataSource, app, refId));
  const latest = React.useRef(query);
  latest.current = query;
  const [answer, setAnswer] = React.useState([]);
  const [error, setError] = React.useState('');
  const run = async () => {
    try {
      setAnswer(await ask(latest.current));
      setError('');
    } catch (failure) {
      setError(failure?.data?.message ?? failure?.message ?? String(failure));
    }
  };
  return (
    <>
      <QueryRow preview={preview} dataSource={dataSource} query={query} onChange={setQuery} onRun={() => {}} range={rangeOf(LAST_HOURS)} app={app} />
      <Button variant="secondary" onClick={run}>{label}</Button>
      {error && <Alert severity="error" title={error} />}
      <ul aria-label={label} style={{ padding: '8px 24px' }}>{answer.slice(0, 50).map((line, i) => <li key={i}>{line}</li>)}</ul>
    </>
  );
}

function Variable({ preview, dataSource }) {
  if (!dataSource.variables) {
    return <p>This data source has no query variables.</p>;
  }
  const ask = async (query) => optionsOf(await framesOf(dataSource, query, { app: CoreApp.Dashboard })).map(({ text, value }) => (text === value ? text : `${text} = ${value}`));
  return <Asked preview={preview} dataSource={dataSource} app={CoreApp.Dashboard} refId="variable" label="Preview of values" ask={ask} />;
}

function Annotation({ preview, dataSource }) {
  const support = dataSource.annotations;
  if (!support) {
    return <p>This data source has no annotations.</p>;
  }
  const first = { ...newQuery(dataSource, CoreApp.Dashboard, 'Anno'), ...support.getDefaultQuery?.() };
  const ask = async (query) => {
    const annotation = { name: 'Preview', enable: true, iconColor: 'red', target: query };
    const prepared = (support.prepareAnnotation ?? ((one) => one))(annotation);
    const asked = (support.prepareQuery ?? ((one) => one.target))(prepared);
    const frames = await framesOf(dataSource, asked, { app: CoreApp.Dashboard });
    return frames.flatMap((frame) => {
      const time = frame.fields.find((field) => field.type === FieldType.time);
      const text = frame.fields.find((field) => field.name === 'text') ?? frame.fields.find((field) => field.type === FieldType.string);
      return time ? [...time.values].map((ms, i) => new Date(ms).toISOString() + ' ' + (text ? [...text.values][i] : '')) : [];
    });
  };
  return <Asked preview={preview} dataSource={dataSource} app={CoreApp.Dashboard} first={first} label="Test annotations" ask={ask} />;
}

function Filters({ preview, dataSource }) {
  const [filter, setFilter] = React.useState(preview.filters[0] ?? { key: '', operator: '=', value: '' });
  const asOptions = (found) => [].concat(found?.data ?? found ?? []).map(({ text, value }) => ({ label: String(text), value: String(value ?? text) }));
  if (!dataSource.getTagKeys) {
    return <p>This data source has no ad-hoc filters.</p>;
  }
  const change = (part) => {
    const next = { ...filter, ...part };
    setFilter(next);
    preview.filters = next.key && next.value ? [next] : [];
  };
  const pick = (id, label, value, options, onChange) => (
    <InlineField label={label} labelWidth={16} htmlFor={id}>
      <Combobox id={id} width={40} options={options} value={value || null} onChange={(option) => onChange(option.value)} />
    </InlineField>
  );
  return (
    <>
      {pick('filter-key', 'Filter key', filter.key, async () => asOptions(await dataSource.getTagKeys({ filters: [] })), (key) => change({ key, value: '' }))}
      {filter.key && pick('filter-value', 'Filter value', filter.value, async () => asOptions(await dataSource.getTagValues({ key: filter.key, filters: [] })), (value) => change({ value }))}
    </>
  );
}

export function DashboardPage(props) {
  return (
    <>
      <FieldSet label="Variables"><CustomVariable /></FieldSet>
      <FieldSet label="Query variable"><Variable {...props} /></FieldSet>
      <FieldSet label="Annotations"><Annotation {...props} /></FieldSet>
      <FieldSet label="Ad-hoc filters"><Filters {...props} /></FieldSet>
    </>
  );
}

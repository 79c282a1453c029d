/* The generated editors as components, for a frontend in TypeScript. Written by plugin-cli: do not edit. */
import type { DataQuery, DataSourceInstanceSettings, DataSourceJsonData, DataSourcePluginOptionsEditorProps, QueryEditorProps } from '@grafana/data';
import type { DataSourceWithBackend } from '@grafana/runtime';
import type * as React from 'react';

/** A model's JSON Schema, from schema.json. */
export type Schema = object;

/** What the control of one field is given. */
export interface WidgetProps<Value = unknown> {
  /** The field: `title`, `path`, whether it is `required`, its `node` of the schema and its `hints`. */
  field: { name: string; title: string; path: Array<string | number>; required: boolean; kind: string; node: Record<string, unknown>; hints: Record<string, unknown> };
  /** For the control, so that the label names it. */
  id: string;
  value: Value | undefined;
  /** Store a value; with `now` the query is run at once. An empty text removes an optional value. */
  change(value: Value | '' | undefined, now?: boolean): void;
  /** Run the query if something changed, or in any case with `now`. */
  commit(now?: boolean): void;
  disabled: boolean;
  invalid: boolean;
  width?: number;
}

/** Controls by the dotted path of their field, such as `station` or `limits.low`. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Widgets = Record<string, React.ComponentType<WidgetProps<any>>>;

/** The configuration editor of a settings model; `widgets` take the place of the generated controls. */
export function makeConfigEditor<Settings extends DataSourceJsonData, Secrets = Record<string, string>>(
  schema: Schema,
  widgets?: Widgets
): React.ComponentType<DataSourcePluginOptionsEditorProps<Settings, Secrets>>;

/** The data source class of a query model. */
export function makeDataSource<Query extends DataQuery, Settings extends DataSourceJsonData>(
  schema: Schema
): new (settings: DataSourceInstanceSettings<Settings>) => DataSourceWithBackend<Query, Settings>;

/** The query editor of a query model; `widgets` take the place of the generated controls. */
export function makeQueryEditor<Source extends DataSourceWithBackend<Query, Settings>, Query extends DataQuery, Settings extends DataSourceJsonData>(
  schema: Schema,
  widgets?: Widgets
): React.ComponentType<QueryEditorProps<Source, Query, Settings>>;

/** The generated controls by kind, to build on. */
export const widgets: Record<string, React.ComponentType<WidgetProps>>;

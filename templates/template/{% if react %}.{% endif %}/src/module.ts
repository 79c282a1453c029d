import { DataSourcePlugin } from '@grafana/data';
import { DataSource } from './datasource';
import { ConfigEditor, QueryEditor } from './editors';
import type { Query, Secrets, Settings } from './generated/types';

export const plugin = new DataSourcePlugin<DataSource, Query, Settings, Secrets>(DataSource)
  .setConfigEditor(ConfigEditor)
  .setQueryEditor(QueryEditor);

// One query in its editor, as a panel shows it.
import { CoreApp, DataSourcePluginContextProvider } from '@grafana/data';
import { ErrorBoundaryAlert, useTheme2 } from '@grafana/ui';
import * as React from 'react';

const nothing = () => {};

/** The plugin's query editor in a box, as Grafana shows it. */
export function QueryRow({ preview, dataSource, query, onChange, onRun, range, data, app = CoreApp.Explore }) {
  const theme = useTheme2();
  const Editor = preview.plugin.components.QueryEditor;
  return (
    <div style={{ background: theme.colors.background.secondary, padding: 8, borderRadius: 2, marginBottom: 8 }}>
      <div style={{ marginBottom: 8, fontWeight: 500 }}>{query.refId} ({dataSource.name})</div>
      <DataSourcePluginContextProvider instanceSettings={preview.dataSources.settings[0]}>
        <ErrorBoundaryAlert>
          <Editor datasource={dataSource} query={query} onChange={onChange} onRunQuery={onRun} range={range} data={data} app={app} queries={[query]} onAddQuery={nothing} />
        </ErrorBoundaryAlert>
      </DataSourcePluginContextProvider>
    </div>
  );
}

/** A fresh query for a place in Grafana. */
export const newQuery = (dataSource, app, refId = 'A') => ({ refId, datasource: dataSource.getRef(), ...dataSource.getDefaultQuery?.(app) });

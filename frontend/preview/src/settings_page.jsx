// The data source's configuration editor, with Save & test.
import { DataSourcePluginContextProvider } from '@grafana/data';
import { Alert, Button, ErrorBoundaryAlert, InlineField, Input } from '@grafana/ui';
import * as React from 'react';
import { backendSrv } from './host/index.js';

/** Save what was edited, then ask the data source whether it works. */
async function saveAndTest(preview, settings, setSettings) {
  let current = settings;
  if (!settings.readOnly) {
    current = (await backendSrv.put('/api/datasources/uid/' + settings.uid, settings)).datasource;
    setSettings(current);
    preview.configure(current);
  }
  const dataSource = await preview.dataSources.get(current.uid);
  const { status, message, details } = await dataSource.testDatasource();
  return { severity: status === 'success' ? 'success' : 'error', title: message, details };
}

export function SettingsPage({ preview }) {
  const [settings, setSettings] = React.useState(preview.settings);
  const [status, setStatus] = React.useState(null);
  const submit = async (event) => {
    event.preventDefault();
    setStatus({ severity: 'info', title: 'Testing ...' });
    try {
      setStatus(await saveAndTest(preview, settings, setSettings));
    } catch (error) {
      setStatus({ severity: 'error', title: error?.data?.message ?? error?.message ?? String(error), details: error?.error?.details });
    }
  };
  const Editor = preview.plugin.components.ConfigEditor;
  return (
    <form onSubmit={submit} style={{ maxWidth: 820 }} noValidate>
      {settings.readOnly && <Alert severity="info" title="This data source is provisioned read-only" />}
      <InlineField label="Name" labelWidth={24} htmlFor="data-source-name" disabled={settings.readOnly}>
        <Input id="data-source-name" width={40} value={settings.name} onChange={(event) => setSettings({ ...settings, name: event.currentTarget.value })} />
      </InlineField>
      <DataSourcePluginContextProvider instanceSettings={preview.dataSources.settings[0]}>
        <ErrorBoundaryAlert>
          {Editor ? <Editor options={settings} onOptionsChange={setSettings} /> : <p>This plugin has no configuration editor.</p>}
        </ErrorBoundaryAlert>
      </DataSourcePluginContextProvider>
      <div style={{ margin: '16px 0' }}><Button type="submit">{settings.readOnly ? 'Test' : 'Save & test'}</Button></div>
      <div aria-live="polite">
        {status && <Alert severity={status.severity} title={status.title}>{status.details && <pre>{JSON.stringify(status.details, null, 2)}</pre>}</Alert>}
      </div>
    </form>
  );
}

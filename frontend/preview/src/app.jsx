// The page: its tabs, the state of the session, the reload when the plugin has changed.
import { Alert, Badge, Tab, TabContent, TabsBar } from '@grafana/ui';
import * as React from 'react';
import { AlertsPage } from './alerts_page.jsx';
import { DashboardPage } from './dashboard_page.jsx';
import { QueryPage } from './query_page.jsx';
import { RequestsPage } from './requests_page.jsx';
import { SettingsPage } from './settings_page.jsx';

const TABS = { settings: 'Settings', query: 'Query', dashboard: 'Dashboard', alerts: 'Alerts', requests: 'Requests' };

function useDataSource(preview, tab) {
  const [made, setMade] = React.useState({});
  React.useEffect(() => {
    preview.dataSources.get(preview.settings.uid).then((dataSource) => setMade({ tab, dataSource }));
  }, [preview, tab]); // made anew after the settings were saved
  return made.tab === tab ? made.dataSource : null; // that of before would be asked first
}

/** What is older than the files that were saved last, and why. */
const Stale = ({ title, children }) => <Alert severity="warning" title={title}><span style={{ whiteSpace: 'pre-line' }}>{children}</span></Alert>;

export function App({ preview }) {
  const wanted = new URLSearchParams(location.search).get('tab');
  const [tab, setTab] = React.useState(TABS[wanted] ? wanted : 'settings');
  const [backend, setBackend] = React.useState(preview.boot.backend);
  const dataSource = useDataSource(preview, tab);
  React.useEffect(() => preview.listen(setBackend), [preview]);
  const { plugin, schemaError, settingsError } = preview.boot;
  const logo = plugin.info?.logos?.small;
  return (
    <main style={{ padding: 24, maxWidth: 1180, margin: '0 auto' }}>
      <h1 style={{ display: 'flex', alignItems: 'center', gap: 8, fontSize: 22 }}>
        {logo && <img src={`/public/plugins/${plugin.id}/${logo}`} width="28" alt="" />}
        {plugin.name} <Badge color="blue" text={`preview, not Grafana: @grafana/ui ${GRAFANA_VERSION}, React ${React.version}`} />
      </h1>
      {backend && !backend.running && <Alert severity="error" title="The backend does not run">{backend.message}</Alert>}
      {backend?.running && schemaError && <Stale title="The editors are those of before">{schemaError}</Stale>}
      {settingsError && <Stale title="The data source keeps its last settings">{settingsError}</Stale>}
      <TabsBar>
        {Object.entries(TABS).map(([name, label]) => <Tab key={name} label={label} active={tab === name} onChangeTab={() => setTab(name)} />)}
      </TabsBar>
      <TabContent style={{ paddingTop: 16, background: 'transparent' }}>
        {tab === 'settings' && <SettingsPage preview={preview} />}
        {tab === 'query' && dataSource && <QueryPage preview={preview} dataSource={dataSource} />}
        {tab === 'dashboard' && dataSource && <DashboardPage preview={preview} dataSource={dataSource} />}
        {tab === 'alerts' && <AlertsPage />}
        {tab === 'requests' && <RequestsPage />}
      </TabContent>
    </main>
  );
}

import '@fontsource-variable/inter';
import '@fontsource/roboto-mono';
import 'uplot/dist/uPlot.min.css';
import { createTheme, ThemeContext } from '@grafana/data';
import { initPluginTranslations } from '@grafana/i18n';
import { Alert, GlobalStyles, PortalContainer } from '@grafana/ui';
import * as React from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.jsx';
import { Preview } from './preview.js';

const theme = createTheme({ colors: { mode: window.grafanaBootData.user.theme } });

function Page({ children }) {
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles isExtensionSidebarOpen={false} />
      {children}
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

async function content() {
  try {
    await initPluginTranslations('grafana');
    const preview = await Preview.start();
    document.title = preview.boot.plugin.name + ' - preview';
    return <App preview={preview} />;
  } catch (error) {
    return <Alert severity="error" title="The plugin could not be loaded">{error?.data?.message ?? String(error?.message ?? error)}</Alert>;
  }
}

const root = createRoot(document.getElementById('root'));
content().then((shown) => {
  root.render(<Page>{shown}</Page>);
  requestAnimationFrame(() => { document.body.dataset.ready = '1'; });
});

// Starts the page: fonts, theme, the plugin's module, then the app.
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

/** Why module.js could not be loaded; one kind of bundle runs in Grafana and not under this page's stricter policy. */
function reasonOf(error) {
  const text = error?.data?.message ?? String(error?.message ?? error);
  return /unsafe-eval/.test(text)
    ? `module.js evaluates text as code, as webpack's development builds do; this page does not allow that. Build it for production (npm run build), or with another devtool than eval. ${text}`
    : text;
}

async function content() {
  try {
    await initPluginTranslations('grafana');
    const preview = await Preview.start();
    document.title = preview.boot.plugin.name + ' - preview';
    return <App preview={preview} />;
  } catch (error) {
    return <Alert severity="error" title="The plugin could not be loaded">{reasonOf(error)}</Alert>;
  }
}

const root = createRoot(document.getElementById('root'));
content().then((shown) => {
  root.render(<Page>{shown}</Page>);
  requestAnimationFrame(() => { document.body.dataset.ready = '1'; });
});

// The services that a plugin asks Grafana for.
import { EventBusSrv, setTimeZoneResolver } from '@grafana/data';
import * as runtime from '@grafana/runtime';
import { BackendSrv } from './backend_srv.js';
import { LiveSrv } from './live_srv.js';
import { TemplateSrv } from './template_srv.js';

export const backendSrv = new BackendSrv();
export const templateSrv = new TemplateSrv();

export function initHost(dataSourceSrv) {
  runtime.setBackendSrv(backendSrv);
  runtime.setTemplateSrv(templateSrv);
  runtime.setDataSourceSrv(dataSourceSrv);
  runtime.setGrafanaLiveSrv(new LiveSrv());
  runtime.setAppEvents(new EventBusSrv());
  runtime.setEchoSrv({ flush() {}, addBackend() {}, addEvent() {} });
  runtime.setLocationSrv(runtime.locationService);
  setTimeZoneResolver(() => 'browser');
  // Hooks of plugin extensions: nothing extends anything here. Older lines lack some of them.
  runtime.setPluginComponentsHook?.(() => ({ components: [], isLoading: false }));
  runtime.setPluginComponentHook?.(() => ({ component: null, isLoading: false }));
  runtime.setPluginLinksHook?.(() => ({ links: [], isLoading: false }));
  runtime.setPluginFunctionsHook?.(() => ({ functions: [], isLoading: false }));
  runtime.setReturnToPreviousHook?.(() => () => {});
}

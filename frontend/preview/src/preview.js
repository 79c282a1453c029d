// The plugin under preview: loaded, set up with the stored settings, loaded again when it has changed.
import { backendSrv, initHost, templateSrv } from './host/index.js';
import { DataSourceSrv } from './host/data_source_srv.js';
import { importPlugin } from './loader.js';

/** The plugin under preview: its metadata, its module, and its data source as Grafana would hold it. */
export class Preview {
  filters = [];
  listeners = new Set();

  static async start() {
    const preview = new Preview();
    preview.dataSources = new DataSourceSrv((settings) => preview.make(settings));
    initHost(preview.dataSources);
    templateSrv.variables = { host: 'web1' };
    preview.boot = await backendSrv.get('/api/preview');
    const { datasource, module, plugin } = preview.boot;
    preview.configure(await backendSrv.get('/api/datasources/uid/' + datasource.uid));
    if (!module) {
      throw new Error(preview.boot.schemaError ?? 'The plugin has no module.js');
    }
    const exports = await importPlugin('/' + module, plugin.info?.version ?? '');
    if (!exports.plugin) {
      throw new Error('module.js exports no `plugin`, but: ' + Object.keys(exports).join(', '));
    }
    preview.plugin = exports.plugin;
    preview.plugin.meta = preview.dataSources.settings[0].meta;
    return preview;
  }

  configure(settings) {
    const { plugin, module } = this.boot;
    const { id, uid, name, url, jsonData, readOnly, access } = settings;
    const meta = { ...plugin, baseUrl: 'public/plugins/' + plugin.id, module };
    this.settings = settings;
    this.dataSources.settings = [{ id, uid, name, url: url ?? '', jsonData, readOnly: Boolean(readOnly), access: access ?? 'proxy', type: plugin.id, meta }];
    this.dataSources.reload();
  }

  async make(settings) {
    const instance = new this.plugin.DataSourceClass(settings);
    instance.components = this.plugin.components;
    instance.meta = settings.meta;
    return instance;
  }

  onBackendReload(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Follow the development session: the page loads anew with the frontend, queries again with the backend. */
  listen(onBackend) {
    if (!this.boot.events) {
      return;
    }
    const events = new EventSource(this.boot.events);
    events.addEventListener('reload', (message) => {
      if (JSON.parse(message.data).what === 'frontend') {
        location.reload();
      } else {
        this.listeners.forEach((listener) => listener());
      }
    });
    events.addEventListener('backend', (message) => onBackend(JSON.parse(message.data)));
  }
}

/** The data sources of the preview: those of the plugin being shown. */
export class DataSourceSrv {
  settings = [];
  instances = new Map();

  constructor(load) {
    this.load = load;
  }

  getInstanceSettings(ref) {
    const key = typeof ref === 'string' ? ref : ref?.uid;
    return this.settings.find((one) => one.uid === key || one.name === key) ?? (key ? undefined : this.settings[0]);
  }

  async get(ref) {
    const settings = this.getInstanceSettings(ref);
    if (!settings) {
      throw new Error('Data source not found: ' + JSON.stringify(ref));
    }
    if (!this.instances.has(settings.uid)) {
      this.instances.set(settings.uid, this.load(settings));
    }
    return this.instances.get(settings.uid);
  }

  getList() {
    return this.settings;
  }
  reload() {
    this.instances.clear();
  }
  registerRuntimeDataSource() {}
}

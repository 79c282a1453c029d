export class DataSourcePlugin {
  components: Record<string, unknown> = {};
  constructor(public DataSourceClass: unknown) {}
  setConfigEditor(editor: unknown) {
    this.components.ConfigEditor = editor;
    return this;
  }
  setQueryEditor(editor: unknown) {
    this.components.QueryEditor = editor;
    return this;
  }
}
export class DataSourceVariableSupport {
  getType() {
    return 'datasource';
  }
}

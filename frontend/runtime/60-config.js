// ---- the configuration editor ----
const WIDTH = 40;

function SecretWidget({ field, id, disabled, options, set }) {
  const key = field.path.join('.'); // the flat name that plugin_sdk.models puts back in its place
  const configured = Boolean((options.secureJsonFields || {})[key]);
  if (disabled) { // the real control would still offer "Reset"
    return h(ui.Input, { id, disabled, width: WIDTH, readOnly: true, value: configured ? 'configured' : '' });
  }
  const control = field.hints.widget === 'textarea' ? ui.SecretTextArea : ui.SecretInput;
  const size = field.hints.widget === 'textarea' ? areaSize(WIDTH, field.hints.rows) : { width: WIDTH, autoComplete: 'new-password' };
  return h(control, {
    id, ...size, isConfigured: configured, value: (options.secureJsonData || {})[key] || '', placeholder: field.hints.placeholder,
    onReset: () => set(key, ''),
    onChange: (event) => set(key, event.currentTarget.value),
  });
}

function makeConfigEditor(root, widgets) {
  const node = resolve(root, root);
  return function ConfigEditor({ options, onOptionsChange }) {
    const latest = useLatest(options);
    const update = (next) => {
      latest.current = next;
      onOptionsChange(next);
    };
    const setSecret = (key, value) => update({
      ...latest.current,
      secureJsonFields: { ...latest.current.secureJsonFields, [key]: false },
      secureJsonData: { ...latest.current.secureJsonData, [key]: value },
    });
    const form = {
      root, widgets, prefix: 'config-editor-', value: options.jsonData || {}, disabled: Boolean(options.readOnly),
      showAll: options.version > 1, labelWidth: 24, width: WIDTH, // a new data source is not scolded for being empty
      read: (path) => getIn(latest.current.jsonData, path),
      write: (path, value) => update({ ...latest.current, jsonData: setIn(latest.current.jsonData || {}, path, value) }),
      commit: () => undefined,
      secret: (row) => h(SecretWidget, { ...row, options, set: setSecret }),
      load: (field, siblings) => {
        const live = field.hints.options;
        if (!live || !options.uid) {
          return undefined;
        }
        const params = paramsOf(live, siblings, (value) => value);
        const url = '/api/datasources/uid/' + options.uid + '/resources/' + live.resource;
        return { key: JSON.stringify([options.version, params]), extra: [], run: () => runtime.getBackendSrv().get(url, params) };
      },
    };
    const empty = !fieldsOf(root, node, []).length;
    return h('div', { 'data-testid': 'generated-config-editor' },
      empty ? h('p', null, 'This data source has no settings.') : h(Fields, { node, path: [], form }));
  };
}

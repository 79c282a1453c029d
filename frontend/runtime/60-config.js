// ---- the configuration editor ----
const WIDTH = 40;
const LABEL = { least: 24, most: 38 }; // in units of 8 pixels, as all widths of Grafana's controls
const labelSize = (title) => Math.ceil((7 * title.length + 44) / 8); // letters of 12 pixels, the room around them and the mark of a tooltip

/** The titles of all labels of a model and of the models in it. */
function titlesOf(root, node, path) {
  return fieldsOf(root, node, path).flatMap((field) => [
    field.kind === 'object' && field.node.nullable ? 'Use ' + field.title : labelOf(field),
    ...(field.kind === 'object' ? titlesOf(root, field.node, field.path) : []),
    ...(field.kind === 'list' ? titlesOf(root, field.node.items, field.path) : []),
    ...(field.kind === 'union' ? variantsOf(root, field.node).flatMap((variant) => titlesOf(root, variant.node, field.path)) : []),
  ]);
}

/** As wide as the longest label; those that would push all controls far to the right are left to stand out. */
function labelWidthOf(root, node) {
  return Math.max(LABEL.least, ...titlesOf(root, node, []).map(labelSize).filter((size) => size <= LABEL.most));
}

const secretKey = (field) => field.path.join('.'); // the flat name that plugin_sdk._serving.models.parse puts back in its place
const isConfigured = (options, field) => Boolean((options.secureJsonFields || {})[secretKey(field)]);
const hasSecret = (options, field) => isConfigured(options, field) || !isEmpty((options.secureJsonData || {})[secretKey(field)]);

/** Whether a required setting has no value yet, so that the backend can answer nothing. */
function lacksRequired(root, node, options, path, value) {
  const siblings = { ...defaultsOf(root, node), ...(value || {}) };
  return fieldsOf(root, node, path).filter((field) => isShown(field, siblings)).some((field) => {
    const stored = (value || {})[field.name];
    const inner = stored === undefined ? field.node.default : stored;
    if (field.kind === 'secret') {
      return isRequired(field) && isEmpty(stored) && !hasSecret(options, field);
    }
    if (field.kind === 'object') {
      return (isObject(inner) || !field.node.nullable) && lacksRequired(root, field.node, options, field.path, inner);
    }
    if (field.kind === 'union' && isObject(inner)) {
      const active = variantsOf(root, field.node).find((one) => one.tag === inner[field.node.discriminator.propertyName]);
      return Boolean(active) && lacksRequired(root, active.node, options, field.path, inner);
    }
    return Boolean(problemOf(field, stored, true));
  });
}

function SecretWidget({ field, id, disabled, invalid, commit, options, set }) {
  const key = secretKey(field);
  const configured = isConfigured(options, field);
  if (disabled) { // the real control would still offer "Reset"
    return h(ui.Input, { id, disabled, width: WIDTH, readOnly: true, value: configured ? 'configured' : '' });
  }
  const control = field.hints.widget === 'textarea' ? ui.SecretTextArea : ui.SecretInput;
  const size = field.hints.widget === 'textarea' ? areaSize(WIDTH, field.hints.rows) : { width: WIDTH, autoComplete: 'new-password' };
  return h(control, {
    id, ...size, invalid, onBlur: () => commit(), isConfigured: configured, value: (options.secureJsonData || {})[key] || '', placeholder: field.hints.placeholder,
    onReset: () => set(key, ''),
    onChange: (event) => set(key, event.currentTarget.value),
  });
}

/** The settings as they were last saved: the backend knows no others. */
function useSaved(options) {
  const saved = React.useRef(options);
  if (saved.current.version !== options.version || saved.current.uid !== options.uid) {
    saved.current = options;
  }
  return saved.current;
}

function makeConfigEditor(root, widgets) {
  const node = resolve(root, root);
  const labelWidth = labelWidthOf(root, node);
  return function ConfigEditor({ options, onOptionsChange }) {
    const latest = useLatest(options);
    const saved = useSaved(options);
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
      showAll: options.version > 1, labelWidth, width: WIDTH, // a new data source is not scolded for being empty
      read: (path) => getIn(latest.current.jsonData, path),
      write: (path, value) => update({ ...latest.current, jsonData: withLeaf(root, latest.current.jsonData || {}, path, value) }),
      commit: () => undefined,
      secret: (row) => h(SecretWidget, { ...row, options, set: setSecret }),
      hasSecret: (field) => hasSecret(options, field),
      load: (field, siblings) => {
        const live = field.hints.options;
        const known = options.version > 1 ? saved : options;
        if (!live || !options.uid || lacksRequired(root, node, known, [], known.jsonData)) {
          return undefined; // the backend would answer only with what the marks at the fields say
        }
        const params = paramsOf(live, siblings, (value) => value);
        const url = '/api/datasources/uid/' + options.uid + '/resources/' + live.resource;
        return { key: JSON.stringify([options.version, params]), extra: [], run: () => {
          const list = runtime.getBackendSrv().get(url, params, undefined, QUIET);
          return options.version > 1 ? list : list.catch(() => []); // until the first save the backend has no settings to answer with
        } };
      },
    };
    const empty = !fieldsOf(root, node, []).length;
    return h('div', { 'data-testid': 'generated-config-editor' },
      empty ? h('p', null, 'This data source has no settings.') : h(Fields, { node, path: [], form }));
  };
}

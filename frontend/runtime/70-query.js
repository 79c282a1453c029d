// ---- the query editor; Grafana shows it for annotations and query variables too ----
const variableOptions = () =>
  runtime.getTemplateSrv().getVariables().map((variable) => ({ value: '$' + variable.name, label: '$' + variable.name }));

function makeQueryEditor(root, widgets) {
  const node = resolve(root, root);
  return function QueryEditor({ datasource, query, onChange, onRunQuery }) {
    const latest = useLatest(query);
    const dirty = React.useRef(false);
    const defaults = queryDefaults(root);
    React.useEffect(() => { // what is shown is what is stored, and what "Run query" runs on a bare link
      const untouched = Object.keys(query).every((key) => RESERVED.has(key));
      if (untouched && Object.keys(defaults).length) {
        latest.current = { ...defaults, ...latest.current };
        onChange(latest.current);
      }
    }, []);
    const run = (now) => {
      if (dirty.current || now) { // leaving a field that did not change asks nothing
        dirty.current = false;
        onRunQuery();
      }
    };
    const form = {
      root, widgets, prefix: 'query-editor-' + query.refId + '-', value: { ...defaults, ...query }, inline: true,
      labelWidth: 'auto', keepEmptyText: true, showAll: false, commit: run,
      read: (path) => getIn({ ...defaults, ...latest.current }, path),
      write: (path, value, now) => {
        latest.current = withLeaf(root, { ...defaults, ...latest.current }, path, value);
        dirty.current = true;
        onChange(latest.current);
        if (now) {
          run();
        }
      },
      load: (field, siblings) => {
        const live = field.hints.options;
        if (!live) {
          return undefined;
        }
        const params = paramsOf(live, siblings, (value) => interpolate(value, {}));
        const extra = field.hints.interpolate === false ? [] : variableOptions();
        return { key: JSON.stringify(params), extra, run: () => datasource.getResource(live.resource, params, QUIET) };
      },
      secret: () => null, // the build refuses a secret in a query
    };
    const empty = !fieldsOf(root, node, []).length;
    return h('div', { 'data-testid': 'generated-query-editor' },
      empty ? h('p', null, 'This query has no options.') : h(Fields, { node, path: [], form }));
  };
}

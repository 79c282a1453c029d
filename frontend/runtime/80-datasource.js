// ---- the data source ----
const VARIABLE = /^(?:\$(\w+)|\$\{(\w+)\}|\[\[(\w+)\]\])$/;

/** One item of a list: a variable with several values becomes several items. */
function interpolateItem(item, scopedVars, format) {
  if (typeof item !== 'string' || format || !VARIABLE.test(item)) {
    return [interpolate(item, scopedVars, format)];
  }
  let values;
  const text = runtime.getTemplateSrv().replace(item, scopedVars, (value) => {
    values = value;
    return Array.isArray(value) ? value.join(',') : String(value);
  });
  return Array.isArray(values) ? values : [text];
}

/** Replace variables in every text, however deep. */
function interpolate(value, scopedVars, format) {
  if (typeof value === 'string') {
    return value.includes('$') || value.includes('[[') ? runtime.getTemplateSrv().replace(value, scopedVars, format) : value;
  }
  if (Array.isArray(value)) {
    return value.flatMap((item) => interpolateItem(item, scopedVars, format));
  }
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolate(inner, scopedVars, format)]));
  }
  return value;
}

/** As `interpolate`, minding the hints of each field. */
function interpolateModel(root, node, value, scopedVars) {
  const out = { ...value };
  for (const key of Object.keys(value)) {
    const field = resolve(root, ((node && node.properties) || {})[key]);
    const { interpolate: format } = field[HINTS] || {};
    if (format === false) {
      continue;
    }
    out[key] = isObject(value[key]) && field.properties
      ? interpolateModel(root, field, value[key], scopedVars)
      : interpolate(value[key], scopedVars, format);
  }
  return out;
}

function displayText(root, node, query) {
  const value = { ...queryDefaults(root), ...query };
  const shown = fieldsOf(root, node, []).filter((field) => isShown(field, value) && !isEmpty(value[field.name]));
  const text = shown.find((field) => ['code', 'textarea'].includes(field.kind));
  if (text) {
    return String(value[text.name]);
  }
  const words = shown.filter((field) => typeof value[field.name] !== 'object' && typeof value[field.name] !== 'boolean');
  return words.map((field) => field.title + ': ' + value[field.name]).join(', ');
}

function makeDataSource(root) {
  const node = resolve(root, root);
  const own = (query) => Object.fromEntries(Object.entries(query).filter(([key]) => !RESERVED.has(key)));
  return class DataSource extends runtime.DataSourceWithBackend {
    constructor(instanceSettings) {
      super(instanceSettings);
      this.annotations = {}; // Grafana's standard support: the query editor is the annotation editor
      this.variables = new (class extends data.DataSourceVariableSupport {})();
      if ((node.properties || {}).adhocFilters) { // else dashboards would offer filters that nobody applies
        this.getTagKeys = (options) => this.getResource('tag-keys', { filters: JSON.stringify((options && options.filters) || []) });
        this.getTagValues = (options) => this.getResource('tag-values', { key: options.key });
      }
    }

    getDefaultQuery() {
      return queryDefaults(root);
    }

    filterQuery(query) {
      if (query.hide) {
        return false;
      }
      const value = { ...queryDefaults(root), ...query };
      return fieldsOf(root, node, []).every((field) => !problemOf(field, value[field.name], true));
    }

    applyTemplateVariables(query, scopedVars, filters) {
      const out = { ...query, ...interpolateModel(root, node, own(query), scopedVars) };
      return this.getTagKeys ? { ...out, adhocFilters: filters || [] } : out;
    }

    interpolateVariablesInQueries(queries, scopedVars, filters) {
      return queries.map((query) => ({ ...this.applyTemplateVariables(query, scopedVars, filters), datasource: this.getRef() }));
    }

    getQueryDisplayText(query) {
      return displayText(root, node, query);
    }

    targetContainsTemplate(query) {
      return runtime.getTemplateSrv().containsTemplate(JSON.stringify(own(query)));
    }
  };
}

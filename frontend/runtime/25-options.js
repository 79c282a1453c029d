// ---- choices: fixed ones from the model, live ones from a resource of the backend ----
const asOption = (option) => (isObject(option)
  ? { ...option, label: option.label === undefined ? String(option.value) : String(option.label) }
  : { value: option, label: String(option) });

function fixedOptions(field) {
  const node = field.node.type === 'array' ? field.node.items || {} : field.node;
  const labels = field.hints.labels || {};
  if (node.type === 'boolean') {
    return [{ value: true, label: labels.true || 'Yes' }, { value: false, label: labels.false || 'No' }];
  }
  const values = node.enum || (node.const !== undefined ? [node.const] : []);
  return values.filter((value) => value !== null).map((value) => ({ value, label: labels[value] || String(value) }));
}

const reasonOf = (error) => (error && ((error.data && error.data.message) || error.message || error.statusText)) || 'no answer';

/** The parameters of a live list, from the values beside its field. */
function paramsOf(live, siblings, replace) {
  const params = {};
  for (const name of live.params || []) {
    const value = replace(getIn(siblings, name.split('.')));
    if (!isEmpty(value)) {
      params[name] = value;
    }
  }
  return params;
}

/** The list itself says why it could not be loaded; Grafana's notice beside it would say it twice. */
const QUIET = { showErrorAlert: false };

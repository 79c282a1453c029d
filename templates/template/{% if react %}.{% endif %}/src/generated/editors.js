/* The generated editors as components, for a frontend in TypeScript. Written by plugin-cli: do not edit. */
import * as React from 'react';
import * as data from '@grafana/data';
import * as ui from '@grafana/ui';
import * as runtime from '@grafana/runtime';

// ---- reading the schema; plugin_sdk/json_schema.py holds the same rules in Python ----
const HINTS = 'x-grafana';
// Keys of a query that Grafana itself owns: never shown, never interpolated.
const RESERVED = new Set([
  'refId', 'hide', 'key', 'datasource', 'datasourceId', 'intervalMs', 'maxDataPoints', 'queryCachingTTL',
  'adhocFilters', 'timeRange',
]);
const DEEPEST = 32; // a chain of references longer than this is a loop

function lookup(root, reference) {
  const parts = reference.replace(/^#\//, '').split('/').map((p) => p.replace(/~1/g, '/').replace(/~0/g, '~'));
  return parts.reduce((node, part) => node && node[part], root) || {};
}

function alternatives(node) {
  return node.anyOf || (node.discriminator ? undefined : node.oneOf);
}

/** Follow $ref, a lone allOf and Optional[...] until the node says what it is. */
function resolve(root, node) {
  let found = node || {};
  for (let i = 0; i < DEEPEST; i++) {
    if (found.$ref) {
      const { $ref, ...rest } = found;
      found = { ...lookup(root, $ref), ...rest };
    } else if (found.allOf && found.allOf.length === 1) {
      const { allOf, ...rest } = found;
      found = { ...allOf[0], ...rest };
    } else if (alternatives(found)) {
      const real = alternatives(found).filter((a) => a.type !== 'null');
      if (real.length !== 1) {
        return found;
      }
      const { anyOf, oneOf, ...rest } = found;
      found = { ...real[0], ...rest, nullable: true };
    } else {
      return found;
    }
  }
  return found;
}

function stringKind(node, hints) {
  return hints.widget || (node.format === 'multi-line' ? 'textarea' : 'text');
}

function arrayKind(node, hints) {
  const items = node.items || {};
  if (hints.options || items.enum || items.const !== undefined) {
    return 'multi';
  }
  if (items.type === 'string') {
    return 'tags';
  }
  return items.type === 'object' && items.properties ? 'list' : 'json';
}

/** Which control shows a resolved node. */
function kindOf(node) {
  const hints = node[HINTS] || {};
  if (hints.widget === 'hidden' || node.const !== undefined) {
    return 'hidden';
  }
  if (hints.widget === 'json') {
    return 'json';
  }
  if (node.discriminator && node.oneOf) {
    return 'union';
  }
  if (node.writeOnly || node.format === 'password' || hints.secret) {
    return 'secret';
  }
  if (node.type === 'array') {
    return arrayKind(node, hints);
  }
  if (hints.options || node.enum) {
    return 'select';
  }
  if (node.type === 'boolean') {
    return node.nullable ? 'select' : 'boolean';
  }
  if (node.type === 'integer' || node.type === 'number') {
    return 'number';
  }
  if (node.type === 'string') {
    return stringKind(node, hints);
  }
  return node.type === 'object' && node.properties ? 'object' : 'json';
}

/** Whether the editor marks a field, and "Save & test" refuses settings in which it is empty. */
const isRequired = (field) => Boolean(field.hints.required) || (field.required && field.node.default === undefined);
const lacks = (title) => title + ' is required'; // the backend says the same

/** The fields of an object, resolved, in the order of the model, with their paths. */
function fieldsOf(root, node, path) {
  const required = new Set(node.required || []);
  return Object.entries(node.properties || {})
    .filter(([name]) => path.length > 0 || !RESERVED.has(name))
    .map(([name, raw]) => {
      const field = resolve(root, raw);
      const full = field.items ? { ...field, items: resolve(root, field.items) } : field;
      return {
        name, node: full, path: [...path, name], kind: kindOf(full), hints: full[HINTS] || {}, required: required.has(name),
        title: full.title || name,
      };
    })
    .filter((field) => field.kind !== 'hidden');
}

/** The models that a tagged union can be, with the tag of each. */
function variantsOf(root, node) {
  const key = node.discriminator.propertyName;
  return node.oneOf.map((raw) => {
    const variant = resolve(root, raw);
    const mark = resolve(root, (variant.properties || {})[key]);
    const tag = mark.const !== undefined ? mark.const : (mark.enum || [])[0];
    return { tag, node: variant, title: variant.title || String(tag) };
  });
}
// ---- what would move a button from under the pointer waits until it is up: the click on the button would be lost ----
let waiting; // what to do then; undefined while the pointer is not down
const isPressed = () => waiting !== undefined;
const afterPress = (action) => {
  if (isPressed()) {
    waiting.push(action);
  } else {
    action();
  }
};

const watchPointer = () => {
  document.addEventListener('pointerdown', (event) => {
    if (event.button === 0 && !event.target.closest('select')) { // where the list of a select opens, no pointerup follows
      waiting = waiting || [];
    }
  }, true);
  for (const end of ['pointerup', 'pointercancel']) {
    document.addEventListener(end, () => {
      const actions = waiting || [];
      waiting = undefined;
      setTimeout(() => actions.forEach((action) => action())); // after the click
    }, true);
  }
};

if (typeof document !== 'undefined') { // tests in Node import the editors too
  watchPointer();
}
// ---- values: plain JSON, never changed in place ----
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const isEmpty = (value) => value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length);

function getIn(value, path) {
  return path.reduce((found, key) => (found === undefined || found === null ? undefined : found[key]), value);
}

/** Return a copy of `value` with `leaf` at `path`; `undefined` removes the key. */
function setIn(value, path, leaf) {
  if (!path.length) {
    return leaf;
  }
  const [key, ...rest] = path;
  if (Array.isArray(value)) {
    return value.map((item, i) => (i === key ? setIn(item, rest, leaf) : item));
  }
  const copy = { ...(isObject(value) ? value : {}) };
  const next = setIn(copy[key], rest, leaf);
  if (next === undefined) {
    delete copy[key];
  } else {
    copy[key] = next;
  }
  return copy;
}

/** The values a model has when nobody chose any, as the backend fills them in. */
function defaultsOf(root, node) {
  const values = {};
  for (const [name, raw] of Object.entries((node && node.properties) || {})) {
    const field = resolve(root, raw);
    if (field.default !== undefined) {
      if (field.default !== null) {
        values[name] = field.default;
      }
    } else if (field.const !== undefined) {
      values[name] = field.const;
    } else if (field.type === 'object' && field.properties && !field.nullable) {
      const inner = defaultsOf(root, field);
      if (Object.keys(inner).length) {
        values[name] = inner;
      }
    }
  }
  return values;
}

const modelOf = (root, node, value) => (node.discriminator && node.oneOf
  ? (variantsOf(root, node).find((one) => isObject(value) && one.tag === value[node.discriminator.propertyName]) || { node: {} }).node
  : node);

/** A default as it may be stored: secrets go their own way, and of a default one only asterisks are known. */
function withoutSecrets(root, node, value) {
  if (!isObject(value)) {
    return value;
  }
  const { properties = {} } = modelOf(root, node, value);
  const entries = Object.entries(value).map(([name, inner]) => [name, resolve(root, properties[name]), inner]);
  return Object.fromEntries(entries.filter(([, field]) => kindOf(field) !== 'secret').map(([name, field, inner]) => [name, withoutSecrets(root, field, inner)]));
}

/** `value` with the defaults of the models around `path`, each once it is changed in: a part alone is no union, nor the rest of a default. */
function filled(root, value, path, take) {
  let node = resolve(root, root);
  let found = value;
  path.slice(0, -1).forEach((name, i) => {
    const at = path.slice(0, i + 1);
    const field = resolve(root, typeof name === 'number' ? node.items : (node.properties || {})[name]);
    if (getIn(found, at) === undefined && isObject(field.default)) {
      found = setIn(found, at, take(root, field, field.default));
    }
    node = modelOf(root, field, getIn(found, at));
  });
  return found;
}

const withLeaf = (root, value, path, leaf) => setIn(filled(root, value, path, withoutSecrets), path, leaf);
const shownAt = (root, value, path) => getIn(filled(root, value, path, (_, __, own) => own), path);

const queryDefaults = (root) => {
  const node = resolve(root, root);
  return Object.fromEntries(Object.entries(defaultsOf(root, node)).filter(([name]) => !RESERVED.has(name)));
};

/** Whether the field's `show_if` holds among its siblings' values. */
function isShown(field, siblings) {
  return Object.entries(field.hints.showIf || {}).every(([name, expected]) => {
    const actual = getIn(siblings, name.split('.'));
    return Array.isArray(expected) ? expected.includes(actual) : actual === expected;
  });
}

/** What an emptied control stores: nothing, unless nothing would bring the default back. */
function emptied(field, keepEmptyText) {
  const { node, kind } = field;
  const hasDefault = node.default !== undefined && node.default !== null;
  if (hasDefault && node.nullable) {
    return null;
  }
  const isText = node.type === 'string' && !node.enum && kind !== 'secret';
  return hasDefault && keepEmptyText && isText ? '' : undefined;
}
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
// ---- what is wrong with a value; the backend checks again ----
function numberProblem(node, value) {
  if (node.type === 'integer' && !Number.isInteger(value)) {
    return 'should be a whole number';
  }
  if (node.minimum !== undefined && value < node.minimum) {
    return 'should be at least ' + node.minimum;
  }
  if (node.exclusiveMinimum !== undefined && value <= node.exclusiveMinimum) {
    return 'should be more than ' + node.exclusiveMinimum;
  }
  if (node.maximum !== undefined && value > node.maximum) {
    return 'should be at most ' + node.maximum;
  }
  if (node.exclusiveMaximum !== undefined && value >= node.exclusiveMaximum) {
    return 'should be less than ' + node.exclusiveMaximum;
  }
  const times = node.multipleOf ? value / node.multipleOf : 0;
  return Math.abs(times - Math.round(times)) > 1e-9 ? 'should be a multiple of ' + node.multipleOf : undefined;
}

function matches(pattern, value) {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch (error) {
    return true; // a pattern of Python's own: the backend knows
  }
}

function textProblem(node, value) {
  if (value.includes('$') || value.includes('[[')) {
    return undefined; // may hold a variable: its value is checked, not its name
  }
  if (node.minLength !== undefined && value.length < node.minLength) {
    return 'should be at least ' + node.minLength + ' characters long';
  }
  if (node.maxLength !== undefined && value.length > node.maxLength) {
    return 'should be at most ' + node.maxLength + ' characters long';
  }
  if (node.pattern !== undefined && !matches(node.pattern, value)) {
    return 'should match ' + node.pattern;
  }
  if (node.format === 'uri' && !/^[a-z][a-z0-9+.-]*:\/\/\S/i.test(value)) {
    return 'should be an address such as https://example.org';
  }
  return undefined;
}

function listProblem(node, value) {
  if (node.minItems !== undefined && value.length < node.minItems) {
    return 'should have at least ' + node.minItems + ' items';
  }
  return node.maxItems !== undefined && value.length > node.maxItems ? 'should have at most ' + node.maxItems + ' items' : undefined;
}

/** The sentence to show below a field, or undefined; with `onlyMissing` that of a missing value alone. */
function problemOf(field, value, onlyMissing) {
  const { node, title } = field;
  if (isEmpty(value) && !Array.isArray(value)) {
    const given = isEmpty(value) && !isEmpty(node.default) && value !== '';
    return isRequired(field) && !given && !(node.nullable && value === null) ? lacks(title) : undefined;
  }
  if (onlyMissing) {
    return undefined;
  }
  let problem;
  if (typeof value === 'number') {
    problem = numberProblem(node, value);
  } else if (typeof value === 'string') {
    problem = textProblem(node, value);
  } else if (Array.isArray(value)) {
    problem = listProblem(node, value);
  }
  return problem && title + ' ' + problem;
}
// ---- controls; each gets {field, id, value, change(value, commitNow), commit(), disabled, invalid, width} ----
const h = React.createElement;

const placeholderOf = (field) => {
  const { hints, node } = field;
  if (hints.placeholder) {
    return hints.placeholder;
  }
  return node.default === undefined || node.default === null ? undefined : String(node.default);
};

function TextWidget({ field, id, value, change, commit, disabled, invalid, width }) {
  return h(ui.Input, {
    id, disabled, invalid, 'aria-invalid': invalid, width, value: isEmpty(value) ? '' : String(value), required: field.required,
    placeholder: placeholderOf(field), autoComplete: 'off',
    onChange: (event) => change(event.currentTarget.value),
    onBlur: () => commit(),
    onKeyDown: (event) => event.key === 'Enter' && commit(true),
  });
}

/** Holds what is typed, since "1." and "-" are on the way to a number but are none. */
function NumberWidget({ field, id, value, change, commit, disabled, invalid, width }) {
  const { node } = field;
  const [draft, setDraft] = React.useState(undefined);
  return h(ui.Input, {
    id, disabled, invalid, 'aria-invalid': invalid, width: Math.min(width || 20, 20), type: 'number', min: node.minimum, max: node.maximum,
    step: node.multipleOf || (node.type === 'integer' ? 1 : 'any'), required: field.required, placeholder: placeholderOf(field),
    value: draft !== undefined ? draft : isEmpty(value) ? '' : String(value),
    onChange: (event) => {
      const number = event.currentTarget.valueAsNumber;
      setDraft(event.currentTarget.value);
      change(Number.isNaN(number) ? '' : number);
    },
    onBlur: () => {
      setDraft(undefined);
      commit();
    },
    onKeyDown: (event) => event.key === 'Enter' && commit(true),
  });
}

function BooleanWidget({ field, id, value, change, disabled }) {
  const checked = isEmpty(value) ? Boolean(field.node.default) : Boolean(value);
  return h(ui.InlineSwitch, { id, disabled, value: checked, onChange: (event) => change(event.currentTarget.checked, true) });
}

const areaSize = (width, rows) => ({ rows: rows || 4, style: { width: 8 * (width || 60) } }); // as wide as a box of that width

function TextAreaWidget({ field, id, value, change, commit, disabled, invalid, width }) {
  return h(ui.TextArea, {
    id, disabled, invalid, 'aria-invalid': invalid, ...areaSize(width, field.hints.rows), value: isEmpty(value) ? '' : String(value),
    placeholder: placeholderOf(field), required: field.required,
    onChange: (event) => change(event.currentTarget.value),
    onBlur: () => commit(),
    onKeyDown: (event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && commit(true),
  });
}

function CodeWidget({ field, value, change, commit, disabled }) {
  const text = isEmpty(value) ? '' : String(value);
  const store = (now) => (next) => {
    if (next !== text) {
      change(next, true);
    } else if (now) {
      commit(true);
    }
  };
  return h('div', { style: { minWidth: 320, maxWidth: '100%', flexGrow: 1 } }, h(ui.CodeEditor, {
    value: text, language: field.hints.language || 'sql', height: field.hints.height || 120, readOnly: disabled,
    showMiniMap: false, showLineNumbers: true, monacoOptions: { ariaLabel: field.title },
    onBlur: store(false), onSave: store(true),
  }));
}

function TagsWidget({ field, id, value, change, disabled, invalid, width }) {
  const tags = useSteady(Array.isArray(value) ? value : field.node.default || []);
  return h(ui.TagsInput, {
    id, disabled, invalid, width: width || 40, tags, addOnBlur: true, placeholder: field.hints.placeholder,
    onChange: (next) => change(next, true),
  });
}

const pretty = (value) => (value === undefined ? '' : JSON.stringify(value, null, 2));

/** Any value that no other control shows, as JSON text. */
function JsonWidget({ field, id, value, change, commit, disabled, invalid, width }) {
  const [draft, setDraft] = React.useState(undefined); // only while it is not JSON, or being typed
  const shown = value === undefined ? field.node.default : value;
  const type = (text) => {
    setDraft(text);
    try {
      change(text.trim() ? JSON.parse(text) : undefined);
    } catch (error) {
      // kept as a draft: the stored value stays the last that was JSON
    }
  };
  let bad = false;
  try {
    bad = Boolean(draft && draft.trim() && JSON.parse(draft) === undefined);
  } catch (error) {
    bad = true;
  }
  const { rows, style } = areaSize(width, field.hints.rows);
  return h('div', null,
    h(ui.TextArea, {
      id, disabled, invalid: invalid || bad, 'aria-invalid': invalid || bad, rows, value: draft === undefined ? pretty(shown) : draft,
      placeholder: field.hints.placeholder || 'JSON', style: { ...style, fontFamily: 'monospace' },
      onChange: (event) => type(event.currentTarget.value),
      onBlur: () => {
        if (!bad) {
          setDraft(undefined);
          commit();
        }
      },
    }),
    bad && h(ui.FieldValidationMessage, null, field.title + ' is not JSON yet'));
}
// ---- controls that choose ----
/** The options of a field; live ones are asked again when one of their parameters changes. */
function useOptions(field, load) {
  const fixed = fixedOptions(field);
  const [state, setState] = React.useState({ live: [] });
  const first = React.useRef(true);
  React.useEffect(() => {
    if (!load) {
      return undefined;
    }
    let active = true;
    setState((old) => ({ ...old, loading: true }));
    const ask = () => load.run().then(
      (list) => active && setState({ live: (Array.isArray(list) ? list : []).map(asOption) }),
      (error) => active && setState({ live: [], error: reasonOf(error) })
    );
    const timer = setTimeout(ask, first.current ? 0 : 300); // a parameter may be on its way through the keyboard
    first.current = false;
    return () => {
      active = false;
      clearTimeout(timer);
    };
  }, [load && load.key]);
  return { options: [...fixed, ...state.live, ...(load ? load.extra : [])], loading: state.loading, error: state.error };
}

const withError = (control, error, rest) =>
  h('div', rest, control, error && h(ui.FieldValidationMessage, null, 'The list could not be loaded: ' + error));

function RadioWidget({ field, id, value, change, disabled, options }) {
  const all = field.node.nullable ? [...options, { value: null, label: 'Not set' }] : options;
  const current = value === undefined ? field.node.default : value;
  return h(ui.RadioButtonGroup, {
    id, disabled, options: all, value: current === undefined ? null : current, 'aria-label': field.title,
    onChange: (next) => change(next === null ? '' : next, true),
  });
}

const MOST_BUTTONS = 3;

function SelectWidget(props) {
  const { field, id, value, change, disabled, invalid, width, load } = props;
  const { options, loading, error } = useOptions(field, load);
  const few = options.length <= MOST_BUTTONS && !field.node.nullable && !field.hints.custom && field.hints.widget !== 'select';
  if (!field.hints.options && (few || field.node.type === 'boolean' || field.hints.widget === 'radio')) {
    return h(RadioWidget, { ...props, options });
  }
  const current = value === undefined ? field.node.default : value;
  const known = isEmpty(current) || options.some((option) => option.value === current);
  return withError(h(ui.Combobox, {
    id, disabled, invalid: invalid || Boolean(error), loading, width: width || 32, placeholder: field.hints.placeholder,
    options: known ? options : [asOption(current), ...options], value: isEmpty(current) ? null : current,
    isClearable: Boolean(field.node.nullable) || (!field.required && isEmpty(field.node.default)), createCustomValue: Boolean(field.hints.custom),
    onChange: (option) => change(option ? option.value : '', true),
  }), error);
}

function MultiWidget({ field, id, value, change, disabled, invalid, width, load }) {
  const { options, loading, error } = useOptions(field, load);
  const current = Array.isArray(value) ? value : field.node.default || [];
  const place = React.useRef(null);
  React.useEffect(() => { // Grafana 11's control takes no id, so that the label does not name it
    const box = place.current && place.current.querySelector('input');
    if (box && box.id !== id) {
      box.setAttribute('aria-label', field.title);
    }
  });
  const unknown = current.filter((one) => !options.some((option) => option.value === one)).map(asOption);
  return withError(h(ui.MultiCombobox, {
    id, disabled, invalid: invalid || Boolean(error), loading, placeholder: field.hints.placeholder,
    options: [...unknown, ...options], value: current, isClearable: true, createCustomValue: Boolean(field.hints.custom),
    onChange: (chosen) => change(chosen.map((option) => option.value), true),
  }), error, { ref: place, style: { width: 8 * (width || 40) } }); // of a width of its own it shows one choice, however much room there is
}

const WIDGETS = {
  text: TextWidget, number: NumberWidget, boolean: BooleanWidget, textarea: TextAreaWidget, code: CodeWidget,
  select: SelectWidget, radio: SelectWidget, multi: MultiWidget, tags: TagsWidget, json: JsonWidget,
};
const WIDE = new Set(['textarea', 'code', 'json']); // have a row of their own
// ---- rows. form: {root, value, read(path), write(path, value, commitNow), commit(now), prefix, disabled, showAll,
//      inline, labelWidth, width, keepEmptyText, load(field, siblings), secret(field, row), widgets} ----
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const labelOf = (field) => field.title + (isRequired(field) ? ' *' : '');
const labelWidthFor = (form, title) => (form.inline || labelSize(title) > form.labelWidth ? 'auto' : form.labelWidth); // else it would run over its neighbours
const idOf = (form, path) => form.prefix + path.join('-');

/** `value` as it was before the pointer went down: what is taller or shorter would move the button that is being pressed. */
function useSteady(value) {
  const [, redraw] = React.useReducer((count) => count + 1, 0);
  const held = React.useRef(value);
  if (!isPressed()) {
    held.current = value;
  }
  React.useEffect(() => {
    if (!same(held.current, value)) {
      afterPress(redraw);
    }
  });
  return held.current;
}

/** One labelled control. */
function Row({ field, form, siblings }) {
  const [touched, setTouched] = React.useState(false);
  const id = idOf(form, field.path);
  const value = shownAt(form.root, form.value, field.path);
  const disabled = form.disabled || Boolean(field.node.readOnly);
  const isSecret = field.kind === 'secret';
  const lacking = isSecret && isRequired(field) && isEmpty(value) && form.hasSecret && !form.hasSecret(field);
  const found = isSecret ? lacking && lacks(field.title) : problemOf(field, value);
  const problem = useSteady(touched || form.showAll ? found || undefined : undefined);
  const own = (form.widgets || {})[field.path.join('.')];
  const row = {
    field, id, value, disabled, invalid: Boolean(problem), width: field.hints.width || form.width, load: form.load(field, siblings),
    change: (next, now) => {
      const leaf = next === '' ? emptied(field, form.keepEmptyText) : next;
      if (!same(leaf, form.read(field.path))) { // some controls tell a choice more than once
        form.write(field.path, leaf, now);
      }
    },
    commit: (now) => {
      setTouched(true);
      form.commit(now);
    },
  };
  const control = field.kind === 'secret' && !own ? form.secret(row) : h(own || WIDGETS[field.kind] || TextWidget, row);
  const inlineField = h(ui.InlineField, {
    label: labelOf(field), labelWidth: labelWidthFor(form, labelOf(field)),
    tooltip: field.node.description, interactive: true, htmlFor: id, disabled, grow: field.kind === 'code' || Boolean(field.hints.grow),
    invalid: Boolean(problem), error: problem,
  }, control);
  return form.inline && WIDE.has(field.kind) ? h('div', { style: { flexBasis: '100%' } }, inlineField) : inlineField;
}

/** A model inside a model; an optional one can be switched off. */
function ObjectRow({ field, form }) {
  const value = shownAt(form.root, form.value, field.path);
  const on = !field.node.nullable || isObject(value === undefined ? field.node.default : value);
  const toggle = (event) => form.write(field.path, event.currentTarget.checked ? defaultsOf(form.root, field.node) : emptied(field), true);
  return h(Group, { title: field.title, description: field.node.description, depth: field.path.length - 1, form },
    field.node.nullable && h(ui.InlineField, { label: 'Use ' + field.title, labelWidth: labelWidthFor(form, 'Use ' + field.title), disabled: form.disabled },
      h(ui.InlineSwitch, { id: idOf(form, field.path), value: on, disabled: form.disabled, onChange: toggle })),
    on && h(Fields, { node: field.node, path: field.path, form }));
}

const LINE = '2px solid rgba(128, 128, 128, 0.3)'; // is seen in the dark theme and in the light one
const NESTED = { borderLeft: LINE, paddingLeft: 12 };
const ITEM = { display: 'flex', alignItems: 'flex-start', gap: 4, marginBottom: 8, ...NESTED };
const NOT_SET = '';

/** A tagged union: which variant, and that variant's fields. */
function UnionRow({ field, form }) {
  const key = field.node.discriminator.propertyName;
  const variants = variantsOf(form.root, field.node);
  const stored = shownAt(form.root, form.value, field.path);
  const value = (stored === undefined ? field.node.default : stored) || {};
  const active = variants.find((variant) => variant.tag === value[key]);
  const options = variants.map((variant) => ({ value: variant.tag, label: variant.title }));
  const choose = (tag) => {
    const variant = variants.find((one) => one.tag === tag);
    form.write(field.path, variant ? { ...defaultsOf(form.root, variant.node), [key]: tag } : emptied(field), true);
  };
  const common = { id: idOf(form, field.path), disabled: form.disabled, value: active ? active.tag : NOT_SET };
  const all = field.node.nullable ? [{ value: NOT_SET, label: 'Not set' }, ...options] : options;
  const control = all.length <= MOST_BUTTONS + 1
    ? h(ui.RadioButtonGroup, { ...common, options: all, onChange: choose, 'aria-label': field.title })
    : h(ui.Combobox, { ...common, options: all, width: form.width || 32, onChange: (option) => choose(option.value) });
  return h(React.Fragment, null,
    h(ui.InlineField, { label: labelOf(field), labelWidth: labelWidthFor(form, labelOf(field)), tooltip: field.node.description, interactive: true, disabled: form.disabled }, control),
    active && h(Fields, { key: String(active.tag), node: active.node, path: field.path, form }));
}

/** A list of models: one group each, with buttons to add and remove. */
function ListRow({ field, form }) {
  const stored = getIn(form.value, field.path);
  const items = Array.isArray(stored) ? stored : field.node.default || [];
  const name = field.node.items.title || field.title;
  const write = (next) => form.write(field.path, next, true);
  const full = field.node.maxItems !== undefined && items.length >= field.node.maxItems;
  const shown = stored === undefined ? setIn(form.value, field.path, items) : form.value;
  const inner = { ...form, value: shown, write: (path, value, now) => form.write(field.path, getIn(setIn(shown, path, value), field.path), now) };
  return h(Group, { title: field.title, description: field.node.description, depth: field.path.length - 1, form },
    items.map((item, i) => h('div', { key: i, role: 'group', 'aria-label': name + ' ' + (i + 1), style: ITEM },
      h('div', null, h(Fields, { node: field.node.items, path: [...field.path, i], form: inner })),
      h(ui.Button, {
        type: 'button', variant: 'secondary', icon: 'trash-alt', disabled: form.disabled, 'aria-label': 'Remove ' + name + ' ' + (i + 1),
        onClick: () => write(items.filter((_, other) => other !== i)),
      }))),
    h(ui.Button, {
      type: 'button', variant: 'secondary', icon: 'plus', disabled: form.disabled || full, style: { marginBottom: 8 },
      onClick: () => write([...items, defaultsOf(form.root, field.node.items)]),
    }, 'Add ' + name));
}

/** Fields below a heading; a group in a group is set apart by a line, or it would look like its neighbours. */
function Group({ title, description, depth, form, children }) {
  const small = form.inline || depth > 0;
  const label = small ? h('span', { style: { fontSize: form.inline ? 14 : 16 } }, title) : title;
  const margin = { margin: form.inline ? 0 : depth ? '8px 0 12px' : '20px 0' };
  return h(ui.FieldSet, { label, style: { width: '100%', ...margin, ...(depth > 0 ? NESTED : {}) } },
    description && h('p', { style: { opacity: 0.8 } }, description), children);
}

const ROWS = { object: ObjectRow, union: UnionRow, list: ListRow };

/** All fields of a model, by section. */
function Fields({ node, path, form }) {
  const siblings = { ...defaultsOf(form.root, node), ...(shownAt(form.root, form.value, path) || {}) };
  const shown = fieldsOf(form.root, node, path).filter((field) => isShown(field, siblings));
  const sections = new Map();
  for (const field of shown) {
    const name = field.hints.section || '';
    sections.set(name, [...(sections.get(name) || []), field]);
  }
  return h(React.Fragment, null, [...sections].map(([name, fields]) => {
    const rows = fields.map((field) => h(ROWS[field.kind] || Row, { key: field.path.join('.'), field, form, siblings }));
    const body = form.inline ? h('div', { style: { display: 'flex', flexWrap: 'wrap', columnGap: 4, alignItems: 'flex-start' } }, rows) : rows;
    return name ? h(Group, { key: name, title: name, depth: path.length, form }, body) : h(React.Fragment, { key: '' }, body);
  }));
}

/** Always the newest value: two changes may come before the next rendering. */
function useLatest(value) {
  const latest = React.useRef(value);
  latest.current = value;
  return latest;
}
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

export { makeConfigEditor, makeDataSource, makeQueryEditor, WIDGETS as widgets };

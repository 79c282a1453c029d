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

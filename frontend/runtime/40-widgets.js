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

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

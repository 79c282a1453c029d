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

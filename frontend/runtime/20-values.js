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

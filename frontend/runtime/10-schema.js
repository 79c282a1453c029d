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

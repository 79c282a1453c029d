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

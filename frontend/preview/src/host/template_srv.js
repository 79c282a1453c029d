// Variables in texts, as getTemplateSrv() replaces them in Grafana.
const list = (value) => [].concat(value);
const escapeRegex = (text) => String(text).replace(/[\\^$*+?.()|[\]{}/]/g, '\\$&');
const escapeLucene = (text) => String(text).replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1');
const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');

const FORMATS = {
  csv: (value) => list(value).join(','),
  pipe: (value) => list(value).join('|'),
  raw: (value) => String(value),
  json: (value) => JSON.stringify(value),
  text: (value) => list(value).join(' + '),
  glob: (value) => (Array.isArray(value) && value.length !== 1 ? '{' + value.join(',') + '}' : String(list(value)[0])),
  regex: (value) => (Array.isArray(value) && value.length !== 1 ? '(' + value.map(escapeRegex).join('|') + ')' : escapeRegex(list(value)[0])),
  lucene: (value) => (Array.isArray(value) ? '(' + value.map((one) => `"${escapeLucene(one)}"`).join(' OR ') + ')' : escapeLucene(value)),
  html: (value) => list(value).map(escapeHtml).join(', '),
  distributed: (value, name) => list(value).map((one, i) => (i ? name + '=' : '') + one).join(','),
  singlequote: (value) => list(value).map((one) => `'${String(one).replaceAll("'", "\\'")}'`).join(','),
  doublequote: (value) => list(value).map((one) => `"${String(one).replaceAll('"', '\\"')}"`).join(','),
  sqlstring: (value) => list(value).map((one) => `'${String(one).replaceAll("'", "''")}'`).join(','),
  percentencode: (value) => encodeURIComponent(Array.isArray(value) ? '{' + value.join(',') + '}' : value),
  queryparam: (value, name) => list(value).map((one) => `var-${name}=${encodeURIComponent(one)}`).join('&'),
};

// $name   [[name:format]]   ${name.path:format}
const VARIABLE = () => /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)(?:\.([^:^}]+))?(?::([^}]+))?\}/g;

/** Dashboard variables of the preview: name to value, or to a list of values. */
export class TemplateSrv {
  variables = {};
  range = null;

  valueOf(name, scoped) {
    if (scoped?.[name]) {
      return scoped[name].value;
    }
    if (name === '__from' || name === '__to') {
      return this.range && String(this.range[name.slice(2)].valueOf());
    }
    return this.variables[name];
  }

  replace(target, scoped, format, seen) {
    return (target ?? '').replace(VARIABLE(), (match, plain, bracket, bracketFormat, braced, fieldPath, bracedFormat) => {
      const name = plain ?? bracket ?? braced;
      const value = this.valueOf(name, scoped);
      seen?.push({ match, variableName: name, fieldPath, format: bracketFormat ?? bracedFormat, value: value ?? match, found: value !== undefined });
      if (value === undefined || value === null) {
        return match;
      }
      const wanted = bracketFormat ?? bracedFormat ?? format ?? 'glob';
      return typeof wanted === 'function' ? wanted(value, { name }, FORMATS.glob) : (FORMATS[wanted] ?? FORMATS.glob)(value, name);
    });
  }

  containsTemplate(target) {
    return [...(target ?? '').matchAll(VARIABLE())].length > 0;
  }
  getVariables() {
    return Object.entries(this.variables).map(([name, value]) => ({ type: 'custom', name, id: name, current: { value, text: String(value) } }));
  }
  getAdhocFilters() {
    return [];
  }
  updateTimeRange(range) {
    this.range = range;
  }
}

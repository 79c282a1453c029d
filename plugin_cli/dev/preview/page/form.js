/* Forms from the schema, with the rules of the generated editors (10-schema.js ... 30-checks.js). */
/* global resolve, fieldsOf, variantsOf, defaultsOf, isEmpty, isObject, isShown, emptied, problemOf, isRequired, withLeaf, shownAt, fixedOptions, asOption, paramsOf, afterPress */
import { el, show } from './dom.js';

/**
 * A form for one model.
 * @param {object} spec {place, root, prefix, value, disabled, write(value), secret: {has(key), set(key, text)} or undefined, ask(resource, params), before: the form whose place it takes}
 */
export class Form {
  constructor(spec) {
    Object.assign(this, spec);
    this.node = resolve(this.root, this.root);
    this.live = new Map(); // options by address; a promise becomes a list
    const { touched = new Set(), drafts = new Map() } = this.before || {}; // as they were before a save
    Object.assign(this, { touched, drafts, before: undefined }); // drafts: text by id that is not JSON yet
    this.draw();
  }

  draw() {
    const rows = this.fields(this.node, []);
    show(this.place, rows.length ? rows : el('p', {}, 'Nothing to fill in.'));
  }

  /** Draw again once the browser has moved the focus and the pointer is up, so that a click into the next box, or on a button, is not lost. */
  drawSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => afterPress(() => this.draw()));
  }

  set(path, leaf) {
    this.value = withLeaf(this.root, this.value, path, leaf);
    this.write(this.value);
  }

  at(path) {
    return shownAt(this.root, this.value, path);
  }

  fields(node, path) {
    const siblings = { ...defaultsOf(this.root, node), ...(this.at(path) || {}) };
    const sections = new Map();
    for (const field of fieldsOf(this.root, node, path).filter((one) => isShown(one, siblings))) {
      const name = field.hints.section || '';
      sections.set(name, [...(sections.get(name) || []), this.row(field, siblings)]);
    }
    return [...sections].flatMap(([name, rows]) => (name ? [el('fieldset', {}, el('legend', {}, name), rows)] : rows));
  }

  row(field, siblings) {
    if (field.kind === 'object') {
      return this.objectRow(field);
    }
    if (field.kind === 'union') {
      return this.unionRow(field);
    }
    if (field.kind === 'list') {
      return this.listRow(field);
    }
    const id = this.prefix + field.path.join('-');
    const problem = this.touched.has(id) && field.kind !== 'secret' ? problemOf(field, this.at(field.path)) : undefined;
    const common = {
      id, disabled: this.disabled || field.node.readOnly, 'aria-invalid': problem || this.drafts.has(id) ? 'true' : undefined, 'aria-describedby': id + '-help',
      'aria-required': isRequired(field) ? 'true' : undefined,
    };
    const notJson = this.drafts.has(id) && field.title + ' is not JSON';
    const help = [field.node.description && el('small', {}, field.node.description), (notJson || problem) && el('small', { class: 'problem', role: 'alert' }, notJson || problem)];
    return el('div', { class: 'row' },
      el('label', { for: id }, field.title + (common['aria-required'] ? ' *' : '')),
      field.kind === 'secret' ? this.secretBox(field, common) : this.control(field, common, siblings),
      el('div', { id: id + '-help' }, help));
  }

  control(field, common, siblings) {
    const value = this.at(field.path);
    const options = this.options(field, siblings);
    const kind = field.kind;
    if (kind === 'boolean') {
      const checked = isEmpty(value) ? Boolean(field.node.default) : Boolean(value);
      return el('input', { ...common, type: 'checkbox', checked, onchange: (event) => this.done(field, event.target.checked) });
    }
    if (kind === 'tags' || kind === 'multi' || kind === 'json') {
      return kind === 'multi' && options.length && !field.hints.custom ? this.multiBox(field, common, options) : this.textBox(field, common);
    }
    if (kind === 'select' && !field.hints.custom) {
      return this.selectBox(field, common, options);
    }
    if (kind === 'textarea' || kind === 'code') {
      return this.box('textarea', field, common, { rows: field.hints.rows || 4 });
    }
    const list = options.length ? common.id + '-list' : undefined;
    const box = this.box('input', field, common, { list, type: kind === 'number' ? 'number' : 'text', step: kind === 'number' && (field.node.multipleOf || (field.node.type === 'integer' ? 1 : 'any')) });
    return list ? el('div', {}, box, el('datalist', { id: list }, options.map((option) => el('option', { value: option.value }, option.label)))) : box;
  }

  box(name, field, common, more) {
    const read = (text) => (field.kind === 'number' && text !== '' ? Number(text) : text === '' ? emptied(field, true) : text);
    return el(name, {
      ...common, ...more, autocomplete: 'off', value: isEmpty(this.at(field.path)) ? '' : String(this.at(field.path)),
      placeholder: field.hints.placeholder || (isEmpty(field.node.default) ? '' : String(field.node.default)),
      oninput: (event) => this.set(field.path, read(event.target.value)),
      onchange: () => this.done(field),
    });
  }

  selectBox(field, common, options) {
    const value = this.at(field.path) === undefined ? field.node.default : this.at(field.path);
    const known = isEmpty(value) || options.some((option) => option.value === value);
    const all = known ? options : [asOption(value), ...options];
    const empty = isEmpty(value) || field.node.nullable || !field.required;
    return el('select', {
      ...common, onchange: (event) => this.done(field, event.target.selectedIndex < (empty ? 1 : 0) ? emptied(field) : all[event.target.selectedIndex - (empty ? 1 : 0)].value),
    }, empty && el('option', { value: '' }, ''), all.map((option) => {
      const node = el('option', { value: String(option.value) }, option.label);
      node.selected = option.value === value;
      return node;
    }));
  }

  multiBox(field, common, options) {
    const chosen = this.at(field.path) || field.node.default || [];
    return el('select', {
      ...common, multiple: true, size: Math.min(options.length, 6),
      onchange: (event) => this.done(field, options.filter((_, i) => event.target.options[i].selected).map((option) => option.value)),
    }, options.map((option) => {
      const node = el('option', {}, option.label);
      node.selected = chosen.includes(option.value);
      return node;
    }));
  }

  /** A list of words, one to a line, or JSON. */
  textBox(field, common) {
    const value = this.at(field.path) === undefined ? field.node.default : this.at(field.path);
    const lines = field.kind !== 'json';
    const written = isEmpty(value) ? '' : lines ? value.join('\n') : JSON.stringify(value, null, 2);
    const draft = this.drafts.get(common.id);
    return el('textarea', {
      ...common, rows: 3, value: draft === undefined ? written : draft, placeholder: lines ? 'one to a line' : 'JSON',
      onchange: (event) => {
        const typed = event.target.value.trim();
        this.drafts.delete(common.id);
        try {
          this.done(field, lines ? typed.split('\n').map((line) => line.trim()).filter(Boolean) : typed ? JSON.parse(typed) : undefined);
        } catch (error) {
          this.drafts.set(common.id, event.target.value);
          this.drawSoon();
        }
      },
    });
  }

  secretBox(field, common) {
    const key = field.path.join('.');
    if (this.secret.has(key)) {
      return el('div', { class: 'pair' }, el('input', { ...common, disabled: true, value: 'configured' }),
        !this.disabled && el('button', { type: 'button', 'aria-label': 'Reset ' + field.title, onclick: () => { this.secret.set(key, ''); this.draw(); } }, 'Reset'));
    }
    const oninput = (event) => this.secret.set(key, event.target.value);
    return field.hints.widget === 'textarea'
      ? el('textarea', { ...common, rows: 4, value: this.secret.get(key), oninput })
      : el('input', { ...common, type: 'password', autocomplete: 'new-password', value: this.secret.get(key), oninput });
  }

  toggle(id, title, checked, act) {
    return el('div', { class: 'row' }, el('label', { for: id }, title), el('input', { id, type: 'checkbox', checked, disabled: this.disabled, onchange: act }));
  }

  objectRow(field) {
    const value = this.at(field.path);
    const on = !field.node.nullable || isObject(value === undefined ? field.node.default : value);
    const act = (event) => this.done(field, event.target.checked ? defaultsOf(this.root, field.node) : emptied(field));
    return el('fieldset', {}, el('legend', {}, field.title), field.node.description && el('small', {}, field.node.description),
      field.node.nullable && this.toggle(this.prefix + field.path.join('-'), 'Use ' + field.title, on, act),
      on && this.fields(field.node, field.path));
  }

  unionRow(field) {
    const key = field.node.discriminator.propertyName;
    const variants = variantsOf(this.root, field.node);
    const stored = this.at(field.path);
    const value = (stored === undefined ? field.node.default : stored) || {};
    const active = variants.find((one) => one.tag === value[key]);
    const id = this.prefix + field.path.join('-');
    const choose = (event) => {
      const variant = variants.find((one) => String(one.tag) === event.target.value);
      this.done(field, variant ? { ...defaultsOf(this.root, variant.node), [key]: variant.tag } : emptied(field));
    };
    return [el('div', { class: 'row' }, el('label', { for: id }, field.title),
      el('select', { id, disabled: this.disabled, onchange: choose }, (field.node.nullable || !active) && el('option', { value: '' }, 'Not set'), variants.map((one) => {
        const node = el('option', { value: String(one.tag) }, one.title);
        node.selected = one === active;
        return node;
      }))), ...(active ? this.fields(active.node, field.path) : [])];
  }

  listRow(field) {
    const items = this.at(field.path) || field.node.default || [];
    const name = field.node.items.title || field.title;
    return el('fieldset', {}, el('legend', {}, field.title),
      items.map((_, i) => el('div', { class: 'card', role: 'group', 'aria-label': name + ' ' + (i + 1) }, this.fields(field.node.items, [...field.path, i]),
        el('button', { type: 'button', disabled: this.disabled, 'aria-label': 'Remove ' + name + ' ' + (i + 1), onclick: () => this.done(field, items.filter((__, other) => other !== i)) }, 'Remove'))),
      el('div', { class: 'bar' }, el('button', {
        type: 'button', disabled: this.disabled || items.length >= field.node.maxItems, onclick: () => this.done(field, [...items, defaultsOf(this.root, field.node.items)]),
      }, 'Add ' + name)));
  }

  /** Store a finished value and show what follows from it. */
  done(field, ...leaf) {
    if (leaf.length) {
      this.set(field.path, leaf[0]);
    }
    this.touched.add(this.prefix + field.path.join('-'));
    this.drawSoon();
  }

  options(field, siblings) {
    const fixed = fixedOptions(field);
    const live = field.hints.options;
    if (!live) {
      return fixed;
    }
    const params = paramsOf(live, siblings, (value) => value);
    const address = live.resource + JSON.stringify(params);
    if (!this.live.has(address)) {
      this.live.set(address, []);
      this.ask(live.resource, params).then(
        (list) => { this.live.set(address, (Array.isArray(list) ? list : []).map(asOption)); this.drawSoon(); },
        () => this.live.set(address, [])); // seen in the Requests view; free text still works
    }
    return [...fixed, ...this.live.get(address)];
  }
}

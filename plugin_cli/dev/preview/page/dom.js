/** Make an element: attributes, `on*` listeners, properties that attributes cannot set, children. */
export function el(name, attributes = {}, ...children) {
  const svg = ['svg', 'g', 'line', 'path', 'text', 'circle'].includes(name);
  const node = svg ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) {
      continue;
    }
    if (key.startsWith('on')) {
      node.addEventListener(key.slice(2), value);
    } else if (key === 'value' || key === 'checked' || key === 'disabled') {
      node[key] = value;
    } else if (key === 'color') {
      node.style.background = value; // an element's own style, since attributes need a laxer policy
    } else {
      node.setAttribute(key, value === true ? '' : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Replace what `place` holds, keeping the focus where it was. */
export function show(place, ...children) {
  const active = place.contains(document.activeElement) ? document.activeElement : null;
  const { id, selectionStart: start, selectionEnd: end } = active || {};
  place.replaceChildren(...children.flat(Infinity).filter(Boolean));
  const again = id && document.getElementById(id);
  if (again) {
    again.focus();
    if (typeof start === 'number') {
      try {
        again.setSelectionRange(start, end);
      } catch (error) {
        // a number box has no selection
      }
    }
  }
}

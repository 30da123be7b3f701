// Building and patching the page. Text goes in by textContent only; a node is written only when it changes.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** An HTML element with attributes, listeners (`onclick`) and children. */
export const el = (tag, props = {}, ...children) => fill(document.createElement(tag), props, children);

/** The same for SVG. */
export const svg = (tag, props = {}, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/** Write text, if it differs. */
export function text(node, value) {
  const string = String(value);
  if (node.textContent !== string) node.textContent = string;
  return node;
}

/** Set an attribute, if it differs; null, undefined and false remove it. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
  return node;
}

/** Make the children of `parent` follow `items`: made once per key, moved rather than made anew. */
export function keyed(parent, items, key, make, update) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const old = (parent.keyed ??= new Map());
  const fresh = new Map();
  let place = parent.firstChild;
  for (const item of items) {
    const id = key(item);
    const node = old.get(id) ?? make(item);
    update(node, item);
    fresh.set(id, node);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  for (const [id, node] of old) if (fresh.get(id) !== node) node.remove();
  parent.keyed = fresh;
  if (focused?.isConnected && document.activeElement !== focused) focused.focus();
}

/** A titled panel. `last` stands beside the title and says how old the values are when they are not current. */
export function panel(name, ...children) {
  const title = el("h2", { id: `h-${name}` });
  const last = el("span", { class: "last", hidden: true });
  const node = el("section", { class: `panel ${name}`, "aria-labelledby": `h-${name}` },
    el("div", { class: "title" }, title, last), el("div", { class: "body" }, ...children));
  node.last = last;
  return { node, title };
}

// Small helpers: elements are made with text only, and lists keep their nodes, so that focus stays where it is.

export const byId = (id) => document.getElementById(id);

export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

// Give `parent` one child per item, in order. `create(item)` makes a node, `update(node, item)` fills it.
export function keyed(parent, items, create, update) {
  const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = String(item.id);
    let node = old.get(key);
    if (node) old.delete(key);
    else {
      node = create(item);
      node.dataset.key = key;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
    update(node, item);
  }
  for (const node of old.values()) node.remove();
}

export function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function count(number, word) {
  return `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
}

export const clockTime = (stamp) => (stamp ? stamp.slice(11, 19) : "");

const GOOD = new Set(["Up", "Running", "Enabled", "done", "Ready"]);
const BUSY = new Set(["Starting", "Stopping", "Migrating", "Connecting", "running", "PrepareForMaintenance", "Maintenance", "Allocated"]);
const QUIET = new Set(["Stopped", "Disabled", "cancelled"]);

export function tone(state) {
  if (GOOD.has(state)) return "good";
  if (BUSY.has(state)) return "wait";
  return QUIET.has(state) ? "quiet" : "bad";
}

// State as colour, sign and word: never by colour alone.
export function badge(node, state) {
  node.dataset.tone = tone(state);
  setText(node, state);
}

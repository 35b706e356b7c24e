// Fault rules: switches for those there are, and a form for more.

import { byId, count, keyed, make, setText } from "./dom.js";

const PATH = "/simulator/faults";
const PLACES = { wire: "Calls", job: "Jobs", cloud: "The cloud", life: "What starts or runs" };
const FIELDS = ["command", "where", "object", "nth", "times", "probability", "seconds", "code", "text"];
const NUMBERS = ["nth", "times", "probability", "seconds", "code"];
let kinds = {};

// What went wrong, to be read; nothing when all is well.
async function send(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  try {
    const answer = await fetch(path, options);
    return answer.ok ? "" : (await answer.json()).error;
  } catch {
    return "The simulator does not answer.";
  }
}

const tell = (error) => setText(byId("rule-error"), error);

const pathOf = (name) => `${PATH}/${encodeURIComponent(name)}`;

export function showFaults({ rules }) {
  byId("no-rule").hidden = rules.length > 0;
  keyed(byId("rules"), rules.map((rule) => ({ id: rule.name, ...rule })), createRule, updateRule);
}

function createRule({ name }) {
  const toggle = make("button", { type: "button", role: "switch", class: "switch", onclick: async () => {
    tell(await send("PATCH", pathOf(name), { enabled: toggle.getAttribute("aria-checked") !== "true" }));
  } });
  const row = make("li", {}, toggle,
    make("div", { class: "rule" }, make("strong", {}), make("span", { class: "about" }), make("span", { class: "fired" })),
    make("button", { type: "button", class: "plain", title: "Remove", "aria-label": `Remove the rule ${name}`, onclick: () => remove(row, name) }, "\u2715"));
  return row;
}

// Whoever works by keyboard goes on beside the place of the rule that is gone.
async function remove(row, name) {
  const near = row.nextElementSibling ?? row.previousElementSibling;
  const error = await send("DELETE", pathOf(name));
  tell(error);
  if (!error) (near?.querySelector(".switch") ?? byId("rule-do")).focus();
}

function updateRule(node, rule) {
  const toggle = node.querySelector(".switch");
  toggle.setAttribute("aria-checked", String(rule.enabled));
  toggle.setAttribute("aria-label", `Rule ${rule.name}`);
  setText(node.querySelector("strong"), rule.name);
  setText(node.querySelector(".about"), about(rule));
  setText(node.querySelector(".fired"), progress(rule));
}

function progress({ active, enabled, seen, fired, do: what, command }) {
  if (active) return "Holds now";
  if (!enabled) return "Off";
  if (kinds[what]?.place === "cloud" && !command.length) return "Over";
  return seen ? `Fired ${fired} of ${count(seen, "time")}` : "Nothing has met it yet";
}

function about({ do: what, command, object, where, nth, times, probability, seconds }) {
  const parts = [what, command.length ? `on ${command.join(", ")}` : "", object === "*" ? "" : `for ${object}`, where === "*" ? "" : `at ${where}`];
  if (nth.length) parts.push(`only number ${nth.join(", ")}`);
  if (times !== null) parts.push(`at most ${count(times, "time")}`);
  if (probability < 1) parts.push(`${Math.round(probability * 100)}% of the time`);
  if (seconds !== null) parts.push(`${seconds} s`);
  return parts.filter(Boolean).join(", ").replace(", on ", " on ").replace(", at ", " at ");
}

export async function startForm() {
  const known = await (await fetch("/simulator/commands")).json();
  kinds = known.kinds;
  byId("commands").append(...known.commands.map((value) => make("option", { value })));
  const choice = byId("rule-do");
  for (const [place, label] of Object.entries(PLACES)) {
    const here = Object.keys(kinds).filter((name) => kinds[name].place === place);
    choice.append(make("optgroup", { label }, ...here.map((value) => make("option", { value }, value))));
  }
  choice.addEventListener("change", explain);
  explain();
  byId("new-rule").addEventListener("submit", add);
}

const fieldOf = (name) => byId("new-rule").elements[name];

// Fields that mean nothing for the kind are not there.
function explain() {
  const kind = kinds[byId("rule-do").value];
  setText(byId("rule-text"), kind.text.replaceAll("`", ""));
  for (const name of FIELDS) fieldOf(name).closest(".field").hidden = !kind.keys.includes(name);
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const what = fieldOf("do").value;
  const entry = { do: what };
  for (const name of FIELDS.filter((key) => kinds[what].keys.includes(key))) {
    const text = fieldOf(name).value.trim();
    if (text) entry[name] = NUMBERS.includes(name) ? Number(text) : text;
  }
  const error = await send("POST", PATH, entry);
  tell(error);
  if (!error) {
    form.reset();
    byId("rule-do").value = what;
    explain();
  }
}

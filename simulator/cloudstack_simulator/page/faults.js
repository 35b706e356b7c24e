// Fault rules: switches for those there are, and a form for more.

import { byId, keyed, make, setText } from "./dom.js";

const PATH = "/simulator/faults";
let kinds = {};

async function send(method, path, body) {
  const options = { method };
  if (body !== undefined) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await fetch(path, options);
  if (answer.ok) return "";
  try {
    return (await answer.json()).error;
  } catch {
    return `The simulator answered ${answer.status}`;
  }
}

const pathOf = (name) => `${PATH}/${encodeURIComponent(name)}`;

export function showFaults({ rules }) {
  byId("no-rule").hidden = rules.length > 0;
  keyed(byId("rules"), rules.map((rule) => ({ id: rule.name, ...rule })), createRule, updateRule);
}

function createRule({ name }) {
  const toggle = make("button", { type: "button", role: "switch", class: "switch", onclick: () => {
    send("PATCH", pathOf(name), { enabled: toggle.getAttribute("aria-checked") !== "true" });
  } });
  return make("li", {}, toggle,
    make("div", { class: "rule" }, make("strong", {}), make("span", { class: "about" }), make("span", { class: "fired" })),
    make("button", { type: "button", class: "plain", "aria-label": `Remove the rule ${name}`, onclick: () => send("DELETE", pathOf(name)) }, "Remove"));
}

function updateRule(node, rule) {
  const toggle = node.querySelector(".switch");
  toggle.setAttribute("aria-checked", String(rule.enabled));
  toggle.setAttribute("aria-label", `Rule ${rule.name}`);
  setText(node.querySelector("strong"), rule.name);
  setText(node.querySelector(".about"), about(rule));
  setText(node.querySelector(".fired"), rule.active ? "holds now" : `fired ${rule.fired} of ${rule.seen}`);
}

function about({ do: what, command, object, where, nth, times, probability, seconds }) {
  const parts = [what, command.length ? `on ${command.join(", ")}` : "", object === "*" ? "" : `for ${object}`, where === "*" ? "" : `at ${where}`];
  if (nth.length) parts.push(`call ${nth.join(", ")}`);
  if (times !== null) parts.push(`at most ${times} times`);
  if (probability < 1) parts.push(`${Math.round(probability * 100)}% of the time`);
  if (seconds !== null) parts.push(`${seconds} s`);
  return parts.filter(Boolean).join(" ");
}

export async function startForm() {
  const known = await (await fetch("/simulator/commands")).json();
  kinds = known.kinds;
  byId("commands").append(...known.commands.map((value) => make("option", { value })));
  const choice = byId("rule-do");
  choice.append(...Object.keys(kinds).map((value) => make("option", { value }, value)));
  choice.addEventListener("change", explain);
  explain();
  byId("new-rule").addEventListener("submit", add);
}

function explain() {
  const kind = kinds[byId("rule-do").value];
  setText(byId("rule-text"), kind.text);
  byId("rule-where").closest(".field").hidden = kind.place !== "cloud";
  byId("rule-command").closest(".field").hidden = kind.place === "life";
}

async function add(event) {
  event.preventDefault();
  const form = event.target;
  const entry = {};
  for (const [name, value] of new FormData(form)) {
    const text = value.trim();
    if (text) entry[name] = ["nth", "probability", "seconds"].includes(name) ? Number(text) : text;
  }
  const what = entry.do;
  if (kinds[what].place !== "cloud") delete entry.where;
  if (kinds[what].place === "life") delete entry.command;
  const error = await send("POST", PATH, entry);
  setText(byId("rule-error"), error);
  if (!error) {
    form.reset();
    byId("rule-do").value = what;
    explain();
  }
}

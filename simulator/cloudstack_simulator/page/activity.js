// Calls, jobs and events; tabs that arrow keys move between.

import { badge, byId, clockTime, keyed, make, setText } from "./dom.js";

export function showActivity({ counters, calls, jobs, events }) {
  for (const [id, value] of [["total", counters.total], ["changes", counters.changes], ["errors", counters.errors]]) {
    setText(byId(id), value.toLocaleString("en"));
  }
  rows("calls", calls, (cells, call) => {
    setText(cells[1], call.command || "(none)");
    answer(cells[2], call.status);
    explain(cells[3], call.error ?? "", Object.entries(call.params));
  });
  rows("jobs", jobs, (cells, job) => {
    setText(cells[1], job.command);
    badge(cells[2].firstElementChild, job.state);
    explain(cells[3], job.text, job.object ? [[job.kind, job.object]] : []);
  });
  rows("events", events, (cells, event) => {
    setText(cells[1], event.type);
    const shown = cells[2].firstElementChild;
    shown.dataset.tone = { INFO: "quiet", WARN: "wait" }[event.level] ?? "bad";
    setText(shown, event.level);
    explain(cells[3], "", [["", event.text]]);
  });
}

function rows(id, items, fill) {
  byId(`no-${id}`).hidden = items.length > 0;
  byId(id).parentElement.hidden = items.length === 0;
  keyed(byId(id), items, createRow, (node, item) => {
    setText(node.cells[0], clockTime(item.time));
    fill(node.cells, item);
  });
}

// Roles are told, because a narrow page lays rows out as blocks, and then they would be no table any more.
function createRow() {
  return make("tr", { role: "row" }, make("td", { role: "cell", class: "time" }), make("th", { role: "rowheader", scope: "row" }),
    make("td", { role: "cell" }, make("span", { class: "badge" })),
    make("td", { role: "cell", class: "text" }, make("span", { class: "why" }), make("span", { class: "given" })));
}

function answer(cell, status) {
  const shown = cell.firstElementChild;
  shown.dataset.tone = status === 200 ? "good" : "bad";
  setText(shown, status === 0 ? "none" : status);
}

const CREDENTIALS = new Set(["apikey", "signature", "sessionkey"]);

// Why it failed, and below it what was given: names stand out from their values.
function explain(cell, why, given) {
  const [reason, list] = cell.children;
  setText(reason, why);
  reason.hidden = !why;
  const shown = given.filter(([name]) => !CREDENTIALS.has(name.toLowerCase()));
  if (list.childElementCount === shown.length) return;
  list.replaceChildren(...shown.map(([name, value]) => make("span", { class: "pair" }, name && make("b", {}, `${name}=`), value)));
}

export function startTabs() {
  const tabs = [...document.querySelectorAll('[role="tab"]')];
  const select = (chosen) => {
    for (const tab of tabs) {
      const is = tab === chosen;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      byId(tab.getAttribute("aria-controls")).hidden = !is;
    }
    chosen.focus();
  };
  const steps = { ArrowRight: 1, ArrowLeft: -1 };
  tabs.forEach((tab, place) => {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const step = steps[event.key];
      const ends = { Home: tabs[0], End: tabs[tabs.length - 1] };
      const next = step ? tabs[(place + step + tabs.length) % tabs.length] : ends[event.key];
      if (!next) return;
      event.preventDefault();
      select(next);
    });
  });
}

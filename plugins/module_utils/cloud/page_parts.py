# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of a plan carries along: its style, and a script without which it can be read all the same."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --quiet: #566170; --line: #cdd5de; --tile: #f1f4f7;
  --lit: #0b62c4; --create: #1a7f37; --update: #8a5a00; --replace: #7a45d0; --delete: #c3202c; --wash: 10%; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --quiet: #a3aebc; --line: #3a4452;
  --tile: #1e252f; --lit: #6cb2ff; --create: #56d364; --update: #e3b341; --replace: #c09bff; --delete: #ff8078;
  --wash: 16%; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 80rem; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.about, .place, .hint { color: var(--quiet); } .about { margin: .2rem 0 1.2rem; } .hint { margin: -.4rem 0 .6rem; }
.skip { position: absolute; left: -100rem; } .skip:focus { position: static; }
a { color: var(--lit); } :focus-visible { outline: 2px solid var(--lit); outline-offset: 2px; }
.sums { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; margin: 0; list-style: none; }
.sums li > * { display: block; font: inherit; color: inherit; background: none; border: 1px solid var(--line);
  border-radius: .55rem; padding: .35rem .9rem .35rem .8rem; border-left: .3rem solid var(--kind, var(--line)); }
.sums button { cursor: pointer; } .sums [aria-pressed=true] { background: var(--tile); border-color: var(--kind); }
.sums b { font-size: 1.35rem; margin-right: .35rem; }
.create { --kind: var(--create); } .update { --kind: var(--update); } .replace { --kind: var(--replace); }
.delete, .failed { --kind: var(--delete); }
.lost { border-left: .3rem solid var(--update); background: var(--tile); border-radius: .3rem; padding: .5rem 1rem; }
.lost ul { margin: 0; padding-left: 1.2rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .55rem; padding: .8rem; }
.search { display: flex; flex-wrap: wrap; gap: 1rem; align-items: baseline; margin-bottom: .6rem; }
.search input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--quiet);
  border-radius: .4rem; padding: .25rem .6rem; width: 22rem; max-width: 100%; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); }
td { overflow-wrap: anywhere; } td:last-child { min-width: 16rem; }
tr:last-child td { border-bottom: 0; } tr:target { background: var(--tile); }
tr:target td:first-child { box-shadow: inset .25rem 0 var(--lit); } :is(td, th):first-child { padding-left: .6rem; }
.sign { color: var(--kind); font-weight: 700; white-space: nowrap; } p.failed, .failed.why { color: var(--kind); }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
del { color: var(--quiet); } ins { text-decoration: none; } summary { cursor: pointer; }
svg { display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); } svg .say { fill: var(--quiet); font-size: 11px; }
svg rect { fill: var(--tile); stroke: var(--line); stroke-width: 1; }
svg rect.place { fill: var(--paper); }
svg rect:is(.create, .update, .replace, .delete, .failed) { stroke: var(--kind); stroke-width: 1.6;
  fill: color-mix(in srgb, var(--kind) var(--wash), var(--paper)); }
svg rect.place:is(.create, .update, .replace, .delete, .failed) {
  fill: color-mix(in srgb, var(--kind) 3%, var(--paper)); }
svg .storage-pool, svg .image-store { rx: 12px; } svg rect:is(.delete, .failed) { stroke-dasharray: 5 3; }
svg .joint { fill: var(--quiet); stroke: none; }
svg .edge { fill: none; stroke: var(--quiet); stroke-width: 1.2; opacity: .7; }
svg a:hover rect { stroke-width: 2.4; } svg a:focus-visible { outline: none; }
svg a:focus-visible rect { stroke: var(--lit); stroke-width: 3; }
svg.looking > *:not(.lit) { opacity: .22; } svg.looking .edge.lit { stroke: var(--lit); stroke-width: 1.8; opacity: 1; }
svg a, svg .edge { transition: opacity .12s; }
@media (prefers-reduced-motion: reduce) { svg a, svg .edge { transition: none; } }
@media print { .search, .skip { display: none; } }
"""
SCRIPT = """
const all = (what, where = document) => [...where.querySelectorAll(what)];
for (const graph of all('svg.graph')) {
  const edges = all('.edge', graph), named = all('[data-name]', graph);
  const reach = (start, here, there) => {
    const found = new Set([start]);
    for (let before = 0; before < found.size;) {
      before = found.size;
      for (const edge of edges) if (found.has(edge.dataset[here])) found.add(edge.dataset[there]);
    }
    return found;
  };
  const look = (event) => {
    const box = event.target.closest('[data-name]');
    graph.classList.toggle('looking', Boolean(box));
    if (!box) return;
    const ways = [reach(box.dataset.name, 'from', 'to'), reach(box.dataset.name, 'to', 'from')];
    for (const edge of edges) {
      edge.classList.toggle('lit', ways.some((way) => way.has(edge.dataset.from) && way.has(edge.dataset.to)));
    }
    for (const one of named) one.classList.toggle('lit', ways.some((way) => way.has(one.dataset.name)));
  };
  const leave = () => graph.classList.remove('looking');
  for (const event of ['pointerover', 'focusin']) graph.addEventListener(event, look);
  for (const event of ['pointerleave', 'focusout']) graph.addEventListener(event, leave);
}
const rows = all('#changes tr'), buttons = all('.sums button'), search = document.querySelector('#search');
const filter = () => {
  const words = search.value.toLowerCase().split(/\\s+/), kinds = buttons.filter((one) => one.ariaPressed === 'true');
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = (kinds.length && !kinds.some((one) => row.classList.contains(one.dataset.kind)))
      || !words.every((word) => text.includes(word));
  }
  document.querySelector('#shown').textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
};
if (search) {
  search.closest('.search').hidden = false;
  search.addEventListener('input', filter);
  for (const button of buttons) button.addEventListener('click', () => {
    button.ariaPressed = String(button.ariaPressed !== 'true');
    filter();
  });
  addEventListener('hashchange', () => {
    if (!document.querySelector(':target')?.hidden) return;
    search.value = '';
    for (const button of buttons) button.ariaPressed = 'false';
    filter();
    document.querySelector(':target').scrollIntoView();
  });
}
"""

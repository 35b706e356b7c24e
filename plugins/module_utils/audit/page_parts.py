# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of an audit carries along: its frame, its style, and a script that filters."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1b2330; --paper: #f6f7f9; --card: #fff; --quiet: #55606e; --line: #d3dae2;
  --lit: #0b5fc0; --critical: #b3123a; --high: #b34700; --medium: #7d5c00; --low: #3d6080; --fine: #136a2c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7ebf1; --paper: #12161c; --card: #1a2029; --quiet: #a5b0be;
  --line: #343e4b; --lit: #76b5ff; --critical: #ff7d95; --high: #ffa563; --medium: #e6c15a; --low: #9cc3e6;
  --fine: #5ad17a; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; color: var(--ink); background: var(--paper);
  margin: 0; }
main, header > div { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem; }
header { background: var(--card); border-bottom: 1px solid var(--line); padding: 1.8rem 0 1.4rem; }
.top { font-size: .82rem; letter-spacing: .08em; text-transform: uppercase; color: var(--quiet); margin: 0; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .15rem 0 .2rem; } .about { color: var(--quiet); margin: 0 0 1.1rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .8rem; } h3 { font-size: 1.05rem; margin: 0; }
a { color: var(--lit); } :focus-visible { outline: 2px solid var(--lit); outline-offset: 2px; }
.skip { position: absolute; left: -100rem; } .skip:focus { position: static; }
.critical { --kind: var(--critical); } .high { --kind: var(--high); } .medium { --kind: var(--medium); }
.low { --kind: var(--low); }
.sums { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .7rem; padding: 0; margin: 0;
  list-style: none; }
.sums button { display: flex; align-items: baseline; gap: .5rem; width: 100%; font: inherit; color: inherit;
  cursor: pointer; background: color-mix(in srgb, var(--kind) 7%, var(--card)); border: 1px solid var(--line);
  border-top: .25rem solid var(--kind); border-radius: .6rem; padding: .55rem .9rem .6rem; text-align: left; }
.sums b { font-size: 1.7rem; line-height: 1; font-variant-numeric: tabular-nums; } .sums .sign { color: var(--kind); }
.sums [aria-pressed=true] { background: color-mix(in srgb, var(--kind) 20%, var(--card)); border-color: var(--kind); }
.search { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin: 1.4rem 0 0; }
.search[hidden] { display: none; }
.search label { display: flex; align-items: center; gap: .5rem; }
.search :is(input, select) { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet);
  border-radius: .45rem; padding: .3rem .6rem; max-width: 100%; } .search input { width: 19rem; }
.search output { color: var(--quiet); margin-left: auto; }
.rule { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--kind);
  border-radius: .6rem; padding: 1rem 1.2rem; margin: 0 0 1rem; scroll-margin-top: 1rem; }
.rule[hidden] { display: none; }
.rule:target { border-color: var(--kind); }
.number { display: inline-block; min-width: 1.6rem; text-align: center; font-size: .85rem; border-radius: 1rem;
  padding: 0 .5rem; background: color-mix(in srgb, var(--kind) 16%, var(--card)); }
.why { margin: .35rem 0 .2rem; } .remedy { margin: 0 0 .7rem; color: var(--quiet); }
.remedy b { color: var(--ink); margin-right: .3rem; }
code { font: 12.5px/1.5 ui-monospace, Menlo, monospace; background: color-mix(in srgb, var(--quiet) 12%, var(--card));
  border-radius: .3rem; padding: .08rem .35rem; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .42rem 1rem .42rem 0; border-top: 1px solid var(--line);
  font-weight: 400; } thead th { border-top: 0; color: var(--quiet); font-size: .85rem; }
th, td { overflow-wrap: anywhere; } tbody th { font-weight: 600; }
thead :nth-child(1) { width: 8rem; } thead :nth-child(2) { width: 27%; } thead :nth-child(3) { width: 16%; }
.kind { display: block; font-weight: 400; font-size: .82rem; color: var(--quiet); }
.badge { color: var(--kind); font-weight: 600; } .more, .told { color: var(--quiet); }
.fine { font-size: 1.1rem; color: var(--fine); }
.rules { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: .5rem 1.5rem; padding: 0;
  margin: 0 0 3rem; list-style: none; } .rules li { display: flex; gap: .6rem; }
.rules .sign { flex: none; width: 1.4rem; height: 1.4rem; border-radius: 50%; text-align: center; line-height: 1.4rem;
  font-weight: 700; background: color-mix(in srgb, var(--tone) 10%, var(--card)); color: var(--tone); }
.rules .ok { --tone: var(--fine); } .rules .found { --tone: var(--high); } .rules .skipped { --tone: var(--quiet); }
@media (max-width: 40rem) { .search output { margin-left: 0; } .search :is(label, input, select) { width: 100%; }
  .search label { flex-direction: column; align-items: start; gap: .2rem; }
  table, tbody { display: block; } thead { position: absolute; left: -100rem; }
  tbody tr:not([hidden]) { display: grid; grid-template-columns: 7rem 1fr; border-top: 1px solid var(--line); }
  tbody :is(th, td) { border: 0; padding: .3rem 0; } tbody td:nth-child(4) { grid-column: 1 / -1; }
  tbody td:nth-child(3) { display: none; } }
@media print { .search, .skip { display: none; } body { background: none; } }
"""
SCRIPT = """
const all = (what, where = document) => [...where.querySelectorAll(what)];
const buttons = all('.sums button'), search = document.querySelector('#search'), only = document.querySelector('#rule');
const sections = all('.rule'), count = document.querySelector('#shown'), rows = all('.rule tbody tr');
const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
const filter = () => {
  const words = search.value.toLowerCase().split(/\\s+/), wanted = buttons.filter((one) => one.ariaPressed === 'true');
  let shown = 0;
  for (const section of sections) {
    let here = 0;
    for (const row of all('tbody tr', section)) {
      row.hidden = (only.value && only.value !== section.dataset.rule)
        || (wanted.length && !wanted.some((one) => one.dataset.severity === row.dataset.severity))
        || !words.every((word) => texts.get(row).includes(word));
      here += !row.hidden;
    }
    section.hidden = !here;
    shown += here;
  }
  count.textContent = `${shown} of ${rows.length} shown`;
};
if (rows.length) {
  document.querySelector('.search').hidden = false;
  search.addEventListener('input', filter);
  only.addEventListener('change', filter);
  for (const button of buttons) button.addEventListener('click', () => {
    button.ariaPressed = String(button.ariaPressed !== 'true');
    filter();
  });
  addEventListener('hashchange', () => {
    const target = document.querySelector(':target');
    if (!target || !target.hidden) return;
    search.value = only.value = '';
    for (const button of buttons) button.ariaPressed = 'false';
    filter();
    target.scrollIntoView();
  });
  filter();
}
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Cloud audit: {verdict}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#findings">Go to the findings</a>
<header><div>
<p class="top">Cloud audit</p>
<h1>{verdict}</h1>
<p class="about">{about}</p>
<ul class="sums" aria-label="Findings by severity; press to show only these">{sums}</ul>
<form class="search" role="search" hidden onsubmit="return false">
<label>Search <input id="search" type="search" autocomplete="off"></label>
<label>Rule <select id="rule"><option value="">all</option>{options}</select></label>
<output id="shown" aria-live="polite"></output>
</form>
</div></header>
<main>
<h2 id="findings">Findings</h2>
{none}{sections}
<h2>What was looked at</h2>
<ul class="rules">{rules}</ul>
</main>
<script>{script}</script>
</body>
</html>
"""

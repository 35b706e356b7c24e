# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame and the style of a campaign's page: readable by day and by night, on a desk and on a telephone."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --quiet: #566170; --line: #cdd5de; --tile: #f1f4f7;
  --done: #2e7d4f; --failed: #b3261e; --unsafe: #7a1fa2; --running: #1565c0; --already: #3f6fd0; --still: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --quiet: #a3aebc; --line: #3a4452;
  --tile: #1e252f; --done: #56c97f; --failed: #ff8078; --unsafe: #d59bff; --running: #6cb2ff; --already: #86aeff;
  --still: #98a2b0; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 72rem; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.quiet { color: var(--quiet); margin: .3rem 0 1rem; }
.done { --kind: var(--done); } .failed { --kind: var(--failed); } .unsafe { --kind: var(--unsafe); }
.running { --kind: var(--running); } .already { --kind: var(--already); }
.waiting, .skipped, .left { --kind: var(--still); }
ul.sums { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; margin: 0; list-style: none; }
ul.sums li { border: 1px solid var(--line); border-left: .3rem solid var(--kind); border-radius: .55rem;
  padding: .35rem .9rem .35rem .8rem; }
ul.sums b { font-size: 1.35rem; margin-right: .35rem; }
.stopped { border-left: .3rem solid var(--failed); background: var(--tile); border-radius: .3rem; padding: .5rem 1rem; }
.badly { padding: 0; margin: 0; list-style: none; }
.badly li { border-left: .3rem solid var(--kind); padding: .1rem 0 .1rem .8rem; margin: .6rem 0;
  overflow-wrap: anywhere; }
.box { overflow-x: auto; border: 1px solid var(--line); border-radius: .55rem; }
:focus-visible { outline: 2px solid var(--running); outline-offset: 2px; }
svg { display: block; width: 100%; min-width: 44rem; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg text.small { font-size: 10px; fill: var(--quiet); } svg text.on { fill: var(--paper); }
svg rect { fill: var(--kind); } svg line { stroke: var(--line); } svg line.mark { stroke: var(--quiet); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); }
:is(td, th):is(:nth-child(3), :nth-child(4), :nth-child(5), :nth-child(6)) { white-space: nowrap; }
tr:last-child td { border-bottom: 0; } :is(td, th):first-child { padding-left: .8rem; }
th { font-weight: 600; background: var(--tile); }
td:is(:nth-child(2), :nth-child(7), :last-child) { overflow-wrap: anywhere; min-width: 9rem; }
td:first-child { border-left: .3rem solid var(--kind); white-space: nowrap; }
@media (max-width: 45rem) {
  thead { position: absolute; left: -100rem; } table, tbody, tr, td { display: block; }
  td { border: 0; padding: 0 .8rem; } td:empty { display: none; }
  tr { border-bottom: 1px solid var(--line); border-left: .3rem solid var(--kind); padding: .4rem 0; }
  td:first-child { border-left: 0; font-weight: 600; }
  td:nth-child(4)::before { content: "Begun "; } td:nth-child(5)::before { content: "Took "; }
  td:nth-child(6)::before { content: "Tries "; } td:nth-child(7)::before { content: "Interrupted: "; }
}
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="quiet">{when}</p>
<ul class="sums" aria-label="How many targets ended how">{counts}</ul>
{stopped}
{badly}
<h2>Who was interrupted, and when</h2>
<div class="box" role="region" aria-label="Timeline" tabindex="0">
{picture}
</div>
{legend}
<h2>All targets</h2>
<div class="box" role="region" aria-label="All targets" tabindex="0">
<table>
<thead><tr>
<th scope="col">Name</th><th scope="col">Place</th><th scope="col">State</th><th scope="col">Begun (UTC)</th>
<th scope="col">Took</th><th scope="col">Tries</th><th scope="col">Interrupted</th><th scope="col">Remark</th>
</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
{marks}
</main>
</body>
</html>
"""
LEGEND = '<p class="quiet">A dashed line is what concerned everybody, such as the end of a batch: see below.</p>'
MARKS = "<h2>What happened to all</h2>\n<ol>{rows}</ol>"

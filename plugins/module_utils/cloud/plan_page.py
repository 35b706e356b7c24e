# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as a page for the browser: sums, every change with its values, the graph and the zones as pictures.

The page is one file that loads nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ..reconcile import Change
from .document import Work
from .events import event_text
from .graph import Graph
from .graph_picture import graph_picture
from .plan_text import SIGNS, WORDS, counts, plain, summary
from .zone_picture import zone_pictures

_ORDER = ("delete", "replace", "update", "create")
"""What may hurt comes first."""
_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --quiet: #5b6675; --line: #c9d1da; --tile: #eef1f5;
  --create: #1a7f37; --update: #9a6700; --replace: #8250df; --delete: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --paper: #14181f; --quiet: #9aa5b4; --line: #3a4452;
  --tile: #222a35; --create: #56d364; --update: #e3b341; --replace: #bc8cff; --delete: #ff7b72; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 76rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.sums { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
.sums li { border: 1px solid var(--line); border-radius: .5rem; padding: .4rem .9rem; }
.sums b { font-size: 1.3rem; margin-right: .35rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .5rem; padding: .5rem; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.place { color: var(--quiet); }
.create > .sign { color: var(--create); } .update > .sign { color: var(--update); }
.replace > .sign { color: var(--replace); } .delete > .sign, .failed { color: var(--delete); }
.sign { font-weight: 700; white-space: nowrap; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg rect { fill: var(--tile); stroke: var(--line); } svg .place { fill: none; }
svg .edge { fill: none; stroke: var(--quiet); stroke-width: 1.2; opacity: .65; }
svg .create { stroke: var(--create); stroke-width: 2; } svg .update { stroke: var(--update); stroke-width: 2; }
svg .replace { stroke: var(--replace); stroke-width: 2; }
svg .storage-pool, svg .image-store { rx: 12px; }
svg .delete, svg rect.failed { stroke: var(--delete); stroke-width: 2; stroke-dasharray: 4 3; }
"""


def plan_page(graph: Graph, works: Sequence[Work], *, title: str, lost: Sequence[str] = ()) -> str:
    """HTML of a plan. ``lost``: what the restoring document will not bring back."""
    changed = sorted((work for work in works if work.plan.changed), key=lambda work: _ORDER.index(work.plan.action))
    parts = [
        f"<h1>{escape(title)}</h1>",
        _sums(works),
        "" if changed else "<p>Everything is as the document says.</p>",
        _section("What cannot be restored", _list(lost)) if lost else "",
        _section("What needs what", _scroll(graph_picture(graph, works))) if changed else "",
        *(_section(f"Zone {escape(name)}", _scroll(picture)) for name, picture in zone_pictures(graph, works)),
        _section("Changes", _table(changed)) if changed else "",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {escape(summary(works))}</title><style>{_STYLE}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main></body></html>\n"
    )


def _section(heading: str, content: str) -> str:
    return f"<section><h2>{heading}</h2>\n{content}</section>"


def _scroll(content: str) -> str:
    return f'<div class="scroll" tabindex="0">{content}</div>'


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _sums(works: Sequence[Work]) -> str:
    found = counts(works)
    shown = [(found[action], word) for action, word in WORDS.items() if found.get(action)]
    items = "".join(f"<li><b>{count}</b>{word}</li>" for count, word in [*shown, (found["unchanged"], "unchanged")])
    return f'<ul class="sums">{items}</ul>'


def _table(changed: Sequence[Work]) -> str:
    rows = "".join(_row(work) for work in changed)
    return (
        '<div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Action</th><th scope="col">Object</th>'
        f'<th scope="col">Values</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(work: Work) -> str:
    touched = f'<br><span class="place">{escape(event_text(work.last_event))}</span>' if work.last_event else ""
    place = f'<span class="place">{escape(work.node.path)}</span>{touched}{_outcome(work)}'
    return (
        f'<tr class="{work.plan.action}"><td class="sign">{SIGNS[work.plan.action]} {work.plan.action}</td>'
        f"<td><b>{escape(work.node.title)}</b><br>{place}</td>"
        f"<td>{_values(work)}</td></tr>"
    )


def _values(work: Work) -> str:
    values = "<br>".join(_change(change) for change in work.plan.changes)
    if work.plan.action != "create":
        return values
    return f"<details><summary>{len(work.plan.changes)} values</summary>{values}</details>"


def _outcome(work: Work) -> str:
    if work.error:
        return f'<br><span class="failed">{escape(str(work.error))}</span>'
    return f'<br><span class="failed">skipped: {escape(work.skipped)}</span>' if work.skipped else ""


def _change(change: Change) -> str:
    before = "" if change.before is None else f"<del><code>{escape(plain(change.before))}</code></del>"
    after = "" if change.after is None else f"<code>{escape(plain(change.after))}</code>"
    return f"{escape(change.option)}: {' → '.join(value for value in (before, after) if value)}"

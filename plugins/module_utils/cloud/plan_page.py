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
from .page_parts import SCRIPT, STYLE
from .plan_text import SIGNS, WORDS, counts, plain, summary
from .zone_picture import zone_pictures

_ORDER = ("delete", "replace", "update", "create")
"""What may hurt comes first."""


def plan_page(graph: Graph, works: Sequence[Work], *, title: str, about: str = "", lost: Sequence[str] = ()) -> str:
    """HTML of a plan. ``about``: of what and when. ``lost``: what the restoring document will not bring back."""
    changed = sorted((work for work in works if work.plan.changed), key=lambda work: _ORDER.index(work.plan.action))
    anchors = {work.node: f"c{number}" for number, work in enumerate(changed, 1)}
    needs = graph_picture(graph, works, anchors)
    parts = [
        '<a class="skip" href="#changes">To the changes</a>' if changed else "",
        f'<h1>{escape(title)}</h1>\n<p class="about">{escape(about)}</p>',
        _sums(works),
        "" if changed else "<p>Everything is as the document says.</p>",
        _section("What cannot be restored", f'<div class="lost">{_list(lost)}</div>') if lost else "",
        _section("What needs what", _scroll(needs, "What needs what"), _HINT) if needs else "",
        *(
            _section(f"Zone {escape(name)}", _scroll(picture, f"Zone {escape(name)}"))
            for name, picture in zone_pictures(graph, works, anchors)
        ),
        _section("Changes", _table([(anchors[work.node], work) for work in changed])) if changed else "",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {escape(summary(works))}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(part for part in parts if part)
        + f"\n</main><script>{SCRIPT}</script></body></html>\n"
    )


_HINT = "From left to right. Point at an object to see what it needs and what waits for it; its values stand below."


def _section(heading: str, content: str, hint: str = "") -> str:
    said = f'<p class="hint">{hint}</p>\n' if hint else ""
    return f"<section><h2>{heading}</h2>\n{said}{content}</section>"


def _scroll(content: str, label: str) -> str:
    return f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{content}</div>'


def _list(sentences: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences) + "</ul>"


def _sums(works: Sequence[Work]) -> str:
    """The counts; a press on one shows only its changes."""
    found = counts(works)
    items = [
        f'<li><button type="button" class="{action}" data-kind="{action}" aria-pressed="false">'
        f"<b>{found[action]}</b>{word}</button></li>"
        for action, word in WORDS.items()
        if found.get(action)
    ]
    return f'<ul class="sums">{"".join(items)}<li><span><b>{found["unchanged"]}</b>unchanged</span></li></ul>'


def _table(changed: Sequence[tuple[str, Work]]) -> str:
    rows = "".join(_row(anchor, work) for anchor, work in changed)
    return (
        '<div class="search" hidden><label>Show <input id="search" type="search" placeholder="names, places, values">'
        '</label><span id="shown" role="status" class="place"></span></div>\n'
        '<div class="scroll" tabindex="0" role="region" aria-label="Changes"><table><thead><tr>'
        '<th scope="col">Action</th><th scope="col">Object</th><th scope="col">Values</th></tr></thead>'
        f'<tbody id="changes">{rows}</tbody></table></div>'
    )


def _row(anchor: str, work: Work) -> str:
    touched = f'<br><span class="place">{escape(event_text(work.last_event))}</span>' if work.last_event else ""
    place = f'<span class="place">{escape(work.where)}</span>{touched}{_outcome(work)}'
    action = work.plan.action
    return (
        f'<tr id="{anchor}" class="{action}"><td class="sign">{SIGNS[action]} {action}</td>'
        f"<td><b>{escape(work.node.title)}</b><br>{place}</td>"
        f"<td>{_values(work)}</td></tr>\n"
    )


def _values(work: Work) -> str:
    new = work.plan.action == "create"
    values = "<br>".join(_change(change, new) for change in work.plan.changes)
    if not new or len(work.plan.changes) == 1:
        return values
    return f"<details><summary>{len(work.plan.changes)} values</summary>{values}</details>"


def _outcome(work: Work) -> str:
    if work.error:
        return f'<br><span class="failed why">failed: {escape(str(work.error))}</span>'
    return f'<br><span class="failed why">skipped: {escape(work.skipped)}</span>' if work.skipped else ""


def _change(change: Change, new: bool) -> str:
    before = "" if new else f"<del><code>{escape(plain(change.before))}</code></del>"
    after = "" if change.after is None else f"<ins><code>{escape(plain(change.after))}</code></ins>"
    return f"{escape(change.option)}: {' → '.join(value for value in (before, after) if value)}"

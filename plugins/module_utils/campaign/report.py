# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a campaign: JSON for machines, one HTML page with a timeline for people.

The page needs nothing from the network and runs no script; the picture is SVG with a text for screen readers.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import accumulate
from pathlib import Path
from typing import Any

from ..client import InvalidInput

COLOURS = {
    "done": "#2e7d4f",
    "failed": "#b3261e",
    "unsafe": "#7a1fa2",
    "running": "#1565c0",
    "waiting": "#8a8f98",
    "skipped": "#8a8f98",
    "left": "#8a8f98",
    "already": "#5b8def",
}
WELL = ("done", "already")
ROW, THIN, NAMED = 22, 4, 150
"""Heights of a row with a name and without one; up to so many steps are all named."""
LEFT, RIGHT, TOP, WIDTH = 270, 20, 26, 960


def write_report(path: str, report: Mapping[str, Any]) -> list[str]:
    """Writes ``path.json`` and ``path.html``, each whole or not at all. Returns the names of the files."""
    base, written = check_place(path), []
    for suffix, text in ((".json", json.dumps(report, indent=1) + "\n"), (".html", html(report))):
        target = base.with_name(base.name + suffix)
        fresh = base.with_name(f".{base.name}{suffix}.{os.getpid()}")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(target)
        written.append(str(target))
    return written


def check_place(path: str) -> Path:
    """The path of a report, if its folder is there. Raises InvalidInput."""
    base = Path(path).expanduser()
    if not base.parent.is_dir():
        raise InvalidInput(
            f"report: the folder {base.parent} does not exist",
            option="report",
            remedy="create it, or give another path",
        )
    return base


def html(report: Mapping[str, Any]) -> str:
    """The whole page."""
    title = f"{report['procedure'].replace('_', ' ')}: report"
    return PAGE.format(
        title=escape(title),
        when=f"{_stamp(report['begun'])} to {_stamp(report['ended']) if report['ended'] else 'now'}",
        counts=_counts(report["counts"]),
        picture=timeline(report),
        rows="\n".join(_row(target) for target in report["targets"]),
        marks="\n".join(
            f"<li><time>{_stamp(mark['at'])}</time> {escape(mark['text'])}</li>" for mark in report["marks"]
        ),
    )


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(
        f'<li><b style="color:{COLOURS.get(state, "#333")}">{number}</b> {escape(state)}</li>'
        for state, number in counts.items()
    )


def _row(target: Mapping[str, Any]) -> str:
    took = f"{target['ended'] - target['begun']:.0f} s" if target["ended"] and target["begun"] else ""
    cells = (
        target["name"],
        "/".join(part for part in target["place"] if part),
        target["state"],
        _clock(target["begun"]) if target["begun"] else "",
        took,
        str(target["attempts"] or ""),
        ", ".join(target["interrupts"]),
        target["reason"],
    )
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{escape(target["state"])}">{shown}</tr>'


def timeline(report: Mapping[str, Any]) -> str:
    """Who was interrupted when: one bar for each step that was taken, in the order of their begin.

    Where there are so many that names would make it endless, only those that did not end well are named.
    """
    worked = sorted((t for t in report["targets"] if t["begun"]), key=lambda target: target["begun"])
    if not worked:
        return "<p>No step was taken.</p>"
    begin = worked[0]["begun"]
    end = max([report["ended"], *(target["ended"] or target["begun"] for target in worked)])
    scale = (WIDTH - LEFT - RIGHT) / max(end - begin, 0.001)
    rows = [ROW if len(worked) <= NAMED or target["state"] not in WELL else THIN for target in worked]
    height = sum(rows) + 40
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}" aria-labelledby="picture-title">'
        f'<title id="picture-title">Timeline of {len(worked)} steps over {end - begin:.0f} seconds; '
        "the table below has the same figures.</title>"
        + "".join(_grid(begin, end, scale, height))
        + "".join(_mark(mark, begin, end, scale, height) for mark in report["marks"])
        + "".join(
            _bar(target, y, row, begin, end, scale) for target, y, row in zip(worked, _places(rows), rows, strict=True)
        )
        + "</svg>"
    )


def _places(rows: Sequence[int]) -> list[int]:
    return [TOP, *(TOP + below for below in accumulate(rows))][: len(rows)]


def _grid(begin: float, end: float, scale: float, height: int) -> Sequence[str]:
    lines = []
    for part in range(5):
        at = begin + (end - begin) * part / 4
        x = LEFT + (at - begin) * scale
        lines.append(f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 12}" stroke="#d7dade"/>')
        anchor = "end" if part == 4 else "middle" if part else "start"
        lines.append(f'<text x="{x:.1f}" y="14" text-anchor="{anchor}" class="small">{_clock(at)}</text>')
    return lines


def _mark(mark: Mapping[str, Any], begin: float, end: float, scale: float, height: int) -> str:
    """A barrier, or what stopped the campaign."""
    x = LEFT + (min(max(mark["at"], begin), end) - begin) * scale
    return (
        f"<g><title>{escape(mark['text'])}</title>"
        f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 12}" stroke="#555b66" stroke-dasharray="3 4"/></g>'
    )


def _bar(target: Mapping[str, Any], y: int, row: int, begin: float, end: float, scale: float) -> str:
    x = LEFT + (target["begun"] - begin) * scale
    width = max(((target["ended"] or end) - target["begun"]) * scale, 2.0)
    colour = COLOURS.get(target["state"], "#333")
    cut = ", ".join(target["interrupts"])
    hint = f"{target['name']}: {target['state']}" + (f"; interrupted: {cut}" if cut else "")
    thick, round_by = (row - 6, 3) if row == ROW else (row - 1, 1)
    drawn = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{thick}" rx="{round_by}" fill="{colour}"/>'
    words = _name(target, y) + _remark(target, x, width, y) if row == ROW else ""
    return f"<g><title>{escape(hint)}</title>{drawn}{words}</g>"


def _name(target: Mapping[str, Any], y: int) -> str:
    label = " · ".join((target["name"], *target["interrupts"][:1]))
    return f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(_short(label))}</text>'


def _remark(target: Mapping[str, Any], x: float, width: float, y: int) -> str:
    """In words what the colour says, where it is not what was wished for; and how often the step was tried."""
    words = [] if target["state"] in WELL else [target["state"]]
    words += [f"{target['attempts']} tries"] if words and target["attempts"] > 1 else []
    if not words:
        return ""
    outside = x + width + 4
    at, anchor = (outside, "start") if outside < WIDTH - 90 else (x - 4, "end")
    return f'<text x="{at:.1f}" y="{y + 12}" text-anchor="{anchor}" class="small">{escape(", ".join(words))}</text>'


def _short(name: str) -> str:
    return name if len(name) <= 42 else name[:41] + "…"


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")


PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light; }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1d2025; background: #f5f6f8; margin: 0; }}
main {{ max-width: 60rem; margin: 0 auto; padding: 1.5rem; }}
h1 {{ font-size: 1.5rem; margin: 0; }}
h2 {{ font-size: 1.1rem; margin: 1.5rem 0 .5rem; }}
.when {{ color: #555b66; margin: 0 0 1rem; }}
ul.counts {{ list-style: none; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; padding: 0; margin: 0 0 1rem; }}
ul.counts b {{ font-size: 1.4rem; }}
svg, .box {{ background: #fff; border: 1px solid #d7dade; border-radius: 8px; width: 100%; }}
svg text {{ font: 12px system-ui, sans-serif; fill: #1d2025; }}
svg text.small {{ font-size: 10px; fill: #555b66; }}
.box {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #e6e8eb; vertical-align: top; }}
td:nth-child(4), td:nth-child(5) {{ white-space: nowrap; }}
tr.failed td:first-child, tr.unsafe td:first-child {{ border-left: 4px solid #b3261e; }}
th {{ font-weight: 600; background: #eef0f3; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="when">{when}</p>
<ul class="counts" aria-label="How many targets ended how">{counts}</ul>
<h2>Who was interrupted, and when</h2>
{picture}
<p class="when">A dashed line is what concerned everybody, such as the end of a batch: see the end of this page.</p>
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
<h2>What happened to all</h2>
<ol>{marks}</ol>
</main>
</body>
</html>
"""

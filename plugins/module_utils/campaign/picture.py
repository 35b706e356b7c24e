# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The picture of a campaign: who was interrupted when, as SVG with a text for screen readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import accumulate
from typing import Any

WELL = ("done", "already")
ROW, THIN, NAMED = 22, 4, 150
"""Heights of a row with a name and without one; up to so many steps are all named."""
LEFT, RIGHT, TOP, WIDTH = 270, 20, 26, 960
NAME = 34
"""So many letters fit beside the bars in the widest of usual fonts."""
REMARK = 90
"""Room that words beside a bar need."""
LONG = 20 * 3600
"""From so many seconds on, times are told with their day."""


def timeline(report: Mapping[str, Any]) -> str:
    """One bar for each step that was taken, in the order of their begin.

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


def clock(seconds: float, span: float = 0.0) -> str:
    """A moment of a campaign that lasts so many seconds, as short as it can be told."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S" if span < LONG else "%m-%d %H:%M")


def _places(rows: Sequence[int]) -> list[int]:
    return [TOP, *(TOP + below for below in accumulate(rows))][: len(rows)]


def _grid(begin: float, end: float, scale: float, height: int) -> Sequence[str]:
    lines = []
    for part in range(5):
        at = begin + (end - begin) * part / 4
        x = LEFT + (at - begin) * scale
        lines.append(f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 12}"/>')
        anchor = "end" if part == 4 else "middle" if part else "start"
        words = clock(at, end - begin)
        lines.append(f'<text x="{x:.1f}" y="14" text-anchor="{anchor}" class="small">{words}</text>')
    return lines


def _mark(mark: Mapping[str, Any], begin: float, end: float, scale: float, height: int) -> str:
    """A barrier, or what stopped the campaign."""
    x = LEFT + (min(max(mark["at"], begin), end) - begin) * scale
    return (
        f"<g><title>{escape(mark['text'])}</title>"
        f'<line class="mark" x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 12}" stroke-dasharray="3 4"/></g>'
    )


def _bar(target: Mapping[str, Any], y: int, row: int, begin: float, end: float, scale: float) -> str:
    x = LEFT + (target["begun"] - begin) * scale
    width = max(((target["ended"] or end) - target["begun"]) * scale, 2.0)
    cut = ", ".join(target["interrupts"])
    hint = f"{target['name']}: {target['state']}" + (f"; interrupted: {cut}" if cut else "")
    thick, round_by = (row - 6, 3) if row == ROW else (row - 1, 1)
    drawn = f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{thick}" rx="{round_by}"/>'
    words = _name(target, y) + _remark(target, x, width, y) if row == ROW else ""
    return f'<g class="{escape(target["state"])}"><title>{escape(hint)}</title>{drawn}{words}</g>'


def _name(target: Mapping[str, Any], y: int) -> str:
    label = " · ".join((target["name"], *target["interrupts"][:1]))
    # From the left edge on: whatever font the reader has, the name itself is never cut off.
    return f'<text x="8" y="{y + 12}">{escape(_short(label))}</text>'


def _remark(target: Mapping[str, Any], x: float, width: float, y: int) -> str:
    """In words what the colour says, where it is not what was wished for; and how often the step was tried."""
    words = [] if target["state"] in WELL else [target["state"]]
    words += [f"{target['attempts']} tries"] if words and target["attempts"] > 1 else []
    if not words:
        return ""
    kind, at, anchor = "small", x + width + 4, "start"
    if at > WIDTH - REMARK and width > REMARK:
        kind, at, anchor = "small on", x + width - 6, "end"
    elif at > WIDTH - REMARK:
        at, anchor = x - 4, "end"
    said = escape(", ".join(words))
    return f'<text x="{at:.1f}" y="{y + 12}" text-anchor="{anchor}" class="{kind}">{said}</text>'


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[:NAME].rstrip() + "…"

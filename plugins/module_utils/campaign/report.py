# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a campaign: JSON for machines, one HTML page with a timeline for people.

The page needs nothing from the network and runs no script.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from ..client import InvalidInput
from .page_parts import LEGEND, MARKS, PAGE, STYLE
from .picture import clock, timeline

BADLY = ("unsafe", "failed")
"""States of what somebody has to look at."""


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
    """The whole page. What did not end well comes first, on it and in its table."""
    title = f"{report['procedure'].replace('_', ' ')}: report"
    badly = [target for state in BADLY for target in report["targets"] if target["state"] == state]
    others = [target for target in report["targets"] if target["state"] not in BADLY]
    span = (report["ended"] or report["begun"]) - report["begun"]
    return PAGE.format(
        style=STYLE,
        title=escape(title),
        when=f"{_stamp(report['begun'])} to {_until(report)}",
        counts=_counts(report["counts"]),
        stopped="".join(
            f'<p class="stopped">{escape(_sentence(mark["text"]))}</p>'
            for mark in report["marks"]
            if mark["text"].startswith("stopped")
        ),
        badly=_badly(badly),
        picture=timeline(report),
        rows="\n".join(_row(target, span) for target in (*badly, *others)),
        legend=LEGEND if report["marks"] else "",
        marks=_marks(report["marks"]) if report["marks"] else "",
    )


def _marks(marks: Sequence[Mapping[str, Any]]) -> str:
    rows = (f"<li><time>{_stamp(mark['at'])}</time> {escape(mark['text'])}</li>" for mark in marks)
    return MARKS.format(rows="\n".join(rows))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _until(report: Mapping[str, Any]) -> str:
    if not report["ended"]:
        return "now"
    minutes, seconds = divmod(round(report["ended"] - report["begun"]), 60)
    hours, minutes = divmod(minutes, 60)
    took = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
    return f"{_stamp(report['ended'])}, {took}"


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(
        f'<li class="{escape(state)}"><b>{number}</b> {escape(state)}</li>' for state, number in counts.items()
    )


def _badly(targets: Sequence[Mapping[str, Any]]) -> str:
    if not targets:
        return ""
    shown = "\n".join(
        f'<li class="{escape(target["state"])}"><b>{escape(target["name"])}</b> {escape(target["state"])} in '
        f"{escape(_place(target))}: {escape(target['reason'])}</li>"
        for target in targets
    )
    return f'<h2>Look at these</h2>\n<ul class="badly">\n{shown}\n</ul>'


def _place(target: Mapping[str, Any]) -> str:
    return "/".join(part for part in target["place"] if part)


def _row(target: Mapping[str, Any], span: float) -> str:
    took = f"{target['ended'] - target['begun']:.0f} s" if target["ended"] and target["begun"] else ""
    cells = (
        target["name"],
        _place(target),
        target["state"],
        clock(target["begun"], span) if target["begun"] else "",
        took,
        str(target["attempts"] or ""),
        ", ".join(target["interrupts"]) if target["begun"] else "",
        target["reason"],
    )
    shown = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr class="{escape(target["state"])}">{shown}</tr>'


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tenants are told about a campaign: a subject and a plain text, made from the result of its module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

LONGEST = 200
"""Lines of one list; what is over is counted."""


def subject(result: Mapping[str, Any], moment: str, title: str) -> str:
    """One line: what is announced, or how it ended."""
    what = title or str((result.get("report") or {}).get("procedure", "maintenance")).replace("_", " ")
    if moment == "before":
        return f"Announcement: {what}, {_count(len(_interruptions(result)), 'interruption')} planned"
    counts = ", ".join(f"{number} {state}" for state, number in (result.get("counts") or {}).items())
    return f"{'Failed' if result.get('failed') else 'Ended'}: {what}" + (f" ({counts})" if counts else "")


def body(result: Mapping[str, Any], moment: str, text: str) -> str:
    """The whole text. ``text``: the sender's own words, put in front."""
    parts = [text.strip()] if text.strip() else []
    parts += _announced(result) if moment == "before" else _ended(result)
    return "\n\n".join(parts) + "\n"


def _announced(result: Mapping[str, Any]) -> list[str]:
    found = _interruptions(result)
    if not found:
        return ["Nothing will be interrupted."]
    lines = [
        f"- {', '.join(entry['interrupts'])} ({entry['target']})" + _seconds(entry.get("expected_cut"))
        for entry in found
    ]
    return ["In this order will be interrupted:\n" + _listed(lines)]


def _interruptions(result: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [entry for entry in result.get("plan") or () if entry.get("interrupts")]


def _ended(result: Mapping[str, Any]) -> list[str]:
    targets = (result.get("report") or {}).get("targets") or ()
    worked = sorted((one for one in targets if one.get("begun")), key=lambda one: one["begun"])
    well = [one for one in worked if one["state"] == "done"]
    badly = [one for one in targets if one["state"] in ("failed", "unsafe")]
    left = [one for one in targets if one["state"] == "skipped"]
    parts = [str(result["msg"])] if result.get("failed") and result.get("msg") else []
    if badly:
        parts.append("Did not end well:\n" + _listed(f"- {one['name']}: {one['reason']}" for one in badly))
    if well:
        parts.append("Done, and serving again:\n" + _listed(f"- {_what(one)}, {_span(one)}" for one in well))
    if left:
        parts.append("Not touched:\n" + _listed(f"- {one['name']}: {one['reason']}" for one in left))
    if (result.get("report") or {}).get("left_out"):
        parts.append(f"Not listed here: {result['report']['left_out']} more.")
    return parts or ["Nothing was interrupted."]


def _what(target: Mapping[str, Any]) -> str:
    cut = ", ".join(target.get("interrupts") or ())
    return f"{cut} ({target['name']})" if cut else str(target["name"])


def _span(target: Mapping[str, Any]) -> str:
    begun, ended = target["begun"], target["ended"]
    return f"{datetime.fromtimestamp(begun, UTC):%Y-%m-%d %H:%M:%S} UTC, {ended - begun:.0f} s"


def _seconds(cut: Any) -> str:
    return f", about {float(cut):.0f} s" if cut else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _listed(lines: Iterable[str]) -> str:
    found = list(lines)
    more = [f"... and {len(found) - LONGEST} more"] if len(found) > LONGEST else []
    return "\n".join([*found[:LONGEST], *more])

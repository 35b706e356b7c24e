# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as lines of text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..reconcile import Change
from .document import Work
from .events import event_text

MANY = 100
"""New objects of which no screen shows the values; the plan file does."""
SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
WORDS = {"create": "to create", "update": "to change", "replace": "to replace", "delete": "to remove"}


def plan_lines(works: Sequence[Work], lost: Sequence[str] = (), *, values_of_new: bool = True) -> list[str]:
    """One paragraph for each change, what a restoring document will lack (``lost``), and the sums."""
    lines: list[str] = []
    for work in works:
        if work.plan.changed:
            lines.append(f"{SIGNS[work.plan.action]} {work.node.title}  ({work.where})")
            lines += [f"    {line}" for line in _details(work, values_of_new)]
        for change in work.plan.tolerated:
            lines.append(f"! {work.node.title}: {change_text(change)} cannot be changed and is tolerated")
    if lost:
        lines += ["", "Not restored by the restoring document:", *(f"  {sentence}" for sentence in lost)]
    return [*lines, *([""] if lines else []), summary(works)]


def shown_lines(works: Sequence[Work], lost: Sequence[str] = ()) -> list[str]:
    """The same for a screen: the values of new objects are left out where they are many."""
    return plan_lines(works, lost, values_of_new=counts(works).get("create", 0) <= MANY)


def _details(work: Work, values_of_new: bool) -> Iterator[str]:
    if work.plan.action == "create":
        if values_of_new:
            yield from (f"{change.option}: {plain(change.after)}" for change in work.plan.changes)
    elif work.plan.action != "delete":
        yield from (change_text(change) for change in work.plan.changes)
    if work.last_event:
        yield f"last touched: {event_text(work.last_event)}"
    if work.error:
        yield f"failed: {work.error}"
    if work.skipped:
        yield f"skipped: {work.skipped}"


def change_text(change: Change) -> str:
    """``display_text: "old" → "new"``."""
    return f"{change.option}: {plain(change.before)} → {plain(change.after)}"


def plain(value: Any) -> str:
    return "(nothing)" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def counts(works: Sequence[Work]) -> dict[str, int]:
    """Number of objects per action, and of those that stay as they are."""
    found = Counter(work.plan.action for work in works)
    return {"unchanged": found.pop("none", 0), **found}


def summary(works: Sequence[Work]) -> str:
    """``3 to create, 1 to change, 40 unchanged.``"""
    found = counts(works)
    parts = [f"{found[action]} {word}" for action, word in WORDS.items() if found.get(action)]
    return ", ".join([*parts, f"{found['unchanged']} unchanged"]) + "."

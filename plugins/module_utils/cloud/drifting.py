# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation drift: what apply would do, as a report that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .applying import diff_of, opened, planned, write_plan
from .document import Work
from .events import add_last_events, event_text
from .plan_text import counts, plain, shown_lines, summary


def drift(task: Any) -> dict[str, Any]:
    cloud = opened(task)
    works, removals = planned(task, cloud)
    together = [*works, *removals]
    if task.option("events"):
        for problem in add_last_events(task.client, together):
            task.warn(problem)
    found = [work for work in together if work.plan.changed]
    differing = [work for work in together if work.plan.changed or work.plan.tolerated]
    for line in shown_lines(together) if differing else ():
        task.tell(line)
    write_plan(task, cloud, together, title="Drift of the cloud")
    for work in together:
        for warning in work.warnings:
            task.warn(warning)
    result: dict[str, Any] = {
        "changed": False,
        "drifted": bool(differing),
        "plan": [work.as_dict() for work in found],
        "counts": counts(together),
        "summary": summary(together),
    }
    if task.diff:
        result["diff"] = [diff_of(work) for work in found]
    if task.option("fail") and result["drifted"]:
        result.update(failed=True, msg=f"the cloud is not as its document says: {result['summary']}{_first(differing)}")
    return result


def _first(differing: Sequence[Work], most: int = 20) -> str:
    """The differences in a few words each, for those who see no more than the message."""
    lines = [
        f"\n- {work.node.title} ({work.where}): {_what(work)}"
        + (f", last touched: {event_text(work.last_event)}" if work.last_event else "")
        for work in differing[:most]
    ]
    more = [f"\n- and {len(differing) - most} more"] if len(differing) > most else []
    return "".join([*lines, *more])


def _what(work: Work) -> str:
    if work.plan.action == "create":
        return "is missing"
    if work.plan.action == "delete":
        return "is there and should not be"
    changes = (*work.plan.changes, *work.plan.tolerated)
    return "; ".join(f"{change.option} is {plain(change.before)}, wanted {plain(change.after)}" for change in changes)

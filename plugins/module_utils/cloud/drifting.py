# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operation drift: what apply would do, as a report that changes nothing."""

from __future__ import annotations

from typing import Any

from .applying import diff_of, opened, planned, write_plan
from .events import add_last_events, event_text
from .plan_text import counts, plan_lines, summary


def drift(task: Any) -> dict[str, Any]:
    cloud = opened(task)
    works, removals = planned(task, cloud)
    together = [*works, *removals]
    if task.option("events"):
        for problem in add_last_events(task.client, together):
            task.warn(problem)
    found = [work for work in together if work.plan.changed]
    tolerated = [work for work in together if work.plan.tolerated]
    lines = plan_lines(together)
    for line in lines if found else ():
        task.tell(line)
    write_plan(task, cloud, together, title="Drift of the cloud", lines=lines)
    for work in together:
        for warning in work.warnings:
            task.warn(warning)
    result: dict[str, Any] = {
        "changed": False,
        "drifted": bool(found or tolerated),
        "plan": [work.as_dict() for work in found],
        "counts": counts(together),
        "summary": summary(together),
    }
    if task.diff:
        result["diff"] = [diff_of(work) for work in found]
    if task.option("fail") and result["drifted"]:
        result.update(failed=True, msg=f"the cloud is not as its document says: {result['summary']}{_first(found)}")
    return result


def _first(found: list[Any], most: int = 20) -> str:
    """The changes in a few words each, for those who see no more than the message."""
    lines = [
        f"\n- {work.node.title} ({work.node.path}): {_what(work)}"
        + (f", last touched: {event_text(work.last_event)}" if work.last_event else "")
        for work in found[:most]
    ]
    more = [f"\n- and {len(found) - most} more"] if len(found) > most else []
    return "".join([*lines, *more])


def _what(work: Any) -> str:
    if work.plan.action == "create":
        return "is missing"
    if work.plan.action == "delete":
        return "is there"
    return ", ".join(change.option for change in work.plan.changes)

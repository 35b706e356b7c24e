# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on a whole cloud."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..cloud import CloudDocument, Work, carry_out
from ..model import Operation, Option


def _apply(task: Any) -> dict[str, Any]:
    cloud = CloudDocument(task.client, task.option("cloud"), task.view.kinds, progress=task.progress)
    works = cloud.plan()
    if not task.check:
        carry_out(cloud, works, limit=task.option("parallel"), stop_on_error=task.option("on_error") == "stop")
    for work in works:
        for warning in work.warnings:
            task.warn(warning)
    return _result(works, task.diff)


def _result(works: list[Work], diff: bool) -> dict[str, Any]:
    changes = [work for work in works if work.plan.changed]
    result: dict[str, Any] = {
        "changed": bool(changes),
        "plan": [work.as_dict() for work in changes],
        "counts": {"unchanged": len(works) - len(changes), **Counter(work.plan.action for work in changes)},
    }
    if diff:
        result["diff"] = [
            {"before_header": w.node.title, "after_header": w.node.title, **w.plan.diff()} for w in changes
        ]
    failed = [work for work in changes if work.error]
    if failed:
        skipped = sum(1 for work in changes if work.skipped)
        done = len(changes) - len(failed) - skipped
        first = "; ".join(f"{work.node.path}: {work.error}" for work in failed)
        result.update(
            failed=True,
            changed=done > 0,
            msg=f"{len(failed)} of {len(changes)} changes failed, {done} were made, {skipped} were left out: {first}",
            failure=failed[0].error.as_dict() if failed[0].error else {},
        )
    return result


APPLY = Operation(
    name="apply",
    summary="Make a whole cloud as its document says",
    description=(
        "Takes a cloud as data and makes it so: zones with everything inside, offerings, templates, tenants, settings.",
        "The whole document is checked and planned before the first change. Every error is named with its place.",
        "Independent objects are worked on side by side.",
        "An object that stands in the document is created or updated. What the document does not name is left alone.",
    ),
    notes=(
        "A run that was cut off is continued by running it again.",
        "Keys are the plurals of the module names, entries take the modules' own options.",
        "Nesting supplies the reference to what is around. The order in the file means nothing.",
    ),
    options=(
        Option("cloud", "map", required=True, behaviour=True, help="The document."),
        Option(
            "parallel",
            "int",
            default=8,
            behaviour=True,
            help="How many objects are worked on at the same time at most.",
        ),
        Option(
            "on_error",
            default="stop",
            choices=("stop", "continue"),
            behaviour=True,
            help=(
                "V(stop): after the first error nothing new is begun.",
                "V(continue): everything that does not need the failed object is finished first; then the task fails.",
            ),
        ),
    ),
    run=_apply,
    diff_mode="full",
    returns={
        "plan": ("list", "What changes: kind, name, place in the document, action and changed options of each object."),
        "counts": ("dict", "Number of objects per action (create, update, replace, delete) and unchanged."),
    },
)
OPERATIONS = (APPLY,)

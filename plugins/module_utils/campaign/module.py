# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A procedure as a module."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..model import Operation
from .options import OPTIONS
from .procedure import Procedure
from .rights import commands_of
from .run import run_campaign

RETURNS = {
    "plan": ("list", "Every target in the order of work, with its place, reason and what is interrupted."),
    "counts": ("dict", "Number of targets per end: done, already, failed, unsafe, skipped, left."),
    "report": (
        "dict",
        (
            "What happened to each target and when; C(left_out) counts what a long failure leaves out. "
            "In check mode it has the targets that are not in RV(plan), and why."
        ),
    ),
    "interrupted": ("bool", "Set after Ctrl-C."),
    "confirm": ("str", "In check mode: what has to be typed in O(confirm), where data can be lost."),
}


def as_operation(procedure: Procedure) -> Operation:
    """The module: the procedure's own options and those of every campaign."""
    own = {option.name for option in procedure.options}
    return Operation(
        name=procedure.name,
        summary=procedure.summary,
        description=(
            *procedure.description,
            "Check mode gives the whole plan and changes nothing. C(--diff) shows the plan in lines for people.",
            "What is at its goal already is left in peace: a campaign that was cut off is resumed by running it again.",
        ),
        notes=(*procedure.notes, *_rights(procedure)),
        options=(*procedure.options, *(option for option in OPTIONS if option.name not in own)),
        run=partial(_run, procedure),
        returns={**RETURNS, **(procedure.returns or {})},
        constraints=procedure.constraints or {},
        diff_mode="full",
        strict=True,
    )


def _rights(procedure: Procedure) -> tuple[str, ...]:
    """For who writes the role of the account that runs it."""
    named = ", ".join(f"C({command})" for command in commands_of(procedure.sends))
    asked = "A role that lacks what this run needs is refused before the first step."
    return (asked, f"Besides lists, the role has to allow, as far as they are needed: {named}.") if named else ()


def _run(procedure: Procedure, task: Any) -> dict[str, Any]:
    return run_campaign(procedure, task)

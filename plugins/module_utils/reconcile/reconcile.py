# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One object, from wish to result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..client import InvalidInput
from ..model import Resource, Row
from .context import Context
from .execute import Done, execute
from .plan import ABSENT, Plan
from .plan import plan as make_plan
from .present import present
from .view import View
from .waiting import until_settled

CONTROLS = ("state", "id", "immutable_drift")
"""Options that every resource has; they are no property of the object."""


@dataclass(frozen=True)
class Outcome:
    """What became of one object. ``row`` is the object afterwards (in check mode: as it is now)."""

    resource: Resource
    plan: Plan
    row: Row | None
    warnings: tuple[str, ...]
    #: Id of a new object that is still to be read back (see Context.confirm_later).
    unconfirmed: str = ""

    def as_result(self, *, diff: bool = False) -> dict[str, Any]:
        """The module's result."""
        result: dict[str, Any] = {
            "changed": self.plan.changed,
            "resource": present(self.resource, self.row) if self.row is not None else {},
            "plan": self.plan.as_dict(),
        }
        if diff:
            result["diff"] = self.plan.diff()
        if self.warnings:
            result["warnings"] = list(self.warnings)
        return result


def make_context(
    resource: Resource,
    options: Mapping[str, Any],
    view: View,
    *,
    check: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Context:
    """The context of one object from the options of a task or a document's entry; values not given are dropped."""
    given = wished(resource, options)
    state = str(options.get("state") or "present")
    return Context(
        resource,
        given,
        view,
        state=state,
        id=str(options.get("id") or ""),
        check=check,
        immutable_drift=str(options.get("immutable_drift") or "fail"),
        progress=progress,
    )


def wished(resource: Resource, options: Mapping[str, Any]) -> dict[str, Any]:
    """The values asked for, with those that the state stands for. Raises InvalidInput where they cannot be right.

    All that can be said without asking the server is said here.
    """
    given = {name: value for name, value in options.items() if value is not None and name not in CONTROLS}
    state = str(options.get("state") or "present")
    _fill(resource, given, state)
    if resource.validate:
        resource.validate(given if state != ABSENT else _identifying(resource, given))
    return given


def _fill(resource: Resource, given: dict[str, Any], state: str) -> None:
    for kind in resource.states:
        if kind.name == state:
            given.update(kind.sets)
            return
    if state not in ("present", ABSENT):
        raise InvalidInput(
            f"{resource.noun}: unknown state {state!r}",
            option="state",
            remedy=f"use one of present, {', '.join(kind.name for kind in resource.states)}, absent",
        )


def _identifying(resource: Resource, given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in (*resource.identity, *resource.scope)}


def reconcile(ctx: Context) -> Outcome:
    """Plans, and unless in check mode carries out. The plan is the same either way."""
    plan = make_plan(ctx)
    done = Done(plan.row)
    if plan.changed and not ctx.check:
        done = execute(ctx, plan)
        gone = "" if plan.row is None else str(plan.row[ctx.resource.commands.id_field])
        if done.row is not None or plan.action == "delete":
            ctx.view.learn(ctx.resource, done.row, gone, ctx.resource.place(ctx) if ctx.resource.place else None)
    elif plan.row is not None and not ctx.check and ctx.state != ABSENT:
        # An earlier run may have been cut off while it waited for a download or a job.
        done = Done(until_settled(ctx, plan.row))
    for note in ctx.view.notes:
        ctx.warn(note)
    return Outcome(ctx.resource, plan, done.row, tuple(ctx.warnings), done.unconfirmed)

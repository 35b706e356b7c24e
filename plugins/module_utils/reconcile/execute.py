# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying a plan out: create, update, replace, delete, each checked by reading the object back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..client import ApiError, JobFailed, LostAnswer, NotFound
from ..model import Option, Resource, Row, Update
from .context import Context
from .plan import Plan, matching, read
from .same import Change, differences
from .twins import survivor
from .values import on_wire
from .waiting import is_gone_soon, until_gone, until_seen, until_settled

UNCERTAIN = (LostAnswer,)
"""Errors after which the work may or may not have been done, so that only reading can tell."""


@dataclass(frozen=True)
class Done:
    """The object afterwards (None after a delete). ``unconfirmed``: its id, where it is still to be read back."""

    row: Row | None
    unconfirmed: str = ""


def execute(ctx: Context, plan: Plan) -> Done:
    """Carries out the plan."""
    if plan.action == "delete":
        _delete(ctx, _existing(plan))
        return Done(None)
    if plan.action == "replace":
        return _replace(ctx, _existing(plan))
    if plan.action == "create":
        return _create(ctx)
    row = _existing(plan)
    return Done(_converge(ctx, row, plan.changes, ignore=plan.tolerated))


def _replace(ctx: Context, old: Row) -> Done:
    """Retires the old object and makes its successor; if the server refuses that one, the old one is put back."""
    ctx.resource.retire(ctx, old)  # type: ignore[misc]
    try:
        return _create(ctx)
    except (ApiError, JobFailed):
        if ctx.resource.reinstate and not matching(ctx.afresh()):
            ctx.resource.reinstate(ctx, old)
            ctx.warn(f"the successor of {ctx.name} was refused; the old one is as it was")
        raise


def _existing(plan: Plan) -> Row:
    if plan.row is None:
        raise AssertionError(f"plan {plan.action} without an object")
    return plan.row


def _create(ctx: Context) -> Done:
    resource = ctx.resource
    params = creation_parameters(ctx)
    ctx.tell("creating")
    try:
        if resource.create:
            new_id, told = resource.create(ctx, params), None
        else:
            answer = ctx.change(resource.commands.create, params)
            new_id, told = id_in(resource, answer), object_in(resource, answer)
    except UNCERTAIN as error:
        row = until_seen(ctx, lambda: _adopted(ctx, params))
        if row is None:
            raise error
        ctx.warn(f"the answer to {resource.commands.create} was lost; {ctx.name} was found by reading back")
        return Done(confirm(ctx, str(row[resource.commands.id_field])))
    if ctx.confirm_later and _can_wait(ctx, new_id, told):
        return Done(told, unconfirmed=new_id)
    return Done(confirm(ctx, new_id))


def _can_wait(ctx: Context, new_id: str, told: Row | None) -> bool:
    """Whether a new object may be read back later: nothing is awaited, and nothing is known to be left to do."""
    resource = ctx.resource
    if not new_id or resource.awaited or resource.complete or resource.is_same or resource.prove:
        return False
    if told is None:
        return resource.create is not None
    return told.get("jobstatus") != 0 and not differences(ctx.view, resource, ctx.given, told)


def confirm(ctx: Context, new_id: str) -> Row:
    """Reads a new object back by its identity, waits for it, and sets what its creation could not."""
    row = until_settled(ctx, _created(ctx, new_id))
    row = _converge(ctx, row, differences(ctx.view, ctx.resource, ctx.given, row), fresh=True)
    if ctx.resource.prove:
        ctx.resource.prove(ctx, row)
    return row


def creation_parameters(ctx: Context) -> dict[str, Any]:
    """Everything that the create command gets; references are ids by now."""
    resource = ctx.resource
    params: dict[str, Any] = dict(resource.commands.fixed.get("create", {}))
    for option in resource.options:
        if option.on_create and not option.behaviour and ctx.given.get(option.name) is not None:
            params.update(wire(ctx, option, option.parameter))
    return resource.before_create(ctx, params) if resource.before_create else params


def wire(ctx: Context, option: Option, parameter: str) -> dict[str, Any]:
    """Parameters that carry the given value of an option."""
    value = ctx.given[option.name]
    if option.encode:
        return dict(option.encode(value, ctx))
    if not parameter:
        return {}
    if option.type == "ref":
        return {parameter: ctx.ref_id(option.name) if value != "" else ""}
    if option.type == "refs":
        around = {key: item for key, item in ctx.given.items() if key != option.name}
        return {parameter: ",".join(str(ctx.find(option.refers_to, item, around)["id"]) for item in value)}
    return on_wire(option, parameter, value)


def object_in(resource: Resource, answer: Mapping[str, Any]) -> Row | None:
    """The object in an answer: one object, a list of one, or the answer itself."""
    for value in (*answer.values(), answer):
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            value = value[0]
        if isinstance(value, Mapping) and value.get(resource.commands.id_field) is not None:
            return dict(value)
    return None


def id_in(resource: Resource, answer: Mapping[str, Any]) -> str:
    """Id of the object in an answer, or an empty text."""
    found = object_in(resource, answer)
    return str(found[resource.commands.id_field]) if found else ""


def _adopted(ctx: Context, params: dict[str, Any]) -> Row | None:
    chosen = params.get(ctx.resource.commands.caller_id) if ctx.resource.commands.caller_id else None
    if chosen:
        return by_id(ctx, str(chosen))
    if ctx.resource.adopt:
        return ctx.resource.adopt(ctx, params)
    rows = matching(ctx.afresh())
    return rows[0] if len(rows) == 1 else None


def by_id(ctx: Context, object_id: str) -> Row | None:
    """The object of an id, completed; None when it isn't there."""
    return read(ctx.afresh(object_id))


def _created(ctx: Context, new_id: str) -> Row:
    """The object just made, read back by identity: two runs side by side choose the same survivor."""
    fresh = ctx.afresh()
    rows = matching(fresh)
    if len(rows) > 1:
        return survivor(fresh, rows, new_id, lambda: matching(ctx.afresh()))
    id_field = ctx.resource.commands.id_field
    if rows and (not new_id or str(rows[0].get(id_field)) == new_id):
        return ctx.resource.complete(fresh, rows[0]) if ctx.resource.complete else rows[0]
    row = by_id(ctx, new_id) if new_id else None
    if row is None:
        raise NotFound(
            f"{ctx.name}: the server reported success for {ctx.resource.commands.create}, but does not list the object",
            command=ctx.resource.commands.create,
            obj=ctx.name,
            remedy="look at the server's events, then run again",
        )
    return row


def _converge(
    ctx: Context, row: Row, changes: tuple[Change, ...], *, ignore: tuple[Change, ...] = (), fresh: bool = False
) -> Row:
    """Applies the changes, then holds the object against the wish once more."""
    free = tuple(change for change in changes if not change.fixed)
    if not free and not (fresh and changes):
        return row
    for update, served in _by_update(ctx, free):
        _apply(ctx, row, update, served)
    after = _read_again(ctx, row) if free else row
    after = until_settled(ctx, after)
    tolerated = {change.option for change in ignore}
    left = [c for c in differences(ctx.view, ctx.resource, ctx.given, after) if c.option not in tolerated]
    if left:
        raise ApiError(
            f"{ctx.name}: the server accepted the call but did not store "
            + "; ".join(f"{c.option} (is {c.before!r}, wanted {c.after!r})" for c in left),
            obj=ctx.name,
            remedy="this server may not know the option or may not allow the value; check its version and its log",
        )
    return after


def _by_update(ctx: Context, changes: tuple[Change, ...]) -> list[tuple[Update, tuple[Change, ...]]]:
    """Changes grouped by the command that serves them, in the order of the record, the general one first."""
    groups: dict[int, tuple[Update, list[Change]]] = {}
    order = {id(update): place for place, update in enumerate(ctx.resource.updates)}
    for change in changes:
        update = ctx.resource.update_of(change.option)
        if update is None:
            raise AssertionError(f"{ctx.resource.name}.{change.option} is updatable, but no command serves it")
        groups.setdefault(order.get(id(update), -1), (update, []))[1].append(change)
    return [(update, tuple(served)) for _place, (update, served) in sorted(groups.items(), key=lambda item: item[0])]


def _apply(ctx: Context, row: Row, update: Update, changes: tuple[Change, ...]) -> None:
    ctx.tell(f"changing {', '.join(change.option for change in changes)}")
    try:
        if update.run:
            update.run(ctx, row, changes)
        else:
            ctx.change(update.command, update_parameters(ctx, row, update, changes))
    except (*UNCERTAIN, ApiError, JobFailed) as error:
        # Some updates are stored although the answer is an error [observed.md: only storagetags gives 530].
        if not isinstance(error, UNCERTAIN) and error.code != 530:
            raise
        after = _read_again(ctx, row)
        names = {change.option for change in changes}
        if any(change.option in names for change in differences(ctx.view, ctx.resource, ctx.given, after)):
            raise
        ctx.warn(f"{update.command} answered with an error, yet {ctx.name} has the wanted values: {error.message}")


def update_parameters(ctx: Context, row: Row, update: Update, changes: tuple[Change, ...]) -> dict[str, Any]:
    """Parameters of an update call: the changed options, or all given ones where the command replaces the rest."""
    names = [change.option for change in changes]
    if update.whole:
        names = [
            option.name
            for option in ctx.resource.options
            if ctx.resource.update_of(option.name) == update
            and option.updatable
            and ctx.given.get(option.name) is not None
        ]
    params: dict[str, Any] = {update.id: row[ctx.resource.commands.id_field]} if update.id else {}
    params.update(ctx.resource.commands.fixed.get("update", {}))
    if update.extra:
        params.update(update.extra(ctx, row))  # noqa: S610
    for name in names:
        option = ctx.resource.option(name)
        params.update(wire(ctx, option, option.update_parameter))
    return params


def _read_again(ctx: Context, row: Row) -> Row:
    after = by_id(ctx, str(row[ctx.resource.commands.id_field]))
    if after is None:
        raise NotFound(f"{ctx.name} vanished while it was being changed", obj=ctx.name, remedy="run again")
    return after


def _delete(ctx: Context, row: Row) -> None:
    resource = ctx.resource
    ctx.tell("deleting")
    params = resource.commands.to_delete(row)
    if resource.before_delete:
        params.update(resource.before_delete(ctx, row))
    look = partial(by_id, ctx, str(row[resource.commands.id_field]))
    try:
        if resource.delete:
            resource.delete(ctx, row, params)
        else:
            ctx.change(resource.commands.delete, params)
    except (*UNCERTAIN, ApiError, JobFailed) as error:
        # Refused may also mean that it is gone already: a cut-off run's job, or a call that a proxy sent twice.
        gone = is_gone_soon(ctx, look) if isinstance(error, UNCERTAIN) else look() is None
        if not gone:
            raise
        ctx.warn(f"{resource.commands.delete} has no good answer, but {ctx.name} is gone: {error.message}")
        return
    until_gone(ctx, look)

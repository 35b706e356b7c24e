# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done about one object: decided from reading alone, so check mode and the real run agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ..client import Ambiguous, Drift, InvalidInput, NotFound
from ..model import Option, Row
from .context import Context
from .same import Change, differences, is_same
from .values import MISSING, held, shown

ABSENT = "absent"


@dataclass(frozen=True)
class Plan:
    """``action`` is create, update, replace, delete or none; ``row`` is the object as it is now."""

    action: str
    row: Row | None = None
    changes: tuple[Change, ...] = ()
    #: Fixed options that differ and stay as they are, because the user asked for a warning only.
    tolerated: tuple[Change, ...] = field(default=())

    @property
    def changed(self) -> bool:
        return self.action != "none"

    def as_dict(self) -> dict[str, Any]:
        """The plan for the task's result: equal in check mode and in the run."""
        return {
            "action": self.action,
            "changes": [{"option": c.option, "before": c.before, "after": c.after} for c in self.changes],
        }

    def diff(self) -> dict[str, Any]:
        """Ansible's diff: exactly the options that change."""
        return {
            "before": {c.option: c.before for c in self.changes if c.before is not None},
            "after": {c.option: c.after for c in self.changes if c.after is not None},
        }


def read(ctx: Context) -> Row | None:
    """The object meant, or None. More than one is an error that lists the ids."""
    row = _one(ctx, matching(ctx))
    return ctx.resource.complete(ctx, row) if row is not None and ctx.resource.complete else row


def _one(ctx: Context, rows: list[Row]) -> Row | None:
    if len(rows) > 1:
        ids = ", ".join(sorted(str(row.get(ctx.resource.commands.id_field)) for row in rows))
        raise Ambiguous(f"{ctx.name}: {len(rows)} objects match: {ids}", obj=ctx.name, remedy="give the option id")
    return rows[0] if rows else None


def matching(ctx: Context) -> list[Row]:
    """Every object that the given identity means."""
    resource = ctx.resource
    id_field = resource.commands.id_field
    if resource.rows:
        rows = list(resource.rows(ctx))
    elif ctx.id:
        rows = ctx.view.rows(resource, {**_parents(ctx), resource.commands.id: ctx.id})
    else:
        rows = _named(ctx)
    if ctx.id:
        rows = [row for row in rows if str(row.get(id_field)) == ctx.id]
    else:
        rows = [row for row in rows if is_same(ctx.view, resource, ctx.given, row)]
    return list({str(row.get(id_field)): row for row in rows}.values())


def _named(ctx: Context) -> list[Row]:
    resource, filters = ctx.resource, _parents(ctx)
    first, given = resource.identity[0], ctx.given
    for option, parameter in resource.commands.filters.items():
        if given.get(option) is not None:
            filters[parameter] = given[option]
    if resource.is_same or first in resource.commands.filters or given.get(first) is None:
        return ctx.view.rows(resource, filters)
    return ctx.view.candidates(resource, str(given[first]), filters)


def _parents(ctx: Context) -> dict[str, Any]:
    return {
        parameter: ctx.ref_id(option)
        for option, parameter in ctx.resource.commands.parents.items()
        if ctx.given.get(option) is not None
    }


def plan(ctx: Context) -> Plan:
    """Reads and decides. Raises where the wish cannot be fulfilled; sends nothing that changes."""
    if ctx.state == ABSENT:
        return _removal(ctx)
    row = read(ctx)
    if row is None and ctx.id:
        raise InvalidInput(
            f"no {ctx.resource.noun} has the id {ctx.id}",
            option="id",
            obj=ctx.name,
            remedy="check the id; leave it out to have the object created",
        )
    if row is None:
        _look_up_places(ctx)
    if ctx.resource.check_wish:
        ctx.resource.check_wish(ctx, row)
    return _creation(ctx) if row is None else _update(ctx, row)


def _removal(ctx: Context) -> Plan:
    """An object whose place is gone is gone with it. A place that nobody knows may be mistyped, so it is told."""
    try:
        rows = matching(ctx)
    except NotFound as error:
        _tell_of_gone_place(ctx, error)
        return Plan("none")
    row = _one(ctx, rows)
    if row is None:
        _look_for_places(ctx)
        return Plan("none")
    if ctx.resource.complete:
        row = ctx.resource.complete(ctx, row)
    if ctx.resource.check_wish:
        ctx.resource.check_wish(ctx, row)
    return Plan("delete", row, _all_gone(ctx, row))


def _look_for_places(ctx: Context) -> None:
    """Warns of the first place that nobody knows, where the search went by its name alone."""
    for kind, value, around in _places(ctx):
        try:
            ctx.find(kind, value, around)
        except NotFound as error:
            _tell_of_gone_place(ctx, error)
            return


def _places(ctx: Context) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Kind and name of what the object lies in, and the options that tell such places apart."""
    given, resource = ctx.given, ctx.resource
    for name in dict.fromkeys((*resource.identity, *resource.scope, *resource.commands.parents)):
        option = resource.option(name)
        kind = option.refers_to or option.names
        if kind and option.type in ("ref", "str") and given.get(name) not in (None, ""):
            yield kind, given[name], {other: value for other, value in given.items() if other != name}
    for kind, value in resource.also_needs(given) if resource.also_needs else ():
        yield kind, value, {}


def _look_up_places(ctx: Context) -> None:
    """An object that is not found may lie in a mistyped place: that is to be told, not what a new one would need."""
    resource = ctx.resource
    for name in dict.fromkeys((*resource.identity, *resource.scope)):
        option = resource.option(name)
        if option.refers_to and option.type == "ref" and ctx.given.get(name) not in (None, ""):
            ctx.ref(name)


def _tell_of_gone_place(ctx: Context, error: NotFound) -> None:
    if not error.expected:
        near = f"; did you mean {' or '.join(map(repr, error.nearest))}?" if error.nearest else ""
        ctx.warn(f"{ctx.name}: {error.message.removeprefix(f'{ctx.name}: ')}, so it is gone with it{near}")


def _creation(ctx: Context) -> Plan:
    if not ctx.resource.commands.create and not ctx.resource.create:
        raise InvalidInput(
            f"{ctx.name} does not exist, and the API has no command to create it",
            option=ctx.resource.identity[0],
            obj=ctx.name,
            remedy="check the name",
        )
    missing = [option.name for option in ctx.resource.options if option.needed and ctx.given.get(option.name) is None]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name",
        )
    _resolve(ctx, [option for option in ctx.resource.options if not option.behaviour])
    return Plan("create", None, tuple(_wished(ctx)))


def _resolve(ctx: Context, options: Sequence[Option]) -> None:
    """Looks up side by side what will be referred to, so that an unknown name is an error before any change."""
    names = [option.name for option in options if option.refers_to and ctx.given.get(option.name) not in (None, "")]
    questions = [partial(ctx.ref, name) for name in names if ctx.resource.option(name).type == "ref"]
    for name in names:
        option = ctx.resource.option(name)
        if option.type == "refs":
            around = {key: item for key, item in ctx.given.items() if key != name}
            questions += [partial(ctx.find, option.refers_to, value, around) for value in ctx.given[name]]
    ctx.view.parallel(questions)


def _wished(ctx: Context) -> list[Change]:
    return [
        Change(option.name, None, shown(option, ctx.given[option.name]), False)
        for option in ctx.resource.options
        if ctx.given.get(option.name) is not None and not option.behaviour
    ]


def _all_gone(ctx: Context, row: Row) -> tuple[Change, ...]:
    names = (*ctx.resource.identity, *ctx.resource.scope)
    gone: list[Change] = []
    for name in names:
        option = ctx.resource.option(name)
        have = _named_value(option, row) if option.compared else MISSING
        if have is not MISSING and have is not None:
            gone.append(Change(name, shown(option, have), None, False))
    gone.append(Change("id", str(row.get(ctx.resource.commands.id_field)), None, False))
    return tuple(gone)


def _named_value(option: Option, row: Row) -> Any:
    return row[option.name_field] if row.get(option.name_field) is not None else held(option, row)


def _update(ctx: Context, row: Row) -> Plan:
    changes = differences(ctx.view, ctx.resource, ctx.given, row)
    fixed = tuple(change for change in changes if change.fixed)
    free = tuple(change for change in changes if not change.fixed)
    _resolve(ctx, [ctx.resource.option(change.option) for change in free])
    if not fixed:
        return Plan("update", row, free) if free else Plan("none", row)
    drift = "; ".join(f"{c.option} is {c.before!r}, wanted {c.after!r}" for c in fixed)
    if ctx.immutable_drift == "replace":
        if ctx.resource.retire is None:
            raise InvalidInput(
                f"{ctx.name}: {drift}; a {ctx.resource.noun} cannot be replaced safely",
                option="immutable_drift",
                obj=ctx.name,
                remedy="use fail or warn",
            )
        return Plan("replace", row, changes)
    if ctx.immutable_drift == "warn":
        ctx.warn(f"{ctx.name} differs in what cannot be changed: {drift}")
        return Plan("update" if free else "none", row, free, tolerated=fixed)
    way = ", or set immutable_drift to replace" if ctx.resource.retire else ""
    raise Drift(
        f"{ctx.name} differs in what cannot be changed: {drift}",
        obj=ctx.name,
        remedy=f"ask for the current value, or recreate the object{way}; immutable_drift=warn tolerates it",
    )

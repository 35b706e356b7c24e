# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings (configuration) in every scope."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from ..reconcile.values import MISSING
from .setting_guards import guard

_SCOPES = {
    "zone": "zoneid",
    "cluster": "clusterid",
    "storage_pool": "storageid",
    "image_store": "imagestoreuuid",
    "domain": "domainid",
    "account": "accountid",
}
_ORDER = ("account", "cluster", "storage_pool", "image_store", "zone", "domain")
"""A zone beside a cluster, or a domain beside an account, only tells which one."""
_UNREADABLE = ("Secure", "Hidden")
_LOCKED = "dynamic.apichecker.enabled"
"""The API shows this one and never changes it; whoever wants it otherwise has to do it in the server's database."""
_NUMBERS = ("Number", "Decimal", "Range")
_VEIL = "(secret)"


def _validate(given: Mapping[str, Any]) -> None:
    scopes = [name for name in ("cluster", "storage_pool", "image_store", "account") if given.get(name)]
    if len(scopes) > 1:
        raise InvalidInput(
            f"{' and '.join(scopes)} are given, but a setting has one scope",
            option=scopes[1],
            remedy="give one of them in each task",
        )


def _scope(ctx: Any) -> dict[str, str]:
    """The one scope parameter."""
    for name in _ORDER:
        if ctx.given.get(name):
            return {_SCOPES[name]: ctx.ref_id(name)}
    return {}


def _rows(ctx: Any) -> Iterable[Row]:
    """The filter is a substring match, so the exact name is picked from what comes."""
    return _named(ctx, ctx.given.get("name") or ctx.id, _scope(ctx))


def _named(ctx: Any, name: str, scope: Mapping[str, str]) -> list[Row]:
    """The setting of a name in a scope. A zone, pool ... still to be made begins with the global value."""
    if any(ctx.is_planned(place) for place in scope.values()):
        scope = {}
    return [row for row in ctx.view.rows(ctx.resource, {"name": name, **scope}) if row.get("name") == name]


def _listed(ctx: Any) -> list[Row]:
    """Settings that have a value of their own: globally, or in a scope where it differs from the global one."""
    around = ctx.view.rows(ctx.resource)
    # A setting that was never set has no value globally; its default then holds in every scope.
    usual = {row["name"]: row.get("value", row.get("defaultvalue")) for row in around}
    changed = [row for row in around if _is_own(row, row.get("defaultvalue"))]
    places = [
        (option, scope, str(place["id"]))
        for option, scope in _SCOPES.items()
        for place in ctx.view.rows(ctx.view.kinds[option])
    ]
    lists = ctx.view.parallel([partial(ctx.view.rows, ctx.resource, {scope: one}) for _option, scope, one in places])
    for (option, _scope_parameter, one), rows in zip(places, lists, strict=True):
        changed += [
            {**row, f"_{option}": one} for row in rows if _is_own(row, usual.get(row["name"], row.get("defaultvalue")))
        ]
    return changed


def _is_own(row: Row, usual: Any) -> bool:
    told = "value" in row and row.get("category") not in _UNREADABLE and row["name"] != _LOCKED
    return told and not same_value(row["value"], usual, row.get("type"))


def _told(option: str) -> Callable[[Row], Any]:
    return lambda row: row.get(f"_{option}")


def _complete(ctx: Any, row: Row) -> Row:
    """Holds the wish against the row by the setting's type; ``_held`` is the wish itself where they are equal."""
    if ctx.given.get("is_default"):
        row = {**row, "_is_default": same_value(row.get("value"), _inherited(ctx, row), row.get("type"))}
    if row.get("category") in _UNREADABLE:
        return _veiled(ctx, row)
    wish = ctx.given.get("value")
    if wish is not None and same_value(wish, row.get("value"), row.get("type")):
        return {**row, "_held": wish}
    return row


def _veiled(ctx: Any, row: Row) -> Row:
    """A secret setting: value and wish are in no plan and no result. What was just written cannot be read back."""
    wish = ctx.given.get("value")
    if wish is not None and "_secret" not in ctx.given:
        ctx.given.update(_secret=wish, value=_VEIL)
        ctx.client.redactor.add(_stored(wish))
    same = ctx.given.get("_written") or same_value(ctx.given.get("_secret"), row.get("value"), "String")
    veil = {"value": _VEIL} if row.get("value") else {}
    return {**row, **veil, "_held": _VEIL if same else MISSING}


def _inherited(ctx: Any, row: Row) -> Any:
    """The value that holds where the scope has none of its own."""
    if not _scope(ctx):
        return row.get("defaultvalue")
    for scope in _around(ctx):
        for outer in _named(ctx, row["name"], scope):
            return outer.get("value")
    return row.get("defaultvalue")


def _around(ctx: Any) -> Iterator[dict[str, str]]:
    """The scopes from which a scope inherits, the nearest first [api_facts 2.4]."""
    option = [name for name in _ORDER if ctx.given.get(name)][0]  # noqa: RUF015 (next() in a generator misleads)
    place = ctx.ref(option)
    for outer in {"storage_pool": ("clusterid", "zoneid"), "account": ("domainid",)}.get(option, ("zoneid",)):
        if place.get(outer):
            yield {outer: str(place[outer])}
    yield {}


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None:
        raise _unknown(ctx)
    if ctx.given.get("value") is None and not ctx.given.get("is_default"):
        raise InvalidInput(
            f"{ctx.name}: no value is given", option="value", obj=ctx.name, remedy="give value; an empty text clears it"
        )
    if row.get("_held") is MISSING and "_secret" in ctx.given and not ctx.given.get("force"):
        ctx.warn(f"{ctx.name} is stored encrypted and cannot be compared; force=true sets it in every run")
        ctx.given.pop("value")
    changes = row.get("_is_default") is False or ("value" in ctx.given and row.get("_held") != ctx.given["value"])
    if changes and row["name"] == _LOCKED:
        raise InvalidInput(
            f"the API changes {_LOCKED} for nobody", option="name", obj=ctx.name,
            remedy="leave it out, and set it in the database of the management servers",
        )  # fmt: skip
    if changes and ctx.given.get("value") is not None and "_secret" not in ctx.given:
        guard(ctx, row, _scope(ctx))
    if changes and row.get("isdynamic") is False:
        ctx.warn(f"{ctx.name} takes effect when the management servers are restarted")


def _unknown(ctx: Any) -> InvalidInput:
    """The error about a setting that is not there, or not in this scope, with the nearest names."""
    name, scope = str(ctx.given.get("name") or ctx.id), _scope(ctx)
    where = next((f" of the {option} {ctx.given[option]}" for option in _ORDER if ctx.given.get(option)), "")
    if scope and _named(ctx, name, {}):
        remedy = "this setting has no such scope: leave the scope out, or choose another"
    else:
        names = [str(row["name"]) for row in ctx.view.rows(ctx.resource, scope)]
        close = difflib.get_close_matches(name, names, n=3)
        remedy = f"did you mean {' or '.join(close)}?" if close else "check the name"
    return InvalidInput(
        f"the server has no setting {name!r}{where}", option="name", obj=f"setting {name}", remedy=remedy
    )


def same_value(want: Any, have: Any, kind: Any = None) -> bool:
    """As the server stores values: trimmed, truth in any case, ``2`` is ``2.0``, empty and ``null`` are nothing.

    ``kind``: the server's type of the setting. In a text ``1.10`` is not ``1.1``. Servers before 4.18 tell no type.
    """
    one, other = _stored(want), _stored(have)
    if one == other:
        return True
    if kind in (None, "Boolean") and {one.lower(), other.lower()} <= {"true", "false"}:
        return one.lower() == other.lower()
    try:
        return kind in (None, *_NUMBERS) and float(one) == float(other)
    except ValueError:
        return False


def _stored(value: Any) -> str:
    text = (
        ("true" if value else "false") if isinstance(value, bool) else str(value if value is not None else "").strip()
    )
    return "" if text == "null" else text


def _set(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    value = _stored(ctx.given.get("_secret", ctx.given["value"]))
    ctx.change("updateConfiguration", {"name": row["name"], "value": value, **_scope(ctx)})
    ctx.given["_written"] = True


def _reset(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    scope = {"imagestoreid" if key == "imagestoreuuid" else key: value for key, value in _scope(ctx).items()}
    ctx.change("resetConfiguration", {"name": row["name"], **scope})


def _decode(row: Row) -> Any:
    return row.get("_held", row.get("value", ""))


def _is_default(row: Row) -> bool:
    return bool(row.get("_is_default", same_value(row.get("value"), row.get("defaultvalue"), row.get("type"))))


SETTING = Resource(
    name="setting",
    noun="setting",
    summary="Manage settings",
    description=(
        "Sets global settings, and settings of a zone, cluster, storage pool, image store, domain or account.",
        "Values are compared as the server stores them: without blanks around, numbers as numbers.",
    ),
    notes=(
        "A warning says when the management servers must be restarted for the new value.",
        (
            "Settings that the server stores encrypted cannot be read back; they are set with O(force) only, and their "
            "values are in no result."
        ),
    ),
    commands=Commands(list="listConfigurations", id="name", id_field="name"),
    scope=("zone", "cluster", "storage_pool", "image_store", "domain", "account"),
    parent="zone",
    states=(State("default", {"is_default": True}, help="Reset: as around its scope; globally, the default."),),
    validate=_validate,
    rows=_rows,
    listed=_listed,
    place=_scope,
    is_same=lambda given, row: given.get("name") in (None, row.get("name")),
    complete=_complete,
    check_wish=_check_wish,
    updates=(
        Update("updateConfiguration", options=("value",), run=_set),
        Update("resetConfiguration", options=("is_default",), run=_reset),
    ),
    options=(
        Option("name", help="Name of the setting, such as V(expunge.delay).", required=True),
        Option(
            "value", help=("The value. An empty text or V(null) clears it.",), updatable=True, decode=_decode,
            equal=lambda want, have: _stored(want) == _stored(have),
        ),
        Option("zone", "ref", help="Zone whose setting it is.", api="zoneid", field="", refers_to="zone",
               told=_told("zone")),
        Option("cluster", "ref", help="Cluster whose setting it is.", api="clusterid", field="", refers_to="cluster",
               told=_told("cluster")),
        Option("storage_pool", "ref", help="Storage pool whose setting it is.", api="storageid", field="",
               refers_to="storage_pool", aliases=("storage",), told=_told("storage_pool")),
        Option("image_store", "ref", help="Image store whose setting it is.", api="imagestoreuuid", field="",
               refers_to="image_store", told=_told("image_store")),
        Option("domain", "ref", help="Domain whose setting it is; with O(account) the account's domain.",
               api="domainid", field="", refers_to="domain", told=_told("domain")),
        Option("account", "ref", help="Account whose setting it is.", api="accountid", field="", refers_to="account",
               told=_told("account")),
        Option("force", "bool", default=False, behaviour=True,
               help=(
                   "Set a value that is stored encrypted, in every run;",
                   "or a factor of overprovisioning that leaves less than what is allocated.",
               )),
        Option("is_default", "bool", api="", decode=_is_default, updatable=True, hidden=True),
    ),
    events=lambda row: {"type": "CONFIGURATION.VALUE.EDIT", "keyword": row["name"]},
)  # fmt: skip

RESOURCES = (SETTING,)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings (configuration) in every scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update

_SCOPES = {
    "zone": "zoneid",
    "cluster": "clusterid",
    "storage_pool": "storageid",
    "image_store": "imagestoreuuid",
    "domain": "domainid",
    "account": "accountid",
}
_UNREADABLE = ("Secure", "Hidden")


def _validate(given: Mapping[str, Any]) -> None:
    scopes = [name for name in ("cluster", "storage_pool", "image_store", "account") if given.get(name)]
    if len(scopes) > 1:
        raise InvalidInput(
            f"{' and '.join(scopes)} are given, but a setting has one scope",
            option=scopes[1],
            remedy="give one of them in each task",
        )


def _scope(ctx: Any) -> dict[str, str]:
    """The one scope parameter. A zone beside a cluster, or a domain beside an account, only tells which one."""
    for name in ("account", "cluster", "storage_pool", "image_store", "zone", "domain"):
        if ctx.given.get(name):
            return {_SCOPES[name]: ctx.ref_id(name)}
    return {}


def _rows(ctx: Any) -> Iterable[Row]:
    """The filter is a substring match, so the exact name is picked from what comes."""
    name = ctx.given.get("name") or ctx.id
    rows = ctx.view.rows(ctx.resource, {"name": name, **_scope(ctx)})
    return [row for row in rows if row.get("name") == name]


def _listed(ctx: Any) -> list[Row]:
    """Settings that have a value of their own: globally, or in a scope where it differs from the global one."""
    around = ctx.view.rows(ctx.resource)
    usual = {row["name"]: row.get("value") for row in around}
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
    return row.get("category") not in _UNREADABLE and not same_value(row.get("value"), usual)


def _told(option: str) -> Callable[[Row], Any]:
    return lambda row: row.get(f"_{option}")


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None:
        where = next((name for name in _SCOPES if ctx.given.get(name)), "")
        scope = f" in the scope {where}" if where else ""
        raise InvalidInput(
            f"the server has no setting {ctx.given.get('name')!r}{scope}",
            option="name",
            obj=ctx.name,
            remedy="check the name; settings of another scope are not listed",
        )
    if row.get("category") in _UNREADABLE and ctx.given.get("value") is not None and not ctx.given.get("force"):
        ctx.warn(f"{ctx.name} is stored encrypted and cannot be compared; force=true sets it in every run")
        ctx.given.pop("value")


def same_value(want: Any, have: Any) -> bool:
    """As the server stores values: trimmed, truth in any case, ``2`` is ``2.0``, empty and ``null`` are nothing."""
    one, other = _stored(want), _stored(have)
    if one == other:
        return True
    if {one.lower(), other.lower()} <= {"true", "false"}:
        return one.lower() == other.lower()
    try:
        return float(one) == float(other)
    except ValueError:
        return False


def _stored(value: Any) -> str:
    text = (
        ("true" if value else "false") if isinstance(value, bool) else str(value if value is not None else "").strip()
    )
    return "" if text == "null" else text


def _set(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("updateConfiguration", {"name": row["name"], "value": _stored(ctx.given["value"]), **_scope(ctx)})
    _tell_of_restart(ctx, row)


def _reset(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    scope = {"imagestoreid" if key == "imagestoreuuid" else key: value for key, value in _scope(ctx).items()}
    ctx.change("resetConfiguration", {"name": row["name"], **scope})
    _tell_of_restart(ctx, row)


def _tell_of_restart(ctx: Any, row: Row) -> None:
    if row.get("isdynamic") is False:
        ctx.warn(f"{ctx.name} takes effect when the management servers are restarted")


def _decode(row: Row) -> Any:
    return row.get("value", "")


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
        "Settings that the server stores encrypted cannot be read back; they are set with O(force) only.",
    ),
    commands=Commands(list="listConfigurations", id="name", id_field="name"),
    scope=("zone", "cluster", "storage_pool", "image_store", "domain", "account"),
    parent="zone",
    states=(State("default", {"is_default": True}, help="The setting has the server's default value."),),
    validate=_validate,
    rows=_rows,
    listed=_listed,
    place=_scope,
    is_same=lambda given, row: given.get("name") in (None, row.get("name")),
    check_wish=_check_wish,
    updates=(
        Update("updateConfiguration", options=("value",), run=_set),
        Update("resetConfiguration", options=("is_default",), run=_reset),
    ),
    options=(
        Option("name", help="Name of the setting, such as V(expunge.delay).", required=True),
        Option(
            "value", help=("The value. An empty text or V(null) clears it.",), updatable=True, decode=_decode,
            equal=same_value,
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
               help="Set a value that is stored encrypted, in every run."),
        Option("is_default", "bool", api="", decode=lambda row: same_value(row.get("value"), row.get("defaultvalue")),
               updatable=True, hidden=True),
    ),
    events=lambda row: {"type": "CONFIGURATION.VALUE.EDIT", "keyword": row["name"]},
)  # fmt: skip

RESOURCES = (SETTING,)

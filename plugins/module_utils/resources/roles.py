# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and what they let their users call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update

_RULE = re.compile(r"[A-Za-z0-9*]+")
TYPES = ("Admin", "ResourceAdmin", "DomainAdmin", "User")


def _validate(given: Mapping[str, Any]) -> None:
    seen: set[str] = set()
    for number, rule in enumerate(given.get("rules") or ()):
        name = str(rule["rule"])
        if not _RULE.fullmatch(name):
            raise InvalidInput(
                f"rules[{number}]: {name!r} is no name of a command",
                option="rules",
                value=name,
                remedy="use letters and *, listVirtual* for example",
            )
        if name.lower() in seen:
            raise InvalidInput(
                f"rules[{number}]: {name} stands twice", option="rules", value=name, remedy="leave one of them out"
            )
        seen.add(name.lower())


def _check_wish(ctx: Any, row: Row | None) -> None:
    given = ctx.given
    if row is None and not given.get("type") and not given.get("from_role"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs type or from_role",
            option="type",
            obj=ctx.name,
            remedy="give one of them, or check the name",
        )
    if row is not None and row.get("isdefault") and (ctx.state == "absent" or given.get("rules") is not None):
        raise InvalidInput(
            f"{ctx.name} came with the server, and neither it nor its rules can be changed",
            option="state" if ctx.state == "absent" else "rules",
            obj=ctx.name,
            remedy="make a role of your own from it (from_role)",
        )


def _before_create(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    """A role takes its type from its source."""
    return {name: value for name, value in params.items() if name != "type" or "roleid" not in params}


def _complete(ctx: Any, row: Row) -> Row:
    """The rules are asked for anew each time: a task changes them and looks again."""
    if ctx.given.get("rules") is None:
        return row
    return {**row, "_rules": _rules(ctx, row)}


def _listed(ctx: Any) -> list[Row]:
    """Every role of the cloud's own with its rules."""
    asking = replace(ctx, given={"rules": []})
    own = [row for row in ctx.view.rows(ctx.resource) if not row.get("isdefault")]
    return ctx.view.parallel([partial(_complete, asking, row) for row in own])


def _rules(ctx: Any, row: Row) -> list[Row]:
    return ctx.client.list("listRolePermissions", {"roleid": row["id"]})


def _told(row: Row) -> list[dict[str, str]] | None:
    if "_rules" not in row:
        return None
    return [{name: text for name, text in _plain(rule).items() if text} for rule in row["_rules"]]


def _plain(rule: Mapping[str, Any]) -> dict[str, str]:
    return {
        "rule": str(rule["rule"]),
        "permission": str(rule.get("permission") or "allow").lower(),
        "description": str(rule.get("description") or ""),
    }


def _same(want: Iterable[Mapping[str, Any]], have: Any) -> bool:
    return [_plain(rule) for rule in want] == [_plain(rule) for rule in have or ()]


def _set_rules(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Denials come before permissions that are new, so that nothing is allowed meanwhile that never shall be."""
    wanted = [_plain(rule) for rule in ctx.given["rules"]]
    for rule in _rules(ctx, row):
        if not any(_keeps(rule, wish) for wish in wanted):
            ctx.change("deleteRolePermission", {"id": rule["id"]})
    left = {str(rule["rule"]): rule for rule in _rules(ctx, row)}
    for wish in sorted(wanted, key=lambda one: one["permission"] == "allow"):
        there = left.get(wish["rule"])
        if there is None:
            ctx.change("createRolePermission", {"roleid": row["id"], **wish})
        elif _plain(there) != wish:
            ctx.change(
                "updateRolePermission",
                {"roleid": row["id"], "ruleid": there["id"], "permission": wish["permission"]},
            )
    _order(ctx, row, [wish["rule"] for wish in wanted])


def _keeps(rule: Mapping[str, Any], wish: Mapping[str, Any]) -> bool:
    """Whether a rule can become the wanted one: the server changes its permission alone."""
    return all(_plain(rule)[name] == wish[name] for name in ("rule", "description"))


def _order(ctx: Any, row: Row, names: list[str]) -> None:
    ids = {str(rule["rule"]): str(rule["id"]) for rule in _rules(ctx, row)}
    if list(ids) != names:
        order = ",".join(ids[name] for name in names)
        ctx.change("updateRolePermission", {"roleid": row["id"], "ruleorder": order})


def _switch(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("enableRole" if ctx.given["role_state"] == "enabled" else "disableRole", {"id": row["id"]})


ROLE = Resource(
    name="role",
    noun="role",
    summary="Manage roles",
    description=("Creates, changes, enables, disables and deletes roles, with their rules in order.",),
    notes=(
        "The first rule that fits a command decides. What no rule fits is denied.",
        "Roles that came with the server cannot be changed; copy one with O(from_role).",
        "The server deletes no role that an account has.",
    ),
    commands=Commands(list="listRoles", create="createRole", update="updateRole", delete="deleteRole"),
    unique=True,
    states=(
        State("enabled", {"role_state": "enabled"}, help="Exists, and its users can call what its rules allow."),
        State("disabled", {"role_state": "disabled"}, help="Exists; its users can call nothing."),
    ),
    initial_states=("enabled",),
    validate=_validate,
    check_wish=_check_wish,
    before_create=_before_create,
    complete=_complete,
    listed=_listed,
    updates=(
        Update("updateRole"),
        Update("createRolePermission", options=("rules",), run=_set_rules),
        Update("enableRole", options=("role_state",), run=_switch),
    ),
    options=(
        Option("name", help="Name of the role. With O(id) it is the new name.", required=True, updatable=True),
        Option("description", help="What the role is for.", updatable=True),
        Option("type", help="Kind of account that the role is for. Needed to create one without O(from_role).",
               choices=TYPES, updatable=True),
        Option("from_role", "ref", help="Role whose type and rules a new one begins with.", api="roleid", field="",
               refers_to="role"),
        Option("is_public", "bool", help="Whether domain admins can give the role to accounts. A new one is public.",
               updatable=True, server_default=True),
        Option(
            "rules", "records", api="", on_create=False, updatable=True, decode=_told, equal=_same, ordered=True,
            help="All rules of the role in their order: others are removed, and an empty list removes all.",
            suboptions=(
                Option("rule", help="Name of a command, with V(*) for any letters.", required=True),
                Option("permission", choices=("allow", "deny"), default="allow", help="What the rule says."),
                Option("description", help="Why."),
            ),
        ),
        Option("role_state", api="", field="state", updatable=True, on_create=False, hidden=True, since="4.20.0"),
    ),
    returns={"state": "state"},
    built_in=lambda row: bool(row.get("isdefault")),
)  # fmt: skip

RESOURCES = (ROLE,)

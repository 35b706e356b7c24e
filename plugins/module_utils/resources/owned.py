# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What objects of tenants have in common: their owner, their zone, their tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..client.maps import key_value_map
from ..model import Option, Row, Update

ZONE = Option(
    "zone",
    "ref",
    help="Zone of the object.",
    api="zoneid",
    refers_to="zone",
    name_field="zonename",
    by_name=True,
)

OWNER = (
    Option(
        "domain",
        "ref",
        help=(
            "Domain of the owner, as a path (V(ROOT/customers)) or an id.",
            "Without it an object is created in the caller's own domain.",
        ),
        api="domainid",
        refers_to="domain",
        name_field="domainpath",
        by_name=True,
    ),
    Option("account", help="Account that owns the object. Needs O(domain).", names="account"),
    Option(
        "project",
        "ref",
        help="Project that owns the object. Excludes O(account).",
        api="projectid",
        refers_to="project",
        name_field="project",
        by_name=True,
    ),
)

SCOPE = ("zone", "domain", "account", "project")
PROJECT_PARENT = {"project": "projectid"}
"""Lists leave out what projects own unless the project is named [api_facts 1.8]."""


def check_owner(given: Mapping[str, Any]) -> None:
    if given.get("account") and given.get("project"):
        raise InvalidInput(
            "account and project exclude each other: a project owns its objects itself",
            option="project",
            remedy="leave out one of the two",
        )
    if given.get("account") and not given.get("domain"):
        raise InvalidInput(
            "account needs domain: accounts of several domains can have the same name",
            option="domain",
            remedy="give the domain of the account as a path, ROOT for example",
        )


def owner_parameters(ctx: Any) -> dict[str, Any]:
    """zoneid, domainid, account and projectid for a command that is not the create command of the record."""
    params: dict[str, Any] = {}
    for option, parameter in (("zone", "zoneid"), ("domain", "domainid"), ("project", "projectid")):
        if ctx.given.get(option) is not None:
            params[parameter] = ctx.ref_id(option)
    if ctx.given.get("account") is not None:
        params["account"] = ctx.given["account"]
    return params


def tagging(resource_type: str) -> tuple[Option, Update]:
    """The tags of an object as one option: what is given is all it has.

    ``resource_type``: the API's word for the kind, ``Volume`` for example.
    """
    option = Option(
        "tags",
        "records",
        help="All tags of the object: others are removed, and an empty list removes all.",
        api="",
        field="tags",
        on_create=False,
        updatable=True,
        aliases=("tag",),
        suboptions=(
            Option("key", help="Name of the tag.", required=True),
            Option("value", help="Value of the tag.", required=True),
        ),
        decode=_tags_of,
        equal=lambda want, have: _as_map(want) == _as_map(have or ()),
    )
    return option, Update("createTags", options=("tags",), run=partial(_set_tags, resource_type))


def _tags_of(row: Row) -> list[dict[str, str]]:
    return [{"key": tag["key"], "value": tag.get("value", "")} for tag in row.get("tags") or ()]


def _as_map(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {str(tag["key"]): str(tag.get("value") or "") for tag in tags}


def _set_tags(resource_type: str, ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Removes what is not wanted, then adds: a key that is there already is refused [observed.md]."""
    want, have = _as_map(ctx.given["tags"]), _as_map(_tags_of(row))
    target = {"resourceids": row[ctx.resource.commands.id_field], "resourcetype": resource_type}
    gone = [key for key in have if want.get(key) != have[key]]
    if gone:
        keys = {f"tags[{index}].key": key for index, key in enumerate(gone)}
        ctx.change("deleteTags", {**target, **keys})
    new = {key: value for key, value in want.items() if have.get(key) != value}
    if new:
        ctx.change("createTags", {**target, **key_value_map("tags", new)})


def project_given(ctx: Any) -> dict[str, Any]:
    """The filter for the project that a task names: lists leave out what projects own unless it is there."""
    return {"projectid": ctx.ref_id("project")} if ctx.given.get("project") else {}


def project_of(row: Row) -> dict[str, Any]:
    """The same filter for what belongs to an object, which has the object's project."""
    return {"projectid": row["projectid"]} if row.get("projectid") else {}

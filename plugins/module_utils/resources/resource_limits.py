# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of a resource accounts, projects and domains may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from .owned import OWNER, check_owner, owner_parameters

UNLIMITED = -1
_SETTINGS = {
    "user_vm": "user.vms", "public_ip": "public.ips", "volume": "volumes", "snapshot": "snapshots",
    "template": "templates", "project": "projects", "network": "networks", "vpc": "vpcs", "cpu": "cpus",
    "memory": "memory", "primary_storage": "primary.storage", "secondary_storage": "secondary.storage",
    "backup": "backups", "backup_storage": "backup.storage", "bucket": "buckets", "object_storage": "object.storage",
    "gpu": "gpus",
}  # fmt: skip
"""Kinds and the middle of the settings with their usual limits (``max.account.user.vms``)."""
TYPES = tuple(_SETTINGS)
"""Their places are the numbers of the API [procedures I3]."""
_TAGGED = ("user_vm", "cpu", "memory", "gpu", "volume", "primary_storage")


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if not given.get("domain") and not given.get("project"):
        raise InvalidInput(
            "a limit is one of a domain, an account or a project",
            option="domain",
            remedy="give domain, domain and account, or project",
        )
    maximum = given.get("max")
    if maximum is not None and maximum < UNLIMITED:
        raise InvalidInput(
            f"max is {maximum}", option="max", value=maximum, remedy="give -1 for no limit, or 0 and more"
        )
    if given.get("tag") and given.get("resource_type") not in _TAGGED:
        raise InvalidInput(
            f"{given.get('resource_type')} is not counted by tag",
            option="tag",
            value=given["tag"],
            remedy=f"leave it out, or use one of {', '.join(_TAGGED)}",
        )


def _untagged(given: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The limit that a tagged one must not exceed, so it is set first [server text]."""
    return [("resource_limit", str(given["resource_type"]))] if given.get("tag") else []


def _place(ctx: Any) -> dict[str, Any]:
    """Whose limit it is, and for which tag."""
    params = owner_parameters(ctx)
    return {**params, "tag": ctx.given["tag"]} if ctx.given.get("tag") else params


def _rows(ctx: Any) -> list[Row]:
    """A tag without a limit of its own has no row; it is unlimited then."""
    name, tag, place = str(ctx.given["resource_type"]), ctx.given.get("tag"), _place(ctx)
    number = str(TYPES.index(name))
    usual = {"resourcetype": number, "resourcetypename": name, "max": UNLIMITED}
    planned = any(ctx.is_planned(value) for value in place.values())
    listed = [] if planned else ctx.view.rows(ctx.resource, {"resourcetype": number, **place})
    if not listed and not planned and ctx.given.get("account"):
        # Of an account that is not there the server tells no limits: it is yet to be made, or its name is wrong.
        planned = ctx.is_planned(ctx.find("account", ctx.given["account"], {"domain": ctx.given["domain"]})["id"])
    if planned:
        return [{**usual, "max": UNLIMITED if tag else _usual(ctx, name)}]
    found = [row for row in listed if row.get("resourcetypename") == name and row.get("tag") == tag]
    return found or ([{**usual, "tag": tag}] if tag else [])


def _usual(ctx: Any, name: str) -> int:
    """The limit that an owner still to be made begins with."""
    owner = next((one for one in ("project", "account") if ctx.given.get(one)), "domain")
    setting = f"max.{owner}.{_SETTINGS[name]}"
    for row in ctx.view.rows(ctx.view.kinds["setting"], {"name": setting}):
        if row["name"] == setting:
            return int(row.get("value", row.get("defaultvalue")) or UNLIMITED)
    return UNLIMITED


def _check_wish(ctx: Any, row: Row | None) -> None:
    maximum = ctx.given.get("max")
    if maximum is None:
        raise InvalidInput(f"{ctx.name}: no limit is given", option="max", obj=ctx.name, remedy="give max")
    if row is None or row.get("max") == maximum:
        return
    above = _of_domain(ctx) if ctx.given.get("account") else None
    if above is not None and above != UNLIMITED and (maximum == UNLIMITED or maximum > above):
        ctx.warn(f"{ctx.name}: {maximum} is more than the {above} that the domain may take, and that is less")


def _of_domain(ctx: Any) -> int | None:
    """The domain's own limit: the server lets an account have a higher one [observed.md]."""
    place = {"domainid": ctx.ref_id("domain"), **({"tag": ctx.given["tag"]} if ctx.given.get("tag") else {})}
    if ctx.is_planned(place["domainid"]):
        return None
    number = str(TYPES.index(ctx.given["resource_type"]))
    rows = ctx.view.rows(ctx.resource, {"resourcetype": number, **place})
    return next((row.get("max") for row in rows if row.get("resourcetype") == number), None)


def _set(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    wish = {"resourcetype": row["resourcetype"], "max": ctx.given["max"]}
    ctx.change("updateResourceLimit", {**wish, **_place(ctx)})


RESOURCE_LIMIT = Resource(
    name="resource_limit",
    noun="resource limit",
    exported=False,
    summary="Manage resource limits",
    description=("Sets how much of a resource an account, a project or a domain may take.",),
    notes=(
        "A limit below what is in use stops nothing that is there; nothing is added to it.",
        "What nobody set has the limit of the settings C(max.account.*), C(max.project.*) and C(max.domain.*).",
        "The server has no command that takes a limit away again; C(-1) is without limit.",
    ),
    commands=Commands(
        list="listResourceLimits", filters={}, id="resourcetype", id_field="resourcetype",
    ),
    identity=("resource_type",),
    scope=("domain", "account", "project", "tag"),
    also_needs=_untagged,
    validate=_validate,
    rows=_rows,
    place=_place,
    is_same=lambda given, row: given.get("resource_type") in (None, row.get("resourcetypename")),
    check_wish=_check_wish,
    updates=(Update("updateResourceLimit", options=("max",), run=_set),),
    options=(
        Option(
            "resource_type", help="What is limited. V(user_vm) are instances; storage counts in GiB, memory in MiB.",
            required=True, choices=TYPES, api="resourcetypename",
        ),
        # Limits are listed for one owner, so what a row tells of it is not compared once more.
        *(replace(option, field="") for option in OWNER),
        Option(
            "tag", help=("Host tag or storage tag: the limit is one of what is used with this tag.",
                         "The settings C(resource.limit.host.tags) and C(resource.limit.storage.tags) must name it."),
            field="", since="4.20.0",
        ),
        Option("max", "int", help="The limit; V(-1) is none.", updatable=True, aliases=("limit",)),
    ),
    events=lambda row: {"type": "RESOURCE.LIMIT.UPDATE", "keyword": row["resourcetypename"]},
)  # fmt: skip

RESOURCES = (RESOURCE_LIMIT,)

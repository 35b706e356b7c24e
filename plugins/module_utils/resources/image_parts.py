# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What templates and ISOs have in common: one image, listed once for each zone that has a copy of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ..client import ApiError, InvalidInput
from ..client.maps import flat_map
from ..model import Row, Update
from .owned import project_given
from .volume_reference import Place


@dataclass(frozen=True)
class Image:
    """The commands of a kind of image. ``filter``: parameter of the list command that says whose images are meant."""

    noun: str
    filter: str
    copy: str
    delete: str
    permissions: str
    list_permissions: str
    answer: str


TEMPLATE = Image(
    "template",
    "templatefilter",
    "copyTemplate",
    "deleteTemplate",
    "updateTemplatePermissions",
    "listTemplatePermissions",
    "templatepermission",
)
ISO = Image(
    "ISO", "isofilter", "copyIso", "deleteIso", "updateIsoPermissions", "listIsoPermissions", "templatepermission"
)


def for_users(kind: Image) -> tuple[Mapping[str, Any], ...]:
    """Only admins list the images of all; others what they can make instances of, and their own that are not ready."""
    return tuple({kind.filter: whose} for whose in ("executable", "sharedexecutable", "self"))


def rows(kind: Image, ctx: Any) -> list[Row]:
    """One row for each image, with the state of its copies. ``state=absent`` with zones means the copies there."""
    filters: dict[str, Any] = project_given(ctx)
    if ctx.id:
        filters["id"] = ctx.id
    else:
        filters["name"] = ctx.given["name"]
    try:
        listed = ctx.view.rows(ctx.resource, filters)
    except ApiError as error:
        # Only admins may ask for the images of all [api_facts 2.7].
        if error.code not in (401, 431, 531):
            raise
        listed = ctx.view.rows(ctx.resource, {**filters, kind.filter: "self"})
    wanted = set(ctx.given.get("zones") or ()) if ctx.state == "absent" else set()
    return grouped(row for row in listed if not wanted or wanted & {row.get("zoneid"), row.get("zonename")})


def grouped(listed: Iterable[Row]) -> list[Row]:
    images: dict[str, Row] = {}
    for row in listed:
        image = images.setdefault(row["id"], {**row, "_zones": [], "_copies": []})
        image["_copies"].append(row)
        image["isready"] = all(copy.get("isready") for copy in image["_copies"])
        if row.get("zoneid"):
            image["_zones"].append(Place.of({"id": row["zoneid"], "name": row.get("zonename")}, ""))
            image["zones"] = [str(place) for place in image["_zones"]]
    return list(images.values())


def listed(kind: Image, ctx: Any) -> list[Row]:
    """Every image with those who may use it."""
    images = grouped(ctx.view.rows(ctx.resource))
    asking = replace(ctx, given={"accounts": [], "projects": []})
    return ctx.view.parallel([partial(complete, kind, asking, image) for image in images if not is_built_in(image)])


def is_built_in(row: Row) -> bool:
    return row.get("templatetype") in ("SYSTEM", "BUILTIN", "PERHOST") or row.get("account") == "system"


def add_zones(kind: Image, ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Copies to the zones that lack it, from one that has it ready."""
    have = {place.id for place in row["_zones"]}
    missing = [str(ctx.find("zone", zone, {})["id"]) for zone in ctx.given["zones"]]
    missing = [zone_id for zone_id in missing if zone_id not in have]
    sources = [copy["zoneid"] for copy in row["_copies"] if copy.get("isready") and copy.get("zoneid")]
    if not sources:
        raise ApiError(
            f"{ctx.name} has no copy that is ready to be copied from", obj=ctx.name, remedy="wait for its download"
        )
    ctx.change(kind.copy, {"id": row["id"], "sourcezoneid": sources[0], "destzoneids": missing})


def before_delete(kind: Image, ctx: Any, row: Row) -> Mapping[str, Any]:
    """Copies in single zones go one by one; the last is left to the delete command itself."""
    extra = {"forced": True} if ctx.given.get("force") else {}
    if not ctx.given.get("zones"):
        return extra
    *others, last = row["_zones"]
    for place in others:
        ctx.change(kind.delete, {"id": row["id"], "zoneid": place.id, **extra})
    return {**extra, "zoneid": last.id}


def complete(kind: Image, ctx: Any, row: Row) -> Row:
    """Adds who may use the image, which costs a call, so only where the task says something about it."""
    if ctx.given.get("accounts") is None and ctx.given.get("projects") is None:
        return row
    told = ctx.client.call(kind.list_permissions, {"id": row["id"]}).get(kind.answer) or {}
    # The owner stands among the accounts, though nobody let them in.
    accounts = [name for name in told.get("account") or () if name != row.get("account")]
    return {**row, "_accounts": accounts, "_projects": list(told.get("projectids") or ())}


def share(kind: Image, ctx: Any, row: Row, changes: tuple[Any, ...]) -> None:
    """Lets accounts and projects in and out, one call for each direction."""
    for option, parameter in (("accounts", "accounts"), ("projects", "projectids")):
        if option not in {change.option for change in changes}:
            continue
        have = set(row[f"_{option}"])
        want = set(ctx.given[option])
        if option == "projects":
            want = {str(ctx.find("project", project, {})["id"]) for project in want}
        for op, names in (("add", want - have), ("remove", have - want)):
            if names:
                ctx.change(kind.permissions, {"id": row["id"], "op": op, parameter: sorted(names)})


def shared_by(command: str) -> dict[str, str]:
    """Parameters of the command that lets others in, which the options accounts and projects send."""
    return {
        f"{command}.{name}": "sent for the options accounts and projects" for name in ("accounts", "projectids", "op")
    }


def check_place(given: Mapping[str, Any]) -> None:
    if given.get("cross_zones") and given.get("zones"):
        raise InvalidInput(
            "cross_zones means all zones, so zones can't be given too",
            option="zones",
            remedy="leave out one of the two",
        )


def place_parameters(ctx: Any) -> dict[str, Any]:
    """Zones of a registration; -1 is all of them, those added later included."""
    if ctx.given.get("cross_zones"):
        return {"zoneid": "-1"}
    return {"zoneids": [str(ctx.find("zone", zone, {})["id"]) for zone in ctx.given["zones"]]}


def kept_details(ctx: Any, row: Row) -> dict[str, str]:
    """The details that are there, to go along with new ones: the server replaces them all."""
    return flat_map("details", row.get("details") or {}) if ctx.given.get("details") else {}


def updates(kind: Image, update: Update) -> tuple[Update, ...]:
    """The general update, visibility, copies and sharing."""
    return (
        update,
        Update(kind.permissions, options=("is_public", "is_featured", "is_extractable")),
        Update(
            kind.permissions,
            options=("accounts", "projects"),
            run=lambda ctx, row, changes: share(kind, ctx, row, changes),
        ),
        Update(kind.copy, options=("zones",), run=lambda ctx, row, changes: add_zones(kind, ctx, row, changes)),
    )

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ISO images: installation media and tools."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from . import image_parts as image
from .image_downloads import awaited
from .image_options import common_options
from .image_parts import ISO
from .owned import OWNER, PROJECT_PARENT, check_owner, tagging

_TAGS, _SET_TAGS = tagging("ISO")


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    image.check_place(given)
    if given.get("attached") is not None and not given.get("vm"):
        raise InvalidInput("attaching and detaching need vm", option="vm", remedy="give the instance")


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is not None:
        return
    given = ctx.given
    needed = ["url", *(["zones"] if not given.get("cross_zones") else [])]
    # The server takes an ISO as bootable unless told otherwise, and then wants to know the system.
    needed += ["os_type"] if given.get("bootable") is not False else []
    missing = [name for name in needed if not given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and registering it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name (os_type is not needed with bootable=false)",
        )


def _create(ctx: Any, params: dict[str, Any]) -> str:
    """Registers in the first zone; the others get their copies when the first one is ready."""
    place = image.place_parameters(ctx)
    zone = place["zoneid"] if "zoneid" in place else place["zoneids"][0]
    return str(ctx.change("registerIso", {**params, "zoneid": zone})["iso"][0]["id"])


def _complete(ctx: Any, row: Row) -> Row:
    """Adds whether the instance has the ISO, asked anew because a task attaches and looks again."""
    row = image.complete(ISO, ctx, row)
    if not ctx.given.get("vm"):
        return row
    found = ctx.client.list("listVirtualMachines", {"id": ctx.ref_id("vm"), "listall": True})
    return {**row, "_attached": bool(found) and found[0].get("isoid") == row["id"]}


def _attach(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    if ctx.given["attached"]:
        ctx.change("attachIso", {"id": row["id"], "virtualmachineid": ctx.ref_id("vm"), **_force(ctx)})
    else:
        ctx.change("detachIso", {"virtualmachineid": ctx.ref_id("vm"), **_force(ctx)})


def _force(ctx: Any) -> dict[str, Any]:
    return {"forced": True} if ctx.given.get("force") else {}


def _before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    # deleteIso knows no force.
    return {name: value for name, value in image.before_delete(ISO, ctx, row).items() if name != "forced"}


def _awaited(ctx: Any, row: Row) -> str:
    """Like a template; but zones still without a copy get theirs only when the first copy is ready."""
    listed = {text for place in row["_zones"] for text in (str(place), place.id)}
    missing = [zone for zone in ctx.given.get("zones") or () if zone not in listed]
    if missing and len(missing) < len(ctx.given["zones"]) and row.get("isready"):
        return ""
    return awaited(ctx, row)


ISO_RECORD = Resource(
    name="iso",
    noun="ISO",
    summary="Manage ISO images",
    description=(
        "Registers, copies, changes and deletes ISO images, and waits until they are ready in every zone.",
        "Attaches them to instances and detaches them.",
    ),
    notes=(
        "Names are not unique at the server. If more than one ISO has the name, the task fails and lists the ids.",
        "An instance has one ISO at most: attaching one replaces another.",
        "The server deletes an ISO even while it is attached.",
    ),
    commands=Commands(
        list="listIsos",
        create="registerIso",
        update="updateIso",
        delete="deleteIso",
        fixed={"list": {"isofilter": "all", "listall": True}},
        for_users=image.for_users(ISO),
        parents=PROJECT_PARENT,
    ),
    scope=("domain", "account", "project"),
    is_shared=lambda row: bool(row.get("ispublic")),
    states=(
        State("attached", {"attached": True}, "Present and attached to O(vm)."),
        State("detached", {"attached": False}, "Present and not attached to O(vm)."),
    ),
    after_parts=("zones",),
    updates=(
        *image.updates(ISO, Update("updateIso")),
        Update("attachIso", options=("attached",), run=_attach),
        _SET_TAGS,
    ),
    options=(
        *common_options("ISO"),
        *OWNER,
        Option(
            "bootable",
            "bool",
            help="Instances can boot from it. The server's default is true; needs O(os_type).",
            updatable=True,
        ),
        Option(
            "image_store",
            "ref",
            help="Secondary storage that the image goes to.",
            api="imagestoreuuid",
            field="",
            refers_to="image_store",
        ),
        Option("password_enabled", "bool", help="The guest takes its password from CloudStack.", updatable=True),
        Option(
            "vm",
            "ref",
            help="Instance to attach the ISO to, or to detach it from.",
            refers_to="instance",
            behaviour=True,
            aliases=("instance",),
        ),
        Option(
            "force",
            "bool",
            help="Attach or detach though the instance holds on to an ISO.",
            behaviour=True,
            default=False,
        ),
        Option(
            "attached",
            "bool",
            help="Whether O(vm) has the ISO.",
            api="",
            field="",
            on_create=False,
            updatable=True,
            hidden=True,
            export=False,
            decode=lambda row: row.get("_attached", False),
        ),
        _TAGS,
    ),
    omitted={
        **image.shared_by("updateIsoPermissions"),
        "registerIso.zoneid": "set from zones or cross_zones",
        "updateIso.format": "an ISO stays an ISO",
        "updateIso.isrouting": "about templates",
        "updateIso.requireshvm": "about templates",
        "updateIso.sshkeyenabled": "about templates",
        "updateIso.details": "about templates; the server does not tell details of an ISO",
        "updateIso.cleanupdetails": "about templates",
        "updateIso.sortkey": "the server does not tell the order, so it could not be kept",
        "updateIso.forceupdateostype": "about templates: instances made from an ISO keep their own system",
    },
    settle_timeout=7200,
    validate=_validate,
    check_wish=_check_wish,
    rows=partial(image.rows, ISO),
    listed=partial(image.listed, ISO),
    built_in=image.is_built_in,
    complete=_complete,
    create=_create,
    before_delete=_before_delete,
    awaited=_awaited,
    initial_states=("attached", "detached"),
)

RESOURCES = (ISO_RECORD,)

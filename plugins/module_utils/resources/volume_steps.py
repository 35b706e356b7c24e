# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What volumes need beyond their record: safe attaching, resizing, uploading and deleting."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Row
from .owned import check_owner, owner_parameters, project_given
from .volume_places import check_place

GIB = 1 << 30
_GONE = frozenset(("Destroy", "Expunging", "Expunged"))
_SETTLED = frozenset(("Allocated", "Ready", "Uploaded", "NotUploaded"))
_FAILED = frozenset(("UploadError", "UploadAbandoned"))


def size_in_gib(row: Row) -> float | int | None:
    """Bytes as GiB: a whole number where it is one, so that a difference of bytes isn't hidden."""
    if row.get("size") is None:
        return None
    size = int(row["size"])
    return size // GIB if size % GIB == 0 else size / GIB


def validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if given.get("url") and not given.get("format"):
        raise InvalidInput(
            "url needs format", option="format", remedy="give the format of the image, QCOW2 for example"
        )
    if given.get("url") and given.get("snapshot"):
        raise InvalidInput("url and snapshot exclude each other", option="url", remedy="leave out one of the two")
    if given.get("device_id") is not None and not given.get("vm"):
        raise InvalidInput(
            "device_id needs vm: it is the place of the volume in an instance", option="device_id", remedy="give vm"
        )
    if given.get("size") is not None and int(given["size"]) < 1:
        raise InvalidInput("size must be at least 1 GB", option="size", remedy="give a size in GB")


def is_gone(row: Row) -> bool:
    return row.get("state") in _GONE


def rows(ctx: Any) -> list[Row]:
    """Destroyed volumes stay listed until they are expunged, but they are no longer what a task means.

    Hidden ones are listed only when asked for [recording volumes].
    """
    project = project_given(ctx)
    destroyed: list[Row] = []
    for shown in ({}, {"displayvolume": False}):
        found = _listed(ctx, {**project, **shown})
        alive = [row for row in found if not is_gone(row)]
        if alive:
            return alive
        destroyed += [row for row in found if ctx.state == "recovered" and row.get("state") == "Destroy"]
    return destroyed


def _listed(ctx: Any, filters: Mapping[str, Any]) -> list[Row]:
    if ctx.id:
        return ctx.view.rows(ctx.resource, {**filters, "id": ctx.id})
    return ctx.view.candidates(ctx.resource, str(ctx.given["name"]), filters)


def check_wish(ctx: Any, row: Row | None) -> None:
    if row is None:
        _check_creation(ctx)
    elif ctx.state == "absent":
        _check_deletion(ctx, row)
    else:
        _check_shrinking(ctx, row)
        _check_moving(ctx, row)
        check_place(ctx, row)


def _check_creation(ctx: Any) -> None:
    given = ctx.given
    if ctx.state == "recovered":
        raise InvalidInput(
            f"{ctx.name} is neither there nor destroyed",
            option="state",
            obj=ctx.name,
            remedy="check the name; what was expunged comes back only from a snapshot",
        )
    if ctx.state == "uploaded" and not given.get("url"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and uploading it needs url",
            option="url",
            obj=ctx.name,
            remedy="give url and format",
        )
    if not any(given.get(name) for name in ("disk_offering", "snapshot", "url")):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs disk_offering, snapshot or url",
            option="disk_offering",
            obj=ctx.name,
            remedy="give one of them, or check the name",
        )
    if not given.get("zone") and not given.get("snapshot"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs zone", option="zone", obj=ctx.name, remedy="give zone"
        )


def _check_deletion(ctx: Any, row: Row) -> None:
    if row.get("virtualmachineid") and not ctx.given.get("force"):
        raise InvalidInput(
            f"{ctx.name} is attached to the instance {row.get('vmname') or row['virtualmachineid']}",
            option="force",
            obj=ctx.name,
            remedy="unmount it there and detach it first, or set force to true to have it detached and deleted",
        )
    if not ctx.given.get("expunge", True) and row.get("state") in ("Allocated", "Uploaded"):
        raise InvalidInput(
            f"{ctx.name} has no storage yet, so it can't be destroyed and recovered",
            option="expunge",
            obj=ctx.name,
            remedy="leave out expunge; there is no data to lose",
        )
    if row.get("deleteprotection"):
        raise InvalidInput(
            f"{ctx.name} is protected from deletion",
            option="delete_protection",
            obj=ctx.name,
            remedy="set delete_protection to false first",
        )


def _check_shrinking(ctx: Any, row: Row) -> None:
    want, have = ctx.given.get("size"), size_in_gib(row)
    if want is not None and have is not None and int(want) < have and not ctx.given.get("shrink_ok"):
        raise InvalidInput(
            f"{ctx.name} has {have:g} GB; {want} GB would cut off its end",
            option="size",
            obj=ctx.name,
            remedy="shrink the file system first and set shrink_ok to true, or ask for the current size",
        )


def _check_moving(ctx: Any, row: Row) -> None:
    """Taking a disk from a running instance loses what is not written yet, so it has to be asked for."""
    attached, given = row.get("virtualmachineid"), ctx.given
    if not attached or not given.get("vm") or given.get("force"):
        return
    where = row.get("vmname") or attached
    if given["vm"] not in (attached, row.get("vmname")) and ctx.ref_id("vm") != attached:
        raise InvalidInput(
            f"{ctx.name} is attached to another instance, {where}",
            option="vm",
            obj=ctx.name,
            remedy="detach it first (state=detached), or set force to true to move it",
        )
    if given.get("device_id") is not None and int(given["device_id"]) != row.get("deviceid"):
        raise InvalidInput(
            (
                f"{ctx.name} is device {row.get('deviceid')} of {where}; another number needs it detached "
                "and attached again"
            ),
            option="device_id",
            obj=ctx.name,
            remedy="set force to true if the instance can do without the volume for a moment",
        )


def create(ctx: Any, params: dict[str, Any]) -> str:
    if ctx.given.get("url"):
        return _upload(ctx)
    try:
        return str(ctx.change("createVolume", params)["volume"]["id"])
    except ApiError as error:
        # Only root admins may choose an id; everybody else does without this proof against lost answers.
        if error.code != 531 or "custom id" not in str(error.server_text) or ctx.given.get("custom_id"):
            raise
        params.pop("customid", None)
        return str(ctx.change("createVolume", params)["volume"]["id"])


def _upload(ctx: Any) -> str:
    params = {**owner_parameters(ctx), **{key: ctx.given[key] for key in ("name", "url", "format")}}
    if ctx.given.get("checksum"):
        params["checksum"] = ctx.given["checksum"]
    for option, parameter in (("disk_offering", "diskofferingid"), ("image_store", "imagestoreuuid")):
        if ctx.given.get(option):
            params[parameter] = ctx.ref_id(option)
    return str(ctx.change("uploadVolume", params)["volume"]["id"])


def before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    # An upload takes no id of ours; after a lost answer it is found by its name.
    if not ctx.given.get("url"):
        params.setdefault("customid", str(uuid.uuid4()))
    return params


def resize(ctx: Any, row: Row, changes: tuple[Any, ...]) -> None:
    """Offering, size and limits change in one call, so that no state between them can be refused."""
    changed = {change.option for change in changes}
    params: dict[str, Any] = {"id": row["id"]}
    for option, parameter in (("size", "size"), ("min_iops", "miniops"), ("max_iops", "maxiops")):
        if option in changed:
            params[parameter] = ctx.given[option]
    for option, parameter in (("shrink_ok", "shrinkok"), ("auto_migrate", "automigrate")):
        if ctx.given.get(option):
            params[parameter] = True
    if "disk_offering" in changed:
        ctx.change("changeOfferingForVolume", {**params, "diskofferingid": ctx.ref_id("disk_offering")})
    else:
        ctx.change("resizeVolume", params)


def place(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Detaches and attaches. Detaching goes by id: by VM and device number it fails [observed.md]."""
    if row.get("virtualmachineid"):
        ctx.tell("detaching")
        ctx.change("detachVolume", {"id": row["id"]})
    if ctx.given.get("vm"):
        params = {"id": row["id"], "virtualmachineid": ctx.ref_id("vm")}
        if ctx.given.get("device_id") is not None:
            params["deviceid"] = ctx.given["device_id"]
        ctx.tell("attaching")
        ctx.change("attachVolume", params)


def before_delete(ctx: Any, row: Row) -> Mapping[str, Any]:
    if row.get("virtualmachineid"):
        ctx.tell("detaching")
        ctx.change("detachVolume", {"id": row["id"]})
    return {}


def delete(ctx: Any, _row: Row, params: dict[str, Any]) -> None:
    if ctx.given.get("expunge", True):
        ctx.change("deleteVolume", params)
    else:
        ctx.change("destroyVolume", {**params, "expunge": False})


def recover(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change("recoverVolume", {"id": row["id"]})


def awaited(ctx: Any, row: Row) -> str:
    state = str(row.get("state"))
    if state in _FAILED:
        raise ApiError(
            f"the upload of {ctx.name} failed",
            obj=ctx.name,
            server_text=str(row.get("status") or state),
            remedy="delete the volume, check that the secondary storage VM can reach the URL, then run again",
        )
    return "" if state in _SETTLED else f"state {state} to end"

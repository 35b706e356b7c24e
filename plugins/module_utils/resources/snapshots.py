# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of volumes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from .owned import PROJECT_PARENT, check_owner, project_given, tagging
from .snapshot_begun import must_have_begun
from .volume_busy import send_when_ready
from .volume_reference import (
    OWNER_OF_VOLUME,
    VOLUME,
    ZONE_OF_VOLUME,
    Place,
    check_volume,
    same_places,
    volume_of,
)

_GONE = frozenset(("Destroying", "Destroyed", "Hidden"))
_TAGS, _SET_TAGS = tagging("Snapshot")


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    check_volume(given)


def _rows(ctx: Any) -> list[Row]:
    """One row for each snapshot, though the server lists one for each zone that has a copy.

    A snapshot that failed stays listed. It can be removed by its name, but it doesn't count as being present.
    """
    filters: dict[str, Any] = project_given(ctx)
    if ctx.id:
        listed = ctx.view.rows(ctx.resource, {**filters, "id": ctx.id})
    else:
        volume = volume_of(ctx)
        if volume is not None:
            filters["volumeid"] = volume["id"]
        listed = ctx.view.candidates(ctx.resource, str(ctx.given["name"]), filters)
    gone = _GONE if ctx.state == "absent" or ctx.id else _GONE | {"Error"}
    return _by_id(row for row in listed if row.get("state") not in gone)


def _by_id(listed: Any) -> list[Row]:
    merged: dict[str, Row] = {}
    for row in listed:
        snapshot = merged.setdefault(row["id"], {**row, "_zones": []})
        if row.get("zoneid"):
            own = snapshot.get("zoneid", "")
            snapshot["_zones"].append(Place.of({"id": row["zoneid"], "name": row.get("zonename")}, own))
    return list(merged.values())


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None and not (ctx.given.get("volume") or ctx.given.get("vm")):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs volume or vm",
            option="volume",
            obj=ctx.name,
            remedy="give the volume to take the snapshot of",
        )


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    volume = volume_of(ctx)
    return {**params, "volumeid": volume["id"]} if volume else params


def _create(ctx: Any, params: dict[str, Any]) -> str:
    made = str(send_when_ready(ctx, "createSnapshot", params)["snapshot"]["id"])
    asked = {"id": made, "listall": True}
    must_have_begun(
        ctx,
        lambda: next(iter(ctx.client.list("listSnapshots", asked)), None),
        "take away what is left with state=absent, then run again",
    )
    return made


def _copy(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Copies to zones that lack one, then removes copies that are not wanted."""
    have = {place.id: place for place in row["_zones"]}
    want = {str(ctx.find("zone", zone, {})["id"]) for zone in ctx.given["zones"]}
    missing = sorted(want - set(have))
    if missing:
        ctx.tell("copying to other zones")
        ctx.change("copySnapshot", {"id": row["id"], "sourcezoneid": row["zoneid"], "destzoneids": missing})
    for zone_id in sorted(set(have) - want):
        if not have[zone_id].own:
            ctx.change("deleteSnapshot", {"id": row["id"], "zoneid": zone_id})


def _awaited(ctx: Any, row: Row) -> str:
    state = str(row.get("state"))
    if state == "Error":
        raise ApiError(
            f"{ctx.name} failed",
            obj=ctx.name,
            server_text=str(row.get("status") or "state Error"),
            remedy="look at the server's events; state=absent removes what is left of it",
        )
    on_primary = ctx.given.get("async_backup") or ctx.given.get("location_type") == "primary"
    if state == "BackedUp" or (on_primary and state == "CreatedOnPrimary"):
        return ""
    return f"state {state} to become BackedUp"


SNAPSHOT = Resource(
    name="snapshot",
    noun="snapshot",
    exported=False,
    summary="Manage snapshots of volumes",
    description=(
        "Takes, copies and deletes snapshots of volumes, and waits until they are backed up.",
        "Snapshots taken on a schedule are managed by M(cloudstack.ops.snapshot_policy).",
    ),
    notes=(
        "Names are not unique at the server: the name together with the volume tells which snapshot is meant.",
        "The volume must be ready, which it is once it has been attached to an instance.",
        "A snapshot that failed does not count as present. With O(state=absent) it is removed.",
        "Snapshots outlive their volume; then leave out O(volume).",
    ),
    commands=Commands(
        list="listSnapshots",
        create="createSnapshot",
        delete="deleteSnapshot",
        fixed={"list": {"listall": True}},
        parents=PROJECT_PARENT,
    ),
    scope=("volume", "domain", "account", "project"),
    parent="volume",
    updates=(Update("copySnapshot", options=("zones",), run=_copy), _SET_TAGS),
    options=(
        Option("name", help="Name of the snapshot. Case counts.", required=True),
        *VOLUME,
        ZONE_OF_VOLUME,
        *OWNER_OF_VOLUME,
        Option(
            "zones",
            "refs",
            help=(
                "Further zones that hold a copy; the zone of the volume always does.",
                "An empty list removes the others.",
            ),
            api="zoneids",
            field="",
            refers_to="zone",
            decode=lambda row: row["_zones"],
            equal=same_places,
            updatable=True,
            since="4.19.0",
        ),
        Option(
            "quiesce_vm",
            "bool",
            help="Let the instance write everything to its disks first, where the storage can do that.",
            field="",
        ),
        Option(
            "async_backup",
            "bool",
            help="Don't wait until the snapshot has been copied to secondary storage.",
            field="",
        ),
        Option(
            "location_type",
            help="Whether the snapshot stays on primary storage, for managed storage that can do that.",
            choices=("primary", "secondary"),
            field="",
        ),
        Option(
            "storage_pools",
            "refs",
            help="Further storage pools that hold a copy, for storage that can do that.",
            api="storageids",
            field="",
            refers_to="storage_pool",
            since="4.21.0",
        ),
        Option(
            "use_storage_replication",
            "bool",
            help="Copies are made by the storage itself.",
            field="",
        ),
        _TAGS,
    ),
    omitted={
        "createSnapshot.account": "a snapshot belongs to the owner of its volume",
        "createSnapshot.domainid": "a snapshot belongs to the owner of its volume",
        "createSnapshot.policyid": "set by the server's own scheduler",
        "createSnapshot.tags": "tags are set right after creation, by the same way as later",
    },
    settle_timeout=7200,
    validate=_validate,
    check_wish=_check_wish,
    rows=_rows,
    before_create=_before_create,
    create=_create,
    awaited=_awaited,
)

RESOURCES = (SNAPSHOT,)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshot policies: snapshots of a volume on a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..client import InvalidInput
from ..client.maps import key_value_map
from ..model import Commands, Option, Resource, Row, Update
from ..procedures.snapshot_times import (
    INTERVALS,
    canonical_zone,
    check_schedule,
    check_time_zone,
    interval_of,
    parts_of,
)
from .owned import check_owner, project_given, project_of, tagging
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

_TAGS = replace(
    tagging("SnapshotPolicy")[0],
    api="tags",
    on_create=True,
    encode=lambda value, _ctx: key_value_map("tags", {tag["key"]: tag["value"] for tag in value}),
)


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    check_volume(given)
    if given.get("schedule") is not None:
        check_schedule(str(given.get("interval_type") or "daily"), str(given["schedule"]))
    if given.get("time_zone") is not None:
        check_time_zone(given["time_zone"])
    if given.get("max_snaps") is not None and int(given["max_snaps"]) < 1:
        raise InvalidInput("max_snaps must be at least 1", option="max_snaps", remedy="give a greater number")


def _rows(ctx: Any) -> list[Row]:
    if ctx.id:
        owner = project_given(ctx)
        return ctx.view.rows(ctx.resource, {"id": ctx.id, **owner})
    volume = volume_of(ctx)
    if volume is None:
        # Without a volume the server lists the policies of all of them, so another's would be taken.
        raise InvalidInput(
            f"{ctx.name} needs volume or vm",
            option="volume",
            obj=ctx.name,
            remedy="give the volume that the policy is for",
        )
    # What projects own is left out of lists that do not name the project, though the volume is named.
    owner = project_of(volume)
    return ctx.view.rows(ctx.resource, {"volumeid": volume["id"], **owner})


def _complete(ctx: Any, row: Row) -> Row:
    """Adds the volume's own zone and pool, which every policy names and nobody asks for."""
    volume = volume_of(ctx) or ctx.find("volume", row["volumeid"], {})
    return {**row, "_zone": volume.get("zoneid", ""), "_pool": volume.get("storageid", "")}


def _places(field: str, own: str) -> Callable[[Row], list[Place]]:
    return lambda row: [Place.of(place, row.get(own, "")) for place in row.get(field) or ()]


def _before_create(ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    volume = volume_of(ctx)
    defaults = {"maxsnaps": 8, "timezone": "UTC"}
    return {**defaults, **params, **({"volumeid": volume["id"]} if volume else {})}


def _upsert(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    """Creating the policy of an interval again changes it; the update command hardly can [api_facts 2.6].

    Everything goes along, because what is left out would be reset; tags are dropped [recording snapshot_policies].
    """
    params: dict[str, Any] = {
        "volumeid": row["volumeid"],
        "intervaltype": interval_of(row),
        "schedule": ctx.given.get("schedule", row["schedule"]),
        "timezone": ctx.given.get("time_zone", row["timezone"]),
        "maxsnaps": ctx.given.get("max_snaps", row["maxsnaps"]),
        "fordisplay": ctx.given.get("display", row.get("fordisplay", True)),
    }
    for option, parameter, kind in (("zones", "zoneids", "zone"), ("storage_pools", "storageids", "storage_pool")):
        if ctx.given.get(option) is not None:
            ids = [str(ctx.find(kind, value, {})["id"]) for value in ctx.given[option]]
        else:
            ids = [place.id for place in ctx.resource.option(option).decode(row) if not place.own]
        if ids:
            params[parameter] = ids
    params.update(_TAGS.encode(ctx.given.get("tags", _TAGS.decode(row)), ctx))
    if ctx.given.get("use_storage_replication") is not None:
        params["usestoragereplication"] = ctx.given["use_storage_replication"]
    send_when_ready(ctx, "createSnapshotPolicy", params)


def _create(ctx: Any, params: dict[str, Any]) -> str:
    return str(send_when_ready(ctx, "createSnapshotPolicy", params)["snapshotpolicy"]["id"])


SNAPSHOT_POLICY = Resource(
    name="snapshot_policy",
    noun="snapshot policy",
    exported=False,
    summary="Manage snapshots of volumes on a schedule",
    description=(
        "Creates, changes and deletes snapshot policies. A volume has at most one for each interval.",
        "Snapshots that a policy took stay when it is deleted; nothing removes them on schedule any more.",
    ),
    notes=(
        "The volume must be ready, which it is once it has been attached to an instance.",
        "The server checks schedules and time zones hardly at all, so the task does before it sends anything.",
    ),
    commands=Commands(
        list="listSnapshotPolicies",
        create="createSnapshotPolicy",
        update="updateSnapshotPolicy",
        delete="deleteSnapshotPolicies",
        fixed={"list": {"listall": True}},
        filters={},
    ),
    identity=("interval_type",),
    scope=("volume",),
    parent="volume",
    updates=(
        Update(
            "createSnapshotPolicy",
            options=("schedule", "time_zone", "max_snaps", "zones", "storage_pools", "tags"),
            run=_upsert,
        ),
        Update("updateSnapshotPolicy", options=("display",)),
    ),
    options=(
        Option(
            "interval_type",
            help="How often a snapshot is taken.",
            api="intervaltype",
            choices=INTERVALS,
            default="daily",
            aliases=("interval",),
            decode=interval_of,
        ),
        *VOLUME,
        ZONE_OF_VOLUME,
        *(Option(o.name, o.type, o.help, refers_to=o.refers_to, behaviour=True) for o in OWNER_OF_VOLUME),
        Option(
            "schedule",
            help=(
                'Time of the snapshot, always quoted: "MM" (hourly), "MM:HH" (daily), "MM:HH:D" (weekly and monthly).',
                "MM is the minute, HH the hour, D the day: 1 is Sunday (weekly), 1 to 28 (monthly).",
            ),
            needed=True,
            updatable=True,
            equal=lambda want, have: parts_of(want) == parts_of(have),
        ),
        Option(
            "time_zone",
            help="Time zone of the schedule, V(Europe/Zurich) for example. UTC if it is left out at creation.",
            updatable=True,
            aliases=("timezone",),
            equal=lambda want, have: canonical_zone(want) == canonical_zone(str(have)),
        ),
        Option(
            "max_snaps",
            "int",
            help=(
                "How many snapshots are kept; the oldest go. 8 if it is left out at creation.",
                "The settings V(snapshot.max.hourly) and so on are the limit.",
            ),
            updatable=True,
            aliases=("max",),
        ),
        Option(
            "zones",
            "refs",
            help="Further zones that get a copy of each snapshot.",
            api="zoneids",
            field="",
            refers_to="zone",
            decode=_places("zone", "_zone"),
            equal=same_places,
            updatable=True,
        ),
        Option(
            "storage_pools",
            "refs",
            help="Further storage pools that get a copy of each snapshot, for storage that can do that.",
            api="storageids",
            field="",
            refers_to="storage_pool",
            decode=_places("storage", "_pool"),
            equal=same_places,
            updatable=True,
            since="4.21.0",
        ),
        Option(
            "use_storage_replication",
            "bool",
            help="Copies are made by the storage itself.",
            field="",
            since="4.21.0",
        ),
        Option(
            "display",
            "bool",
            help="Whether users see the policy. The server's default is true.",
            api="fordisplay",
            updatable=True,
            since="4.4",
        ),
        _TAGS,
    ),
    omitted={
        "updateSnapshotPolicy.customid": "would change the id of an existing policy",
    },
    validate=_validate,
    rows=_rows,
    is_same=lambda given, row: interval_of(row) == (given.get("interval_type") or "daily"),
    complete=_complete,
    before_create=_before_create,
    create=_create,
)

RESOURCES = (SNAPSHOT_POLICY,)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disk offerings: what users choose from when they make a data volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row
from .defaults import same_as_name
from .offering_parts import (
    ACTIVE_STATES,
    OFFERING_STATE,
    carry_over,
    disk_limits,
    disk_making,
    fixed_iops,
    offering_rows,
    open_to_all,
    refuse_mixed_limits,
    retired_name,
    visibility,
)


def _validate(given: Mapping[str, Any]) -> None:
    if given.get("customized") and given.get("disk_size") is not None:
        raise InvalidInput(
            "disk_size and customized exclude each other: users choose the size of a customized offering",
            option="disk_size",
            remedy="leave out one of the two",
        )
    if given.get("disk_size") is not None and int(given["disk_size"]) < 1:
        raise InvalidInput("disk_size must be at least 1 GB", option="disk_size", remedy="give a size in GB")
    refuse_mixed_limits(given)


def _check_wish(ctx: Any, row: Row | None) -> None:
    if row is None and ctx.given.get("disk_size") is None and not ctx.given.get("customized"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs disk_size, or customized=true",
            option="disk_size",
            obj=ctx.name,
            remedy="give disk_size in GB, or set customized to true so that users choose the size",
        )


def _before_create(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    return fixed_iops(open_to_all(params))


def _retire(ctx: Any, row: Row) -> None:
    shape = ("disk_size", "customized")
    carry_over(ctx, row, shape, reshaped=any(ctx.given.get(name) is not None for name in shape))
    ctx.change("updateDiskOffering", {"id": row["id"], "name": retired_name(ctx, row), "state": "Inactive"})


def _reinstate(ctx: Any, row: Row) -> None:
    ctx.change("updateDiskOffering", {"id": row["id"], "name": row["name"], "state": row.get("state", "Active")})


DISK_OFFERING = Resource(
    name="disk_offering",
    noun="disk offering",
    summary="Manage disk offerings",
    description=(
        "Creates, changes and retires disk offerings, the sizes and speeds that users choose from for data volumes.",
        "Size, storage type and most other properties are fixed at creation.",
    ),
    notes=(
        (
            "Names are not unique at the server. If more than one active offering has the name, the task fails and "
            "lists the ids; give O(id) then."
        ),
        (
            "Deleting an offering makes it inactive: volumes that use it stay as they are. A later task with "
            "O(state=present) creates a new offering of that name."
        ),
        (
            "With O(immutable_drift=replace) the old offering gets another name and becomes inactive, and a new one "
            "takes its name; existing volumes keep the old one."
        ),
    ),
    commands=Commands(
        list="listDiskOfferings",
        create="createDiskOffering",
        update="updateDiskOffering",
        delete="deleteDiskOffering",
    ),
    states=ACTIVE_STATES,
    options=(
        Option(
            "name",
            help="Name of the offering. Case counts. With O(id) it is the new name.",
            required=True,
            updatable=True,
        ),
        Option(
            "display_text",
            help="What users see. The server takes the name if it is left out at creation.",
            api="displaytext",
            updatable=True,
            server_default=same_as_name,
        ),
        Option(
            "disk_size",
            "int",
            help="Size of the volumes. Needed unless O(customized=true).",
            unit="GB",
            told=lambda row: None if row.get("iscustomized") else row.get("disksize"),
        ),
        Option(
            "customized",
            "bool",
            help="Users choose the size of the volume.",
            field="iscustomized",
            aliases=("is_customized",),
        ),
        Option(
            "display_offering",
            "bool",
            help="Whether users see the offering at all. The server's default is true.",
            updatable=True,
            server_default=True,
        ),
        Option(
            "storage_tags",
            "set",
            help=(
                "Storage pools need all these tags to hold such a volume. An empty list removes them.",
                "Volumes already made are not moved when the tags change.",
            ),
            api="tags",
            updatable=True,
            aliases=("storage_tag",),
        ),
        *disk_making("volume", updatable=True),
        *disk_limits(updatable=True),
        Option(
            "is_iops_customized",
            "bool",
            help="Users choose the limits of the storage themselves.",
            api="customizediops",
            field="iscustomizediops",
            aliases=("iops_customized",),
        ),
        Option(
            "iops_min",
            "int",
            help="Operations that managed storage guarantees to a volume.",
            api="miniops",
            unit="operations/s",
        ),
        Option(
            "iops_max",
            "int",
            help="Operations that managed storage allows a volume.",
            api="maxiops",
            unit="operations/s",
        ),
        Option(
            "hypervisor_snapshot_reserve",
            "int",
            help="Space kept for snapshots of the hypervisor on managed storage, in percent of the volume.",
            unit="%",
        ),
        Option(
            "disk_size_strictness",
            "bool",
            help="The size of volumes can't be changed while they have this offering.",
            since="4.17",
        ),
        Option(
            "encrypt",
            "bool",
            help=(
                "Volumes are encrypted by the hypervisor.",
                "All hosts must support it; snapshot policies then don't work.",
            ),
            since="4.18",
        ),
        Option(
            "storage_policy",
            help="Id of a storage policy of VMware. The server does not tell it back, so a difference is not seen.",
            field="",
            since="4.15",
        ),
        Option(
            "details",
            "map",
            help="Further properties, as the storage plugin defines them. Only the keys given are compared.",
            since="4.16",
        ),
        *visibility("offering"),
        OFFERING_STATE,
    ),
    omitted={
        "updateDiskOffering.sortkey": "the server does not tell the order, so it could not be kept",
    },
    returns={"state": "state"},
    validate=_validate,
    check_wish=_check_wish,
    rows=offering_rows,
    before_create=_before_create,
    retire=_retire,
    reinstate=_reinstate,
    initial_states=("active",),
)

RESOURCES = (DISK_OFFERING,)

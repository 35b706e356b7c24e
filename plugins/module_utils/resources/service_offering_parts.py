# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What compute and system offerings share: both are service offerings to the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Option, Row, Update
from .defaults import same_as_name
from .offering_parts import carry_over, disk_limits, disk_making, fixed_iops, open_to_all, retired_name, visibility

LEAST_MEMORY = 32
"""MB; the server refuses less [service_offerings recording]."""


_DETAILS_OF_OPTIONS = frozenset(("mincpunumber", "maxcpunumber", "minmemory", "maxmemory"))


def _own_details(row: Row) -> dict[str, Any]:
    """Details that no other option stands for."""
    details = row.get("serviceofferingdetails") or {}
    return {key: value for key, value in details.items() if key not in _DETAILS_OF_OPTIONS and "External:" not in key}


SHAPE = (
    *("cpu_number", "cpu_speed", "memory", "is_customized"),
    *("min_cpu_number", "max_cpu_number", "min_memory", "max_memory"),
)


def detail(key: str) -> Callable[[Row], Any]:
    """Reads a value that the server keeps among the details of an offering."""
    return lambda row: (row.get("serviceofferingdetails") or {}).get(key)


def sizes(*, needed: bool = False) -> tuple[Option, ...]:
    return (
        Option("cpu_number", "int", help="Number of virtual CPUs.", needed=needed),
        Option("cpu_speed", "int", help="Speed of each CPU. A share, not a promise, where hosts are overcommitted.",
               unit="MHz", needed=needed),
        Option("memory", "int", help=f"Memory, at least {LEAST_MEMORY} MB.", unit="MB", needed=needed),
    )  # fmt: skip


COMMON = (
    Option(
        "name", help="Name of the offering. Case counts. With O(id) it is the new name.", required=True, updatable=True
    ),
    Option(
        "display_text",
        help="What users see. The server takes the name if it is left out at creation.",
        api="displaytext",
        updatable=True,
        server_default=same_as_name,
    ),
    Option(
        "limit_cpu_usage",
        "bool",
        help="Never gives more CPU than cpu_speed says, even if the host is idle.",
        api="limitcpuuse",
    ),
    Option("offer_ha", "bool", help="Started again elsewhere when its host fails. Not possible with local storage."),
    Option(
        "host_tags",
        "set",
        help=(
            "Only hosts with all these tags are used. An empty list removes them.",
            "The server refuses a change while something runs on hosts without the new tags.",
        ),
        updatable=True,
        aliases=("host_tag",),
    ),
    Option(
        "storage_tags",
        "set",
        help=(
            "Only storage pools with all these tags are used. An empty list removes them.",
            "The server refuses a change while something running uses pools without the new tags.",
        ),
        api="tags",
        update_api="storagetags",
        field="storagetags",
        updatable=True,
        aliases=("storage_tag",),
    ),
    *disk_making("root disk"),
    *disk_limits("disk_"),
    Option(
        "root_disk_size",
        "int",
        help="Size of the root disk. If it is left out or 0, the template decides.",
        unit="GB",
        since="4.15",
        server_default=0,
    ),
    Option(
        "network_rate",
        "int",
        help="Limit of the network; 0 is no limit. Running virtual machines take it at their next start.",
        unit="Mbit/s",
    ),
    Option(
        "deployment_planner",
        help="Name of the planner that chooses hosts, V(FirstFitPlanner) for example.",
    ),
    Option(
        "service_offering_details",
        "map",
        help="Further properties, such as those a deployment planner reads. Only the keys given are compared.",
        wire="pairs",
        aliases=("details",),
        told=_own_details,
    ),
    Option(
        "dynamic_scaling_enabled",
        "bool",
        help="CPU and memory may grow while running. The server's default is true.",
        since="4.16",
        server_default=True,
    ),
    Option(
        "disk_offering",
        "ref",
        help=(
            "Disk offering of the root disk.",
            "If it is left out, the server keeps a hidden one with the values given here.",
        ),
        api="diskofferingid",
        refers_to="disk_offering",
        name_field="diskofferingname",
        since="4.17",
    ),
    Option(
        "disk_offering_strictness",
        "bool",
        help="The root disk keeps O(disk_offering) for as long as the offering is this one.",
        since="4.17",
    ),
    Option("encrypt_root", "bool", help="The root disk is encrypted. All hosts must support it.", since="4.18"),
    Option(
        "storage_policy",
        help="Id of a storage policy of VMware. The server does not tell it back, so a difference is not seen.",
        field="",
        since="4.15",
    ),
    *visibility("offering"),
)

SORT_KEY = {"updateServiceOffering.sortkey": "the server does not tell the order, so it could not be kept"}


def keep_purge(_ctx: Any, row: Row) -> Mapping[str, Any]:
    """An update without purgeresources clears it [api_facts 2.1], so what is there goes along."""
    return {"purgeresources": True} if row.get("purgeresources") else {}


UPDATE = Update("updateServiceOffering", extra=keep_purge)


def check_sizes(given: Mapping[str, Any]) -> None:
    """Bounds that the server has, told before anything is sent."""
    for name, least in (("cpu_number", 1), ("cpu_speed", 0), ("memory", LEAST_MEMORY)):
        if given.get(name) is not None and int(given[name]) < least:
            raise InvalidInput(
                f"{name} is {given[name]}, but must be at least {least}", option=name, remedy="give a greater number"
            )
    if given.get("offer_ha") and given.get("storage_type") == "local":
        raise InvalidInput(
            "offer_ha needs shared storage: what lies on the disks of a host can't be started elsewhere",
            option="offer_ha",
            remedy="set offer_ha to false, or storage_type to shared",
        )


def before_create(_ctx: Any, params: dict[str, Any]) -> dict[str, Any]:
    return fixed_iops(open_to_all(params))


def _drop_hidden(ctx: Any) -> None:
    found = ctx.client.list("listDiskOfferings", {"id": ctx.given["disk_offering"], "state": "all"})
    if not found:
        del ctx.given["disk_offering"]


def retire(ctx: Any, row: Row) -> None:
    """The old offering gives its name away and takes nothing new; what uses it runs on."""
    wanted = ctx.given.get("is_customized")
    carry_over(ctx, row, SHAPE, reshaped=wanted is not None and bool(wanted) != bool(row.get("iscustomized")))
    # Without one of its own every offering has a hidden disk offering, which belongs to the old one alone.
    if ctx.given.get("disk_offering") == row.get("diskofferingid"):
        _drop_hidden(ctx)
    params = {"id": row["id"], "name": retired_name(ctx, row), "state": "Inactive"}
    ctx.change("updateServiceOffering", {**params, **keep_purge(ctx, row)})


def reinstate(ctx: Any, row: Row) -> None:
    """The old offering gets its name and state back."""
    params = {"id": row["id"], "name": row["name"], "state": row.get("state", "Active")}
    ctx.change("updateServiceOffering", {**params, **keep_purge(ctx, row)})

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zones and pods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, State, Update
from .addresses import check_addresses, check_network, check_ranges, same_address
from .reserved_addresses import check_reserved

ALLOCATION = Option("allocation_state", api="allocationstate", updatable=True, on_create=False, hidden=True)
ENABLED = State("enabled", {"allocation_state": "Enabled"}, help="Exists and takes new work.", last=True)
DISABLED = State("disabled", {"allocation_state": "Disabled"}, help="Exists, and only administrators may use it.")
IN_ZONE = Option(
    "zone", "ref", help="Zone it belongs to.", api="zoneid", refers_to="zone", name_field="zonename", by_name=True,
    needed=True,
)  # fmt: skip

_DNS4 = ("dns1", "dns2", "internal_dns1", "internal_dns2")
_DNS6 = ("dns1_ipv6", "dns2_ipv6")
_SEARCH_ORDER = "network.guestnetwork.dns.search.order"


def _validate_zone(given: Mapping[str, Any]) -> None:
    check_addresses(given, _DNS4)
    check_addresses(given, _DNS6, version=6)
    check_network(given, "guest_cidr_address")


def _search_order(row: Row) -> str:
    return str((row.get("resourcedetails") or {}).get(_SEARCH_ORDER) or "")


def _details(row: Row) -> dict[str, Any]:
    return {key: value for key, value in (row.get("resourcedetails") or {}).items() if key != _SEARCH_ORDER}


ZONE = Resource(
    name="zone",
    noun="zone",
    summary="Manage zones",
    description=(
        "Creates, changes, enables and deletes zones.",
        "A new zone is disabled. It can be enabled when it has a physical network with its traffic types.",
        "To be of use it needs a pod, a cluster, a host and storage as well.",
    ),
    commands=Commands(list="listZones", create="createZone", update="updateZone", delete="deleteZone"),
    states=(ENABLED, DISABLED),
    initial_states=("disabled",),
    validate=_validate_zone,
    options=(
        Option("name", help="Name of the zone. With O(id) it is the new name.", required=True, updatable=True),
        Option(
            "network_type", help="Kind of networking, which cannot be changed later.", choices=("Basic", "Advanced"),
            needed=True,
        ),
        Option("dns1", help="First DNS server for instances.", needed=True, updatable=True),
        Option("dns2", help="Second DNS server for instances.", updatable=True),
        Option(
            "internal_dns1", help="First DNS server for system VMs, in the management network.", needed=True,
            updatable=True,
        ),
        Option("internal_dns2", help="Second DNS server for system VMs.", updatable=True),
        Option(
            "dns1_ipv6", help="First DNS server for instances, by IPv6.", api="ip6dns1", updatable=True,
            aliases=("ip6_dns1",), equal=same_address,
        ),
        Option(
            "dns2_ipv6", help="Second DNS server for instances, by IPv6.", api="ip6dns2", updatable=True,
            aliases=("ip6_dns2",), equal=same_address,
        ),
        Option("network_domain", help="DNS domain of its networks.", api="domain", updatable=True),
        Option("guest_cidr_address", help="Address range of guest networks, as CIDR.", updatable=True),
        Option("dhcp_provider", help="Provider of DHCP.", updatable=True, on_create=False,
               server_default="VirtualRouter"),
        Option("local_storage_enabled", "bool", help="Whether instances may use disks of a host.", updatable=True),
        Option(
            "securitygroups_enabled", "bool", help="Whether security groups can be used.", api="securitygroupenabled",
            field="securitygroupsenabled", aliases=("security_groups_enabled",),
        ),
        Option(
            "is_edge", "bool", help="Whether this is a small zone without system VMs and secondary storage.",
            api="isedge", field="type", decode=lambda row: row.get("type") == "Edge", since="4.18.0",
        ),
        Option(
            "domain", "ref", help="Domain whose users alone may use the zone.", api="domainid", refers_to="domain",
            name_field="domainname",
        ),
        Option(
            "storage_access_groups", "set", help="Storage access groups of all hosts in the zone.",
            api="storageaccessgroups", since="4.21.0",
        ),
        Option(
            "dns_search_order", "list", help="DNS domains that guests search, in this order.", api="dnssearchorder",
            field="", decode=_search_order, updatable=True, on_create=False,
        ),
        Option(
            "details", "map", help="Details of the zone; those that are not given stay as they are.",
            field="resourcedetails", decode=_details, wire="pairs", updatable=True, on_create=False,
        ),
        ALLOCATION,
    ),
    omitted={
        "createZone.allocationstate": "set through state, after the zone was created",
        "updateZone.sortkey": "the server never tells it, so it could not be compared",
        "updateZone.ispublic": "follows from the option domain",
    },
    unique=True,
)  # fmt: skip


def _check_pod(ctx: Any, row: Row | None) -> None:
    """Only pods of edge zones are made without addresses, and the addresses are nobody's."""
    if ctx.state == "absent":
        return
    place = row["zoneid"] if row else ctx.ref_id("zone") if ctx.given.get("zone") else None
    check_reserved(ctx, place, _first_range(row or {}))
    if row is not None or ctx.given.get("zone") is None:
        return
    zone = ctx.ref("zone")
    if ctx.is_planned(zone["id"]) or zone.get("type") == "Edge":
        return
    missing = [name for name in ("gateway", "netmask", "start_ip") if not ctx.given.get(name)]
    if missing:
        raise InvalidInput(
            f"{ctx.name} does not exist, and creating it needs {', '.join(missing)}",
            option=missing[0],
            obj=ctx.name,
            remedy=f"give {', '.join(missing)}, or check the name",
        )


def _move_first_range(ctx: Any, row: Row, changes: tuple[Any, ...]) -> None:
    """updatePod takes new ends of the range, and overlooks them."""
    range_now = _first_range(row)
    if not range_now:
        raise InvalidInput(
            f"{ctx.name} was made without a range that could be moved",
            option="start_ip",
            obj=ctx.name,
            remedy="add one with management_ip_range",
        )
    new = {{"start_ip": "newstartip", "end_ip": "newendip"}[change.option]: change.after for change in changes}
    ctx.change(
        "updatePodManagementNetworkIpRange",
        {"podid": row["id"], "currentstartip": range_now["startip"], "currentendip": range_now["endip"], **new},
    )


POD = Resource(
    name="pod",
    noun="pod",
    summary="Manage pods",
    description=("Creates, changes, enables and deletes pods with their first range of reserved addresses.",),
    notes=("Further ranges are managed by M(cloudstack.ops.management_ip_range).",),
    commands=Commands(list="listPods", create="createPod", update="updatePod", delete="deletePod"),
    updates=(
        Update("updatePodManagementNetworkIpRange", options=("start_ip", "end_ip"), id="podid", run=_move_first_range),
    ),
    scope=("zone",),
    parent="zone",
    states=(
        State("enabled", {"allocation_state": "Enabled"}, help="Exists and takes new work."),
        DISABLED,
    ),
    initial_states=("enabled",),
    validate=check_ranges,
    check_wish=_check_pod,
    options=(
        Option("name", help="Name of the pod. With O(id) it is the new name.", required=True, updatable=True),
        IN_ZONE,
        Option(
            "gateway", help="Gateway of the management network. Needed to create a pod, except in an edge zone.",
            updatable=True,
        ),
        Option(
            "netmask", help="Netmask of the management network. Needed to create a pod, except in an edge zone.",
            updatable=True,
        ),
        Option(
            "start_ip",
            help="First address reserved for system VMs. Needed to create a pod, except in an edge zone.",
            updatable=True, api="startip",
            decode=lambda row: _first_range(row).get("startip"),
        ),
        Option(
            "end_ip", help="Last address reserved for system VMs.", updatable=True, api="endip",
            decode=lambda row: _first_range(row).get("endip"),
        ),
        Option(
            "storage_access_groups", "set", help="Storage access groups of all hosts in the pod.",
            api="storageaccessgroups", since="4.21.0",
        ),
        ALLOCATION,
    ),
    omitted={
        "createPod.allocationstate": "set through state, after the pod was created",
        "updatePod.startip": "the server overlooks it: ranges are changed as ranges",
        "updatePod.endip": "the server overlooks it: ranges are changed as ranges",
    },
    unique=True,
)  # fmt: skip


def _first_range(row: Row) -> Row:
    """The range that the pod was made with; the others have commands of their own."""
    ranges = row.get("ipranges") or []
    return ranges[0] if ranges else {}


RESOURCES = (ZONE, POD)

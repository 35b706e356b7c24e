# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ranges of addresses and VLANs: public and shared, management, storage, dedicated guest VLANs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from .addresses import check_ranges, same_address
from .owned import OWNER
from .physical_networks import vlan_ranges
from .range_overlaps import check_management_range, check_public_range, check_storage_range
from .reserved_addresses import check_reserved


def plain_vlan(value: Any) -> str:
    """``vlan://50`` as ``50``; no VLAN as ``untagged``."""
    text = str(value if value is not None else "").removeprefix("vlan://").strip()
    return text or "untagged"


def same_vlan(want: Any, have: Any) -> bool:
    return plain_vlan(want) == plain_vlan(have)


IN_ZONE = Option("zone", "ref", help="Zone of the range.", api="zoneid", refers_to="zone", needed=True)
_PHYSICAL = Option(
    "physical_network", "ref", help="Physical network of the range.", api="physicalnetworkid",
    refers_to="physical_network",
)  # fmt: skip


def _vlan_rows(ctx: Any) -> Iterable[Row]:
    """Ranges of the zone. Without a first address any of them would be meant."""
    if ctx.id:
        return ctx.view.rows(ctx.resource, {"id": ctx.id})
    if not ctx.given.get("start_ip") and not ctx.given.get("start_ipv6"):
        raise InvalidInput(
            "a range is told by its first address", option="start_ip", remedy="give start_ip, start_ipv6 or id"
        )
    return ctx.view.rows(ctx.resource, {"zoneid": ctx.ref_id("zone")} if ctx.given.get("zone") else {})


VLAN_IP_RANGE = Resource(
    name="vlan_ip_range",
    noun="VLAN IP range",
    summary="Manage public and shared IP ranges",
    description=(
        "Creates, extends and deletes ranges of public addresses, and of addresses of shared networks.",
        "A range is told by its first address.",
    ),
    commands=Commands(
        list="listVlanIpRanges", create="createVlanIpRange", update="updateVlanIpRange", delete="deleteVlanIpRange",
        filters={}, parents={"zone": "zoneid"},
    ),
    identity=("start_ip", "start_ipv6"),
    scope=("zone", "physical_network", "network", "vlan"),
    parent="physical_network",
    after=("traffic_type",),
    validate=check_ranges,
    check_wish=check_public_range,
    rows=_vlan_rows,
    options=(
        Option("start_ip", help="First address."),
        Option("end_ip", help="Last address; the first alone, if left out.", updatable=True),
        Option("start_ipv6", help="First IPv6 address.", equal=same_address),
        Option("end_ipv6", help="Last IPv6 address.", updatable=True, equal=same_address),
        Option("gateway", help="Gateway of the range.", updatable=True),
        Option("netmask", help="Netmask of the range.", updatable=True),
        Option("gateway_ipv6", help="IPv6 gateway.", api="ip6gateway", updatable=True, equal=same_address),
        Option("cidr_ipv6", help="IPv6 network as CIDR.", api="ip6cidr", updatable=True, equal=same_address),
        Option("vlan", help="VLAN of the range, or V(untagged).", equal=same_vlan,
               told=lambda row: plain_vlan(row.get("vlan"))),
        IN_ZONE,
        _PHYSICAL,
        Option("network", "ref", help="Shared network that the range belongs to.", api="networkid",
               refers_to="network"),
        Option("pod", "ref", help="Pod, in Basic zones.", api="podid", refers_to="pod", name_field="podname",
               by_name=True),
        Option("for_virtual_network", "bool", help="Whether these are public addresses for virtual networks."),
        Option("for_system_vms", "bool", help="Whether the range is kept for system VMs.", updatable=True),
        Option("provider", help="External provider that the range is kept for.", since="4.21.0"),
        *OWNER,
    ),
    omitted={
        "updateVlanIpRange.startip": "a range is told by its first address",
        "updateVlanIpRange.startipv6": "a range is told by its first address",
    },
)  # fmt: skip


def _further_rows(ctx: Any) -> Iterable[Row]:
    """All ranges but the first of each pod, which the pod itself is made with."""
    seen: set[str] = set()
    for row in _management_rows(replace(ctx, id="(all)")):
        if row["podid"] in seen:
            yield row
        seen.add(row["podid"])


def _management_rows(ctx: Any) -> Iterable[Row]:
    """Ranges stand in the rows of pods; they have no id, so pod and first address make one."""
    found: list[Row] = []
    filters = {"id": ctx.ref_id("pod")} if not ctx.id else {}
    if ctx.is_planned(filters.get("id", "")):
        return found
    for pod in ctx.client.list("listPods", filters):
        for entry in pod.get("ipranges") or ():
            found.append(
                {
                    **entry,
                    "id": f"{pod['id']}/{entry['startip']}",
                    "podid": pod["id"],
                    "podname": pod["name"],
                    "zoneid": pod["zoneid"],
                    "zonename": pod["zonename"],
                    "gateway": entry.get("gateway") or pod.get("gateway"),
                    "netmask": pod.get("netmask"),
                }
            )
    return found


def _check_management(ctx: Any, row: Row | None) -> None:
    if ctx.state != "absent":
        check_reserved(ctx, (row or ctx.ref("pod")).get("zoneid"), row or {})
        check_management_range(ctx, row)


def _move_end(ctx: Any, row: Row, _changes: tuple[Any, ...]) -> None:
    ctx.change(
        "updatePodManagementNetworkIpRange",
        {"podid": row["podid"], "currentstartip": row["startip"], "currentendip": row["endip"],
         "newendip": ctx.given["end_ip"]},
    )  # fmt: skip


def _create_management(ctx: Any, params: dict[str, Any]) -> str:
    ctx.change("createManagementNetworkIpRange", params)
    return f"{params['podid']}/{params['startip']}"


def _delete_management(_ctx: Any, row: Row) -> Mapping[str, Any]:
    # The server takes the VLAN from a URI alone: a bare one fails with a null pointer [zone_build_teardown recording].
    vlan = f"vlan://{plain_vlan(row.get('vlanid'))}"
    return {"podid": row["podid"], "startip": row["startip"], "endip": row["endip"], "vlan": vlan}


MANAGEMENT_IP_RANGE = Resource(
    name="management_ip_range",
    noun="management IP range",
    summary="Manage reserved addresses of pods",
    description=("Adds, extends and removes ranges of management addresses that system VMs of a pod use.",),
    notes=("The first range of a pod is made with it, by M(cloudstack.ops.pod).",),
    commands=Commands(
        list="listPods", create="createManagementNetworkIpRange", delete="deleteManagementNetworkIpRange", filters={},
        id="podid",
    ),
    identity=("start_ip",),
    scope=("pod", "zone"),
    parent="pod",
    rows=_management_rows,
    listed=_further_rows,
    create=_create_management,
    before_delete=_delete_management,
    validate=check_ranges,
    check_wish=_check_management,
    updates=(Update("updatePodManagementNetworkIpRange", options=("end_ip",), id="", run=_move_end),),
    options=(
        Option("start_ip", help="First address.", required=True),
        Option("end_ip", help="Last address.", needed=True, updatable=True),
        Option("pod", "ref", help="Pod of the range.", api="podid", refers_to="pod", required=True,
               decode=lambda row: row.get("podid")),
        Option("zone", "ref", help="Zone of the pod.", api="", refers_to="zone", field="zoneid",
               name_field="zonename", by_name=True),
        Option("gateway", help="Gateway of the management network.", needed=True),
        Option("netmask", help="Netmask of the management network.", needed=True),
        Option("vlan", help="VLAN of the range, or V(untagged).", field="vlanid", equal=same_vlan),
        Option("for_system_vms", "bool", help="Whether the range is kept for system VMs.",
               decode=lambda row: str(row.get("forsystemvms")) in ("1", "true", "True")),
    ),
)  # fmt: skip

STORAGE_IP_RANGE = Resource(
    name="storage_ip_range",
    noun="storage IP range",
    summary="Manage addresses of the storage network",
    description=("Creates, changes and deletes ranges of addresses by which secondary storage VMs reach storage.",),
    commands=Commands(
        list="listStorageNetworkIpRange", create="createStorageNetworkIpRange", update="updateStorageNetworkIpRange",
        delete="deleteStorageNetworkIpRange", filters={}, parents={"pod": "podid"},
    ),
    identity=("start_ip",),
    scope=("pod",),
    parent="pod",
    after=("traffic_type",),
    validate=check_ranges,
    check_wish=check_storage_range,
    options=(
        Option("start_ip", help="First address.", required=True),
        Option("end_ip", help="Last address; the first alone, if left out."),
        Option("pod", "ref", help="Pod of the range.", api="podid", refers_to="pod", required=True),
        Option("zone", "ref", help="Zone of the pod.", api="", refers_to="zone", field="zoneid"),
        Option("gateway", help="Gateway of the storage network.", needed=True),
        Option("netmask", help="Netmask of the storage network.", needed=True, updatable=True),
        Option("vlan", "int", help="VLAN of the storage network.", updatable=True),
    ),
    omitted={
        "updateStorageNetworkIpRange.startip": "a range is told by its first address",
        "updateStorageNetworkIpRange.endip": "the server refuses it: any longer range overlaps with itself",
    },
)  # fmt: skip


def _dedicated_rows(ctx: Any) -> Iterable[Row]:
    """The answers give internal numbers for network and zone, so they are asked for by network."""
    if ctx.id:
        return ctx.view.rows(ctx.resource, {"id": ctx.id})
    network = ctx.ref_id("physical_network")
    return [] if ctx.is_planned(network) else _dedicated_in(ctx, network)


def _dedicated_in(ctx: Any, network: str) -> list[Row]:
    rows = ctx.client.list("listDedicatedGuestVlanRanges", {"physicalnetworkid": network})
    return [{**row, "physicalnetworkid": network} for row in rows]


def _every_dedicated_row(ctx: Any) -> Iterable[Row]:
    """Those of every network, if there are any at all."""
    if not ctx.view.rows(ctx.resource):
        return []
    networks = [str(row["id"]) for row in ctx.view.rows(ctx.view.kinds["physical_network"])]
    return [row for rows in ctx.view.parallel([partial(_dedicated_in, ctx, one) for one in networks]) for row in rows]


GUEST_VLAN_RANGE = Resource(
    name="guest_vlan_range",
    noun="guest VLAN range",
    summary="Dedicate guest VLAN ranges",
    description=("Keeps a range of guest VLANs of a physical network for one account or project.",),
    commands=Commands(
        list="listDedicatedGuestVlanRanges", create="dedicateGuestVlanRange",
        delete="releaseDedicatedGuestVlanRange", filters={},
    ),
    identity=("vlan_range",),
    scope=("physical_network",),
    parent="physical_network",
    rows=_dedicated_rows,
    listed=_every_dedicated_row,
    event_resource="DedicatedGuestVlanRange",
    options=(
        Option("vlan_range", help="The range, such as V(150-160).", required=True, api="vlanrange",
               field="guestvlanrange", equal=lambda want, have: vlan_ranges(str(want)) == vlan_ranges(str(have or ""))),
        Option("physical_network", "ref", help="Physical network of the VLANs.", api="physicalnetworkid",
               refers_to="physical_network", required=True),
        Option("zone", "ref", help="Zone of the physical network.", api="", field="", refers_to="zone"),
        *OWNER,
    ),
)  # fmt: skip

NETWORK = Resource(
    name="network",
    noun="network",
    summary="Guest networks",
    commands=Commands(list="listNetworks", fixed={"list": {"listall": True}}),
    scope=("zone", "domain", "account", "project"),
    options=(
        Option("name", help="Name of the network."),
        Option("zone", "ref", api="zoneid", refers_to="zone", name_field="zonename", by_name=True),
        *OWNER,
    ),
    lookup_only=True,
)  # fmt: skip

RESOURCES = (VLAN_IP_RANGE, MANAGEMENT_IP_RANGE, STORAGE_IP_RANGE, GUEST_VLAN_RANGE, NETWORK)

"""Ranges of the storage network of pods."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime
from ...listing import equal
from ...model.physical import StorageRange
from ...model.zones import Pod
from ...registry import SUCCESS, command
from ..zones.zone_life import networks_with_traffic, system_network


def range_view(call: Call, row: StorageRange, *, whole: bool = True) -> dict[str, Any]:
    """The range; the answer of a create has no places in it (`whole` False)."""
    view = {
        "id": row.uuid,
        "vlan": row.vlan,
        "startip": row.start,
        "endip": row.end,
        "gateway": row.gateway,
        "netmask": row.netmask,
    }
    if whole:
        view |= {
            "podid": call.db.pods[row.pod_id].uuid,
            "zoneid": call.db.zones[row.zone_id].uuid,
            "networkid": system_network(call.sim, row.zone_id, "Storage").uuid,
        }
    return view


@command("listStorageNetworkIpRange")
def list_ranges(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "storagenetworkiprange",
        call.db.storage_ranges,
        range_view,
        where=[equal("id", p.id), equal("pod_id", p.podid), equal("zone_id", p.zoneid)],
    )


@command("createStorageNetworkIpRange")
def create_range(call: Call) -> dict[str, Any]:
    p = call.params
    end = p.endip or p.startip
    if not net.is_netmask(p.netmask):
        raise CloudRuntime(f"Invalid netmask:{p.netmask}")
    pod = live(p.podid, "Cannot find pod {id}", CloudRuntime)
    zone = call.db.zones[pod.zone_id]
    if not networks_with_traffic(call.sim, zone, "Storage"):
        raise CloudRuntime(f"Cannot find storage network in zone {zone.id}")
    _check_addresses(p.startip, end)
    _check_overlap(call, pod, p.startip, end)
    row = call.db.storage_ranges.add(
        StorageRange(
            pod_id=pod.id, zone_id=zone.id, gateway=p.gateway, netmask=p.netmask, start=p.startip, end=end, vlan=p.vlan
        )
    )
    call.event("STORAGE.IP.RANGE.CREATE", "Successfully completed Creating storage IP range", row)
    return {"storagenetworkiprange": range_view(call, row, whole=False)}


def _check_addresses(start: str, end: str) -> None:
    if not (net.is_ip4(start) and net.is_ip4(end)) or net.number(start) > net.number(end):
        raise CloudRuntime(f"Invalid storage network ip range:{start} - {end}")


def _check_overlap(call: Call, pod: Pod, start: str, end: str) -> None:
    """Refuse a range that touches one of the pod's. An updated range counts too, as on the server."""
    text = "The Storage network Start IP and endIP address range overlap with private IP :"
    for existing in pod.ranges:
        if net.overlap(start, end, existing.start, existing.end):
            raise CloudRuntime(f"{text}{existing.start}:{existing.end}")
    for other in call.db.storage_ranges.where(pod_id=pod.id):
        if net.overlap(start, end, other.start, other.end):
            raise CloudRuntime(f"{text}{other.start} - {other.end}")


@command("updateStorageNetworkIpRange")
def update_range(call: Call) -> dict[str, Any]:
    p = call.params
    row = live(p.id, "Can not find storage ip range {id}", CloudRuntime)
    if p.startip or p.endip:
        start, end = p.startip or row.start, p.endip or row.end
        _check_addresses(start, end)
        _check_overlap(call, call.db.pods[row.pod_id], start, end)
        row.start, row.end = start, end
    if p.netmask:
        if not net.is_netmask(p.netmask):
            raise CloudRuntime(f"Invalid netmask:{p.netmask}")
        row.netmask = p.netmask
    if p.vlan is not None:
        row.vlan = p.vlan
    call.event("STORAGE.IP.RANGE.UPDATE", "Successfully completed Update storage IP range", row)
    return {"storagenetworkiprange": range_view(call, row)}


@command("deleteStorageNetworkIpRange")
def delete_range(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Can not find storage ip range {id}", CloudRuntime)
    if row.taken:
        raise CloudRuntime("There are still some storage network ip addresses in use")
    call.db.storage_ranges.remove(row)
    call.event("STORAGE.IP.RANGE.DELETE", "Successfully completed Deleting storage IP range", row)
    return SUCCESS

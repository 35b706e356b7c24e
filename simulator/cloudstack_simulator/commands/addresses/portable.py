"""Portable address ranges of regions."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal
from ...model.addresses import PortableRange
from ...registry import SUCCESS, allocate, command


def range_view(row: PortableRange, *, with_addresses: bool = False) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": row.uuid,
        "regionid": row.region_id,
        "gateway": row.gateway,
        "netmask": row.netmask,
        "vlan": row.vlan,
        "startip": row.start,
        "endip": row.end,
    }
    if with_addresses:
        view["portableipaddress"] = [
            {"ipaddress": net.address(value), "state": "Allocated" if value in row.taken else "Free"}
            for value in net.numbers(row.start, row.end)
        ]
    return view


@command("listPortableIpRanges")
def list_ranges(call: Call) -> dict[str, Any]:
    p = call.params
    if p.regionid is not None and call.db.regions.get(p.regionid) is None:
        raise InvalidParameter(f"Invalid region ID: {p.regionid}")
    return call.listing(
        "portableiprange",
        call.db.portable_ranges,
        lambda _call, row: range_view(row, with_addresses=True),
        where=[equal("id", p.id), equal("region_id", p.regionid)],
    )


@allocate("createPortableIpRange")
def allocate_range(call: Call) -> PortableRange:
    p = call.params
    if call.db.regions.get(p.regionid) is None:
        raise InvalidParameter(f"Invalid region ID: {p.regionid}")
    is_range = net.is_ip4(p.startip) and net.is_ip4(p.endip) and net.number(p.startip) <= net.number(p.endip)
    if not is_range or not net.is_ip4(p.gateway) or not net.is_netmask(p.netmask):
        raise InvalidParameter(f"Invalid portable ip  range: {p.startip}-{p.endip}")
    span = net.network(p.gateway, p.netmask)
    for which, value in (("start", p.startip), ("end", p.endip)):
        if net.IPv4Address(value) not in span:
            raise InvalidParameter(
                f"Please ensure that your {which} IP is in the same subnet as your portable IP range's gateway and "
                "as per "
                "the IP range's netmask."
            )
    for other in call.db.portable_ranges.where(region_id=p.regionid):
        if net.overlap(p.startip, p.endip, other.start, other.end):
            raise InvalidParameter(
                f"Ip  range: {p.startip}-{p.endip} overlaps with a portable IP range already configured in the region "
                f"{p.regionid}"
            )
    _check_vlan(call)
    made: PortableRange = call.db.portable_ranges.add(
        PortableRange(
            region_id=p.regionid, gateway=p.gateway, netmask=p.netmask, start=p.startip, end=p.endip, vlan=p.vlan
        )
    )
    return made


def _check_vlan(call: Call) -> None:
    vlan = call.params.vlan
    if vlan is None or vlan.lower() == "untagged":
        return
    if not vlan.isdigit() or int(vlan) > 4095:
        raise InvalidParameter(f"Invalid vlan id {vlan}")
    for existing in call.db.vlans:
        if existing.virtual and existing.vlan == f"vlan://{vlan}":
            raise InvalidParameter(
                f"Found a VLAN id {vlan} already existing in zone {call.db.zones[existing.zone_id]} that conflicts "
                "with "
                "VLAN id of the portable ip range being configured"
            )


@command("createPortableIpRange")
def create_range(call: Call) -> dict[str, Any]:
    row = call.created
    call.event("PORTABLE.IP.RANGE.CREATE", "Successfully completed creating portable ip range", row)
    return {"portableiprange": range_view(row)}


@command("deletePortableIpRange")
def delete_range(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Please specify a valid portable IP range id.")
    if row.taken:
        raise InvalidParameter("Can't delete portable IP range as there are IP's assigned.")
    call.db.portable_ranges.delete(row)
    call.event("PORTABLE.IP.RANGE.DELETE", "Successfully completed deleting portable ip range", row)
    return SUCCESS

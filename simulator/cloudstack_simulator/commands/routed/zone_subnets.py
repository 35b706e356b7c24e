"""IPv4 subnets of zones, of which routed networks get theirs."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from ... import net
from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import equal
from ...model.routed import ZoneSubnet
from ...registry import SUCCESS, allocate, command
from ..common import completed
from .dedication import check_users, owner_in, owner_view


def check_enabled(call: Call, zone: Any) -> None:
    if not call.setting("routed.network.vpc.enabled", zone):
        raise InvalidParameter("Routed networks and VPCs are not enabled for the zone.")


def subnet_view(call: Call, row: ZoneSubnet) -> dict[str, Any]:
    zone = call.db.zones[row.zone_id]
    return {
        "id": row.uuid,
        "subnet": row.subnet,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        **owner_view(call, row),
        "created": timestamp(row.created),
    }


def span(text: str) -> IPv4Network:
    return IPv4Network(text, strict=False)


def _check_conflicts(call: Call, zone_id: int, subnet: str, own: ZoneSubnet | None = None) -> None:
    for other in call.db.zone_subnets.where(zone_id=zone_id):
        if other is not own and span(other.subnet).overlaps(span(subnet)):
            raise InvalidParameter(f"Existing zone subnet {other.subnet} has overlap with: {subnet}")


@allocate("createIpv4SubnetForZone")
def allocate_subnet(call: Call) -> ZoneSubnet:
    p, zone = call.params, call.params.zoneid
    if net.cidr(p.subnet) is None:
        raise InvalidParameter(f"Invalid IPv4 subnet: {p.subnet}")
    check_enabled(call, zone)
    _check_conflicts(call, zone.id, p.subnet)
    domain_id, owner_id = owner_in(call)
    return call.db.zone_subnets.add(
        ZoneSubnet(zone_id=zone.id, subnet=str(span(p.subnet)), domain_id=domain_id, owner_id=owner_id)
    )


@command("createIpv4SubnetForZone")
def create(call: Call) -> dict[str, Any]:
    completed(call, "ZONE.IP4.SUBNET.CREATE", "Creating IPv4 subnet for a zone. Subnet Id", call.created)
    return {"zoneipv4subnet": subnet_view(call, call.created)}


@command("listIpv4SubnetsForZone")
def list_subnets(call: Call) -> dict[str, Any]:
    p = call.params
    domain_id, owner_id = owner_in(call)
    filters = [
        equal("id", p.id),
        equal("zone_id", p.zoneid),
        equal("subnet", p.subnet),
        equal("domain_id", domain_id if p.domainid is not None else None),
        equal("owner_id", owner_id),
    ]
    return call.listing("zoneipv4subnet", call.db.zone_subnets, subnet_view, where=filters)


@command("updateIpv4SubnetForZone")
def update(call: Call) -> dict[str, Any]:
    p = call.params
    row = live(p.id, "Invalid subnet ID: {id}")
    if net.cidr(p.subnet) is None:
        raise InvalidParameter(f"Invalid IPv4 cidr: {p.subnet}")
    _check_conflicts(call, row.zone_id, p.subnet, row)
    for part in call.db.guest_subnets.where(parent_id=row.id):
        if not span(part.subnet).subnet_of(span(p.subnet)):
            raise InvalidParameter(f"Used subnet for guest network {part.subnet} is not within new cidr: {p.subnet}")
    row.subnet = str(span(p.subnet))
    completed(call, "ZONE.IP4.SUBNET.UPDATE", "Updating IPv4 subnet for a zone. Subnet Id", row)
    return {"zoneipv4subnet": subnet_view(call, row)}


@command("deleteIpv4SubnetForZone")
def delete(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Invalid subnet ID: {id}")
    parts = call.db.guest_subnets.where(parent_id=row.id)
    used = [part for part in parts if part.network_id is not None or part.vpc_id is not None]
    if used:
        raise InvalidParameter(f"The subnet is being used by {len(used)} guest networks.")
    for part in parts:
        call.db.guest_subnets.remove(part)
    call.db.zone_subnets.remove(row)
    completed(call, "ZONE.IP4.SUBNET.DELETE", "Deleting IPv4 subnet for a zone. Subnet Id", row)
    return SUCCESS


@command("dedicateIpv4SubnetForZone")
def dedicate(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Cannot find subnet with id: ")
    domain_id, owner_id = owner_in(call)
    numbers = [part.network_id for part in call.db.guest_subnets.where(parent_id=row.id)]
    users = [call.db.networks[number] for number in numbers if number is not None]
    check_users(call, users, domain_id, owner_id, "guest networks")
    row.domain_id, row.owner_id = domain_id, owner_id
    text = "Dedicating IPv4 subnet for a zone to a domain or an account. Subnet Id"
    completed(call, "ZONE.IP4.SUBNET.DEDICATE", text, row)
    return {"zoneipv4subnet": subnet_view(call, row)}


@command("releaseIpv4SubnetForZone")
def release(call: Call) -> dict[str, Any]:
    row = live(call.params.id, "Cannot find subnet with id: ")
    row.domain_id = row.owner_id = None
    text = "Releasing dedicated IPv4 subnet for a zone from a domain or an account. Subnet Id"
    completed(call, "ZONE.IP4.SUBNET.RELEASE", text, row)
    return {"zoneipv4subnet": subnet_view(call, row)}

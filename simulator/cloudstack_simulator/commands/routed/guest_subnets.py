"""Parts of zones' subnets that wait for a routed network or VPC, or belong to one."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...clock import timestamp
from ...errors import InvalidParameter
from ...listing import contains, equal, matching
from ...model.routed import GuestSubnet, ZoneSubnet
from ...registry import SUCCESS, allocate, command
from ..common import completed
from .zone_subnets import span


def part_view(call: Call, part: GuestSubnet) -> dict[str, Any]:
    db = call.db
    parent, network, vpc = (
        db.zone_subnets.get(part.parent_id),
        db.networks.get(part.network_id),
        db.vpcs.get(part.vpc_id),
    )
    zone = next((db.zones[row.zone_id] for row in (parent, network, vpc) if row is not None), None)
    return {
        "id": part.uuid,
        "subnet": part.subnet,
        "state": part.state,
        "parentid": parent.uuid if parent else None,
        "parentsubnet": parent.subnet if parent else None,
        "networkid": network.uuid if network else None,
        "networkname": network.name if network else None,
        "vpcid": vpc.uuid if vpc else None,
        "vpcname": vpc.name if vpc else None,
        "zoneid": zone.uuid if zone else None,
        "zonename": zone.name if zone else None,
        "created": timestamp(part.created),
        "allocated": timestamp(part.allocated),
    }


def next_free(call: Call, parent: ZoneSubnet, size: int) -> str | None:
    """The first part of a size that overlaps no other, from the smallest gap that holds it."""
    taken = sorted(span(part.subnet) for part in call.db.guest_subnets.where(parent_id=parent.id))
    whole = span(parent.subnet)
    gaps = [whole]
    for part in taken:
        gaps = [
            rest
            for gap in gaps
            for rest in (gap.address_exclude(part) if part.subnet_of(gap) else () if gap.subnet_of(part) else (gap,))
        ]
    fitting = sorted((gap for gap in gaps if gap.prefixlen <= size), key=lambda gap: (-gap.prefixlen, gap))
    return f"{fitting[0].network_address}/{size}" if fitting else None


@allocate("createIpv4SubnetForGuestNetwork")
def allocate_part(call: Call) -> GuestSubnet:
    p = call.params
    if p.subnet is None and p.cidrsize is None:
        raise InvalidParameter("One of subnet and cidrsize must be specified")
    if p.subnet is not None and p.cidrsize is not None:
        raise InvalidParameter("subnet and cidrsize are mutually exclusive")
    parent = live(p.parentid, "the parent subnet is invalid")
    wanted = p.subnet
    if wanted is None:
        wanted = next_free(call, parent, p.cidrsize) if 1 <= p.cidrsize <= 32 else None
        if wanted is None:
            raise InvalidParameter("Failed to automatically allocate a subnet with specified cidrsize")
    elif net.cidr(wanted) is None or not span(wanted).subnet_of(span(parent.subnet)):
        raise InvalidParameter(f"networkCidr {wanted} is not within parent cidr: {parent.subnet}")
    for other in call.db.guest_subnets.where(parent_id=parent.id):
        if span(other.subnet).overlaps(span(wanted)):
            raise InvalidParameter(f"Existing subnet {other.subnet} has overlap with: {wanted}")
    return call.db.guest_subnets.add(GuestSubnet(parent_id=parent.id, subnet=str(span(wanted))))


@command("createIpv4SubnetForGuestNetwork")
def create(call: Call) -> dict[str, Any]:
    completed(call, "IP4.GUEST.SUBNET.CREATE", "Creating IPv4 subnet for guest network. Subnet Id", call.created)
    return {"ipv4subnetforguestnetwork": part_view(call, call.created)}


@command("listIpv4SubnetsForGuestNetwork")
def list_parts(call: Call) -> dict[str, Any]:
    p = call.params
    parents = {row.id for row in call.db.zone_subnets if p.zoneid is not None and row.zone_id == p.zoneid.id}
    filters = [
        equal("id", p.id),
        matching(lambda part: part.parent_id in parents) if p.zoneid is not None else None,
        equal("parent_id", p.parentid),
        equal("subnet", p.subnet),
        equal("network_id", p.networkid),
        equal("vpc_id", p.vpcid),
        contains("subnet", p.keyword),
    ]
    return call.listing("ipv4subnetforguestnetwork", call.db.guest_subnets, part_view, where=filters)


@command("deleteIpv4SubnetForGuestNetwork")
def delete(call: Call) -> dict[str, Any]:
    part = call.params.id
    if not part or part.removed is not None:
        return SUCCESS
    if part.state != "Free" or part.network_id is not None:
        raise InvalidParameter("Cannot delete the subnet which is in use")
    call.db.guest_subnets.remove(part)
    completed(call, "IP4.GUEST.SUBNET.DELETE", "Deleting IPv4 subnet for guest network. Subnet Id", part)
    return SUCCESS

"""What routed networks and VPCs take when they are made, show, and give back: a subnet, an AS number, BGP peers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...model.routed import GuestSubnet, ZoneSubnet
from . import peers
from .guest_subnets import next_free
from .zone_subnets import span

if TYPE_CHECKING:
    from ...simulator import Simulator


def check_network(call: Call, offering: Any, owner: Any, zone: Any, subnet: Any) -> None:
    """Refuse a guest network that asks for what its offering or zone does not give."""
    p, routed = call.params, peers.is_routed(offering)
    if routed and not call.setting("routed.network.vpc.enabled", zone):
        raise InvalidParameter("Routed network is not enabled in this zone")
    if _gets_number(offering) and offering.specify_as_number and p.asnumber is None:
        raise InvalidParameter("AS number is required for the network but not passed.")
    if offering.guest_type != "Isolated":
        if p.cidrsize is not None:
            raise InvalidParameter("network cidr size is only applicable on Isolated networks")
    elif p.vpcid is None:
        _check_network_size(call, owner, subnet, routed=routed)


def _check_network_size(call: Call, owner: Any, subnet: Any, *, routed: bool) -> None:
    size, kind = call.params.cidrsize, "Isolated networks with ROUTED mode"
    if size is not None and subnet is not None:
        raise InvalidParameter("network cidr and cidr size are mutually exclusive")
    if not routed:
        if size is not None:
            raise InvalidParameter(f"network cidr size is only applicable on {kind}: {size}")
    elif subnet is not None:
        if not call.caller.is_root_admin:
            raise InvalidParameter(f"Only root admin can set the gateway/netmask of {kind}")
    elif size is None:
        raise InvalidParameter(f"network cidr or cidr size is required for {kind}")
    else:
        _check_limits(call, "network", "routed.network.ipv4", owner)


def _check_limits(call: Call, word: str, settings: str, owner: Any) -> None:
    size = call.params.cidrsize
    greatest, smallest = (int(call.setting(f"{settings}.{end}.cidr.size", owner)) for end in ("max", "min"))
    if size > greatest:
        raise InvalidParameter(f"{word} cidr size cannot be bigger than maximum cidr size {greatest}")
    if size < smallest:
        raise InvalidParameter(f"{word} cidr size cannot be smaller than minimum cidr size {smallest}")


def check_vpc(call: Call, offering: Any, owner: Any, zone: Any) -> list[Any]:
    """The same for a VPC. Returns the BGP peers that it shall have."""
    p, routed = call.params, peers.is_routed(offering)
    if routed and not call.setting("routed.network.vpc.enabled", zone):
        raise InvalidParameter("Routed VPC is not enabled in this zone")
    if peers.has_dynamic_routing(offering) and offering.specify_as_number and p.asnumber is None:
        raise InvalidParameter("AS number is required for the VPC but not passed.")
    if p.cidr is None and p.cidrsize is None:
        raise InvalidParameter("VPC cidr or cidr size must be specified")
    if p.cidr is not None and p.cidrsize is not None:
        raise InvalidParameter("VPC cidr and cidr size are mutually exclusive")
    if routed and p.cidr is not None and not call.caller.is_root_admin:
        raise InvalidParameter("Only root admin can set the gateway/netmask of VPC with ROUTED mode")
    if p.cidrsize is not None:
        if not routed:
            raise InvalidParameter("VPC cidr size is only applicable on VPC with Routed mode")
        _check_limits(call, "VPC", "routed.ipv4.vpc", owner)
    if not p.bgppeerids:
        return []
    if not peers.is_dynamic(offering):
        raise InvalidParameter("The VPC offering does not support Dynamic routing")
    return peers.wanted(call, owner, zone.id)


def wanted_peers(call: Call, offering: Any, owner: Any, zone_id: int) -> list[Any]:
    if not call.params.bgppeerids:
        return []
    if call.params.vpcid is not None:
        raise InvalidParameter("The BGP peers of VPC tiers will inherit from the VPC, do not add separately.")
    if not peers.is_dynamic(offering):
        raise InvalidParameter("The network offering does not support Dynamic routing")
    return peers.wanted(call, owner, zone_id)


def _gets_number(offering: Any) -> bool:
    """Tiers have the number of their VPC."""
    return peers.has_dynamic_routing(offering) and not getattr(offering, "for_vpc", False)


def take_subnet(call: Call, owner: Any, zone: Any, cidr: str | None, word: str = "network") -> GuestSubnet:
    """The free part that a routed network or VPC gets: the one that was named, else one of the wanted size."""
    return _named(call, owner, zone, cidr) if cidr is not None else _of_size(call, owner, zone, word)


def _named(call: Call, owner: Any, zone: Any, cidr: str) -> GuestSubnet:
    parts = call.db.guest_subnets
    for part in parts.where(subnet=cidr):
        if part.network_id is not None or part.vpc_id is not None:
            raise InvalidParameter("The subnet is in use")
        _check_owner(call.db.zone_subnets.get(part.parent_id), owner)
        return part
    parent = _parent(call, zone, cidr)
    _check_owner(parent, owner)
    return parts.add(GuestSubnet(parent_id=parent.id if parent is not None else None, subnet=cidr))


def _parent(call: Call, zone: Any, cidr: str) -> ZoneSubnet | None:
    for row in call.db.zone_subnets.where(zone_id=zone.id):
        if span(cidr).subnet_of(span(row.subnet)):
            _check_conflicts(call, row.id, cidr)
            return row
        if span(cidr).overlaps(span(row.subnet)):
            raise InvalidParameter(f"Existing zone subnet {row.subnet} has overlap with: {cidr}")
    _check_conflicts(call, None, cidr)
    return None


def _check_conflicts(call: Call, parent_id: int | None, cidr: str) -> None:
    for part in call.db.guest_subnets.where(parent_id=parent_id):
        if span(part.subnet).overlaps(span(cidr)):
            raise InvalidParameter(f"Existing subnet {part.subnet} has overlap with: {cidr}")


def _check_owner(parent: ZoneSubnet | None, owner: Any) -> None:
    if parent is None:
        return
    if parent.domain_id not in (None, owner.domain_id) or parent.owner_id not in (None, owner.id):
        raise InvalidParameter("The owner of the network has no permission to access the subnet")


def _of_size(call: Call, owner: Any, zone: Any, word: str) -> GuestSubnet:
    """From the owner's own subnets of the zone, then its domain's, then everybody's."""
    size = call.params.cidrsize
    if not call.setting("routed.ipv4.network.cidr.auto.allocation.enabled", owner):
        raise CloudRuntime("CIDR auto-allocation is disabled for this account")
    rows = call.db.zone_subnets.where(zone_id=zone.id)
    own = [row for row in rows if row.owner_id == owner.id]
    domain = [row for row in rows if row.owner_id is None and row.domain_id == owner.domain_id]
    for parent in (*own, *domain, *(row for row in rows if row.domain_id is None)):
        for part in call.db.guest_subnets.where(parent_id=parent.id):
            if part.state == "Free" and span(part.subnet).prefixlen == size:
                return part
        found = next_free(call, parent, size)
        if found is not None:
            return call.db.guest_subnets.add(GuestSubnet(parent_id=parent.id, subnet=found))
    raise CloudRuntime(f"Failed to allocate a CIDR with requested size{' for VPC' if word == 'VPC' else ''}.")


def gateway_of(part: GuestSubnet) -> str:
    """A routed network's gateway is the first address of its subnet."""
    return net.address(int(span(part.subnet).network_address) + 1)


def route(call: Call, field: str, user: Any, part: GuestSubnet | None, bgp_peers: list[Any], offering: Any) -> None:
    """Give a network (`network_id`) or VPC (`vpc_id`) its subnet, its AS number and its peers."""
    if part is not None:
        setattr(part, field, user.id)
        part.state, part.allocated = "Allocated", call.now
    if _gets_number(offering):
        _take_number(call, field, user, offering)
    if bgp_peers:
        peers.assign(call, user, f"{field}s", bgp_peers)


def _take_number(call: Call, field: str, user: Any, offering: Any) -> None:
    """The one that was named where the offering wants that, else the zone's first free one."""
    number, numbers = call.params.asnumber, call.db.as_numbers.where(zone_id=user.zone_id)
    if offering.specify_as_number:
        row = next((one for one in numbers if one.number == number), None)
    else:
        row = next((one for one in numbers if one.allocated is None), None)
    if row is not None:
        row.allocated, row.account_id = call.now, user.account_id
        setattr(row, field, user.id)
    elif number is None:
        raise CloudRuntime(f"Cannot allocate AS number in zone with ID {user.zone_id}")


def release(sim: Simulator, field: str, number: int) -> None:
    """Take back what a network (`network_id`) or VPC (`vpc_id`) had."""
    for row in sim.db.as_numbers.where(**{field: number}):
        row.allocated = row.network_id = row.vpc_id = row.account_id = None
    for part in sim.db.guest_subnets.where(**{field: number}):
        part.state, part.allocated, part.network_id, part.vpc_id = "Free", None, None, None
        if part.parent_id is None:
            sim.db.guest_subnets.remove(part)
    for peer in sim.db.bgp_peers:
        users = getattr(peer, f"{field}s")
        if number in users:
            setattr(peer, f"{field}s", [other for other in users if other != number])


def fields(call: Call, field: str, user: Any, offering: Any) -> dict[str, Any]:
    """What the answers about a network or VPC say of its routing."""
    if not peers.is_routed(offering) and not peers.has_dynamic_routing(offering):
        return {}
    shown: dict[str, Any] = {}
    if peers.is_routed(offering):
        sources = [ip for ip in call.db.ip_addresses.where(**{field: user.id}) if ip.is_source_nat]
        shown["ip4routing"] = "Dynamic" if peers.is_dynamic(offering) else "Static"
        shown["ip4routes"] = [{"subnet": user.cidr, "gateway": ip.address} for ip in sources]
    of_vpc = field == "network_id" and user.vpc_id is not None
    row = call.db.as_numbers.first(**({"vpc_id": user.vpc_id} if of_vpc else {field: user.id}))
    if row is not None:
        shown |= {"asnumber": row.number, "asnumberid": row.uuid}
    used = [peer for peer in call.db.bgp_peers if user.id in getattr(peer, f"{field}s")]
    return {**shown, "bgppeers": [peers.peer_view(call, peer) for peer in used]}

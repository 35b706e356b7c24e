"""What the server checks about an address range, in its words."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter
from ...model.addresses import VlanRange
from ...model.networks import Network
from ...model.zones import Zone

UNTAGGED = "untagged"
Subnet = tuple[str, str]
"""(gateway, netmask)"""


def owner(call: Call, *, conflict: str, not_found: str, system: str | None = None) -> tuple[Any, Any]:
    """(account, domain) that a range shall belong to; an account without its domain does not count."""
    p, account, domain = call.params, None, None
    if p.projectid is not None:
        if p.account is not None:
            raise InvalidParameter(conflict)
        project = live(p.projectid, "Unable to find project by id {id}")
        account = call.db.accounts[project.project_account_id]
    if p.account is not None and p.domainid is not None:
        account = call.db.accounts.first(domain_id=p.domainid.id, name=p.account)
        if account is None:
            raise InvalidParameter(not_found.format(p.account))
        if account.name == "system":
            if system is not None:
                raise InvalidParameter(system)
            account = None
    elif p.domainid is not None:
        domain = live(p.domainid, "Please specify a valid domain id")
    return account, domain


def tag(vlan: str | None) -> str:
    """The VLAN alone, of a bare one and of `vlan://…`."""
    return (vlan or UNTAGGED).lower().rpartition("://")[2]


def guest_vlan(network: Network, ranges: list[VlanRange], vlan: str | None) -> str | None:
    """The VLAN of a further range in a shared network, as it was given; untagged is the one that is there."""
    if network.guest_type != "Shared":
        raise InvalidParameter(
            f"Can execute createVLANIpRanges on shared guest network, but type of this guest network {network} is "
            f"{network.guest_type}"
        )
    if not ranges:
        return vlan
    if tag(vlan) == UNTAGGED:
        return ranges[0].vlan
    if tag(vlan) != tag(ranges[0].vlan):
        raise InvalidParameter(
            f"there is already one vlan {ranges[0].vlan} on network :{network}, only one vlan is allowed on guest "
            "network"
        )
    return vlan


def subnet_among(call: Call, network: Network, ranges: list[VlanRange]) -> Subnet | None:
    """The subnet of a new guest range: one that is there already, or the given one when it touches none of them."""
    p = call.params
    if p.startip is None:
        return None
    found = next((subnet for subnet in subnets(network, ranges) if _is_same(call, subnet)), None)
    if found is None and p.gateway is None and p.netmask is None:
        raise InvalidParameter(
            "The ip range dose not belong to any of the existing subnets, Provide the netmask and gateway if you want "
            "to add new subnet"
        )
    chosen = found or (p.gateway, p.netmask)
    if net.is_ip4(chosen[0]) and net.within(chosen[0], p.startip, p.endip or p.startip):
        raise InvalidParameter("The gateway ip should not be the part of the ip range being added.")
    return chosen


def subnets(network: Network, ranges: list[VlanRange]) -> list[Subnet]:
    """The IPv4 subnets that a network has by its ranges, or by itself as long as it has no range."""
    if ranges or not network.gateway or not network.cidr:
        return [(r.gateway, r.netmask) for r in ranges if r.gateway and r.netmask]
    own = net.cidr(network.cidr)
    return [(network.gateway, str(own.netmask))] if own is not None else []


def _is_same(call: Call, subnet: Subnet) -> bool:
    """Whether the new range lies in a subnet; refuses one that contains it or lies in a part of it."""
    p = call.params
    ends = (p.startip, p.endip or p.startip)
    old = net.network(*subnet)
    if p.gateway is None and p.netmask is None:
        return all(net.is_ip4(end) and net.IPv4Address(end) in old for end in ends)
    if p.gateway is None or p.netmask is None:
        raise InvalidParameter("either both netmask and gateway should be passed or both should me omited.")
    if not net.is_ip4(p.gateway) or not net.is_netmask(p.netmask):
        return False
    new = net.network(p.gateway, p.netmask)
    for what, end in zip(("start", "end"), ends, strict=True):
        if not net.is_ip4(end) or net.IPv4Address(end) not in new:
            raise InvalidParameter(f"The {what} ip and gateway do not belong to the same subnet")
    if new == old:
        if p.gateway != subnet[0]:
            raise InvalidParameter(
                f"The gateway of the subnet should be unique. The subnet already has a gateway {subnet[0]}"
            )
        return True
    for word, inside in (("superset", old.subnet_of(new)), ("subset", new.subnet_of(old))):
        if inside:
            raise InvalidParameter(
                f"The subnet you are trying to add is a {word} of the existing subnet having gateway {subnet[0]} and "
                f"netmask {subnet[1]}"
            )
    return False


def pod(call: Call, zone: Zone, network: Network) -> None:
    """Only guest ranges of Basic zones are for one pod."""
    row = call.params.podid
    if row is None:
        return
    live(row, "Please specify a valid pod.")
    if row.zone_id != zone.id:
        raise InvalidParameter(f"Pod {row} doesn't belong to zone id={zone.id}")
    if zone.network_type != "Basic" or network.traffic_type != "Guest":
        raise InvalidParameter("Pod id can be specified only for the networks of type Guest in zone of type Basic")


def gateway_and_netmask(gateway: Any, netmask: Any) -> None:
    if not net.is_ip4(gateway):
        raise InvalidParameter("Please specify a valid gateway")
    if not net.is_netmask(netmask):
        raise InvalidParameter("Please specify a valid netmask")


def in_network(start: str, end: str, gateway: str, netmask: str) -> None:
    """Refuse ends that lie outside of their gateway's network."""
    network = net.network(gateway, netmask)
    if any(not net.is_ip4(a) or net.IPv4Address(a) not in network for a in (start, end)):
        raise InvalidParameter("Please specify a valid IP range or valid netmask or valid gateway")


def zone_guests(call: Call, zone: Zone, physical_id: int, vlan: str, subnet: Subnet) -> None:
    """Refuse a subnet of the zone's guests on a VLAN that they may be given."""
    guests = net.cidr(zone.guest_cidr) if zone.guest_cidr else None
    if guests is not None and guests.overlaps(net.network(*subnet)) and _may_be_guests(call, physical_id, vlan):
        raise InvalidParameter(
            f"The new IP range you have specified has  overlapped with the guest network in zone: {zone.name}along "
            "with existing Vlan also. Please specify a different gateway/netmask"
        )


def _may_be_guests(call: Call, physical_id: int, vlan: str) -> bool:
    number = tag(vlan)
    return any(v.vnet == number for v in call.db.vnets.where(physical_network_id=physical_id))


def span(start: str, end: str, gateway: str, netmask: str) -> None:
    """Refuse a range that is none or has its gateway in it."""
    network = net.network(gateway, netmask)
    if net.number(start) > net.number(end):
        raise InvalidParameter("Please specify a valid IP range.")
    if network.prefixlen != 31 and net.within(gateway, start, end):
        raise InvalidParameter("The gateway ip should not be the part of the ip range being added.")


def pods_own(call: Call, zone: Zone, start: str, end: str) -> None:
    """Refuse addresses that are management addresses of a pod."""
    if not net.is_ip4(start) or not net.is_ip4(end):
        return
    for row in call.db.pods.where(zone_id=zone.id):
        for part in row.ranges:
            if net.overlap(start, end, part.start, part.end):
                raise InvalidParameter(
                    f"The Start IP and EndIP address range overlap with private IP :{part.start}:{part.end}"
                )


def portable(call: Call, vlan: str, start: str, end: str) -> None:
    """Refuse what the region's portable ranges have."""
    ranges = list(call.db.portable_ranges)
    for row in ranges:
        if net.overlap(start, end, row.start, row.end):
            raise InvalidParameter(
                f"Ip range: {start}-{end} overlaps with a portable IP range already configured in the region "
                f"{row.region_id}"
            )
    if any(row.vlan is not None and tag(row.vlan) == tag(vlan) for row in ranges):
        raise InvalidParameter(f"The VLAN tag {vlan} is already being used for portable ip range in this region")


def overlap(call: Call, network: Network, zone: Zone, vlan: str, subnet: Subnet, start: str, end: str) -> None:
    """Refuse a range whose subnet touches another one's of the zone, unless it only extends that one."""
    own = net.network(*subnet)
    for other in call.db.vlans.where(zone_id=zone.id):
        if not other.gateway or not other.netmask or not other.start or not other.end:
            continue
        if not own.overlaps(net.network(other.gateway, other.netmask)):
            continue
        if tag(vlan) in (UNTAGGED, tag(other.vlan)):
            _extends(other, subnet, start, end)
        elif "Public" in (network.traffic_type, call.db.networks[other.network_id].traffic_type):
            raise InvalidParameter(
                f"The IP range with tag: {other.vlan} in zone {zone.name} has overlapped with the subnet. Please "
                "specify a different gateway/netmask."
            )


def _extends(other: VlanRange, subnet: Subnet, start: str, end: str) -> None:
    assert other.start is not None
    assert other.end is not None
    if subnet != (other.gateway, other.netmask):
        raise InvalidParameter(
            f"The IP range has already been added with gateway {other.gateway} ,and netmask {other.netmask}, Please "
            "specify the gateway/netmask if you want to extend ip range"
        )
    if net.network(*subnet).prefixlen != 31 and net.overlap(start, end, other.start, other.end):
        raise InvalidParameter(
            "The IP range already has IPs that overlap with the new range. Please specify a different start IP/end IP."
        )


def vlan_is_free(call: Call, zone: Zone, physical_id: int, vlan: str) -> None:
    """Refuse a VLAN that the zone's guest networks may be given."""
    if _may_be_guests(call, physical_id, vlan):
        raise InvalidParameter(
            f"The VLAN tag {vlan} is already being used for dynamic vlan allocation for the guest network in zone "
            f"{zone.name}"
        )


def keeps_used(used: list[Any], start: str, end: str, *, for_system_vms: bool | None) -> None:
    """Refuse new ends that leave out an address in use, and another purpose of such an address."""
    ordered = sorted(used, key=lambda a: a.number)
    for address in ordered:
        if not net.number(start) <= address.number <= net.number(end):
            raise InvalidParameter(
                f"The start IP address must be less than or equal to {ordered[0].address} which is already in use. The "
                f"end IP address must be greater than or equal to {ordered[-1].address} which is already in use. "
                f"There are {len(ordered)} IPs already allocated in this range."
            )
        if for_system_vms is not None and address.for_system_vms != for_system_vms:
            raise InvalidParameter(f"IP {address.address} is in use, cannot change forSystemVms of the IP range")


def addresses_in_use(call: Call, vlan: VlanRange) -> int:
    """How many addresses of the range somebody has: public ones, or NICs of a shared network."""
    if vlan.virtual:
        return sum(a.state != "Free" for a in call.db.ip_addresses.where(vlan_id=vlan.id))
    if not vlan.start or not vlan.end:
        return 0
    nics = call.db.nics.where(network_id=vlan.network_id)
    return sum(bool(n.address) and net.within(n.address, vlan.start, vlan.end) for n in nics)

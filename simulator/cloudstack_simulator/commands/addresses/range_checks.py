"""What the server checks about an address range, in its order and words."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call, live
from ...errors import InvalidParameter
from ...model.addresses import VlanRange
from ...model.networks import Network
from ...model.physical import PhysicalNetwork
from ...model.zones import Zone


def dedicated_account(call: Call, found_text: str = "Please specify a valid account.") -> Any:
    """The account (a project's own too) that a range shall belong to, or None."""
    p = call.params
    if p.account is not None and p.projectid:
        raise InvalidParameter("Account and projectId are mutually exclusive")
    if p.projectid:
        project = live(p.projectid, "Unable to find project by id {id}")
        return call.db.accounts[project.project_account_id]
    if p.account is None:
        return None
    domain = p.domainid or call.caller.domain
    account = call.db.accounts.first(domain_id=domain.id, name=p.account)
    if account is None:
        raise InvalidParameter(found_text.format(p.account))
    return account


def network_fits(network: Network | None, *, virtual: bool) -> None:
    if network is None:
        raise InvalidParameter("Network id is required for Direct vlan creation")
    if network.traffic_type == "Management":
        raise InvalidParameter("Cannot execute createVLANIpRanges on management network")
    if not virtual and network.guest_type != "Shared":
        raise InvalidParameter(
            f"Can execute createVLANIpRanges on shared guest network, but type of this guest network {network} is "
            f"{network.guest_type}"
        )


def gateway_and_netmask(call: Call, network: Any) -> tuple[str | None, str | None]:
    """Gateway and netmask of the new range; a guest range has its network's when none are given."""
    p = call.params
    gateway, netmask = p.gateway, p.netmask
    if p.startip is None:
        return gateway, netmask
    if gateway is None and netmask is None and network.gateway and network.cidr:
        span = net.cidr(network.cidr)
        return network.gateway, str(span.netmask) if span else None
    if gateway is None or netmask is None:
        raise InvalidParameter(
            "Gateway, netmask and zoneId have to be passed in for virtual and direct untagged networks"
        )
    if not net.is_ip4(gateway):
        raise InvalidParameter("Please specify a valid gateway")
    if not net.is_netmask(netmask):
        raise InvalidParameter("Please specify a valid netmask")
    return gateway, netmask


def vlan_uri(call: Call, network: Any, *, virtual: bool) -> str:
    """The range's VLAN as answers show it."""
    text = call.params.vlan
    if not virtual:
        return network.vlan or "vlan://untagged"
    if text is None:
        raise InvalidParameter("Unable to determine vlan id or untagged vlan for public network")
    if "://" in text:
        return str(text)
    if text.lower() != "untagged" and not text.isdigit():
        raise InvalidParameter(f"Invalid vlan id {text}")
    return f"vlan://{text.lower()}"


def span(start: str, end: str, gateway: str, netmask: str) -> None:
    """Refuse a range that is none or lies outside of its gateway's network."""
    valid = net.is_ip4(start) and net.is_ip4(end) and net.number(start) <= net.number(end)
    network = net.network(gateway, netmask)
    if not valid or any(net.IPv4Address(a) not in network for a in (start, end)):
        raise InvalidParameter("Please specify a valid IP range or valid netmask or valid gateway")
    if net.within(gateway, start, end):
        raise InvalidParameter("The gateway ip should not be the part of the ip range being added.")


def vlan_is_free(call: Call, zone: Zone, physical: PhysicalNetwork, vlan: str) -> None:
    """Refuse a VLAN that the zone's guest networks may be given."""
    number = vlan.partition("://")[2]
    if any(v.vnet == number for v in call.db.vnets.where(physical_network_id=physical.id)):
        raise InvalidParameter(
            f"The VLAN tag {number} is already being used for dynamic vlan allocation for the guest network in zone "
            f"{zone.name}"
        )


def overlap(
    call: Call, zone: Zone, vlan: str, gateway: Any, netmask: Any, start: str, end: str, own: VlanRange | None = None
) -> None:
    """Refuse a range that touches another one of the zone with the same VLAN."""
    network = net.network(gateway, netmask)
    for other in call.db.vlans.where(zone_id=zone.id):
        if other is own or not other.gateway or not other.netmask or not other.start or not other.end:
            continue
        other_network = net.network(other.gateway, other.netmask)
        if other.vlan != vlan or not network.overlaps(other_network):
            continue
        if net.overlap(start, end, other.start, other.end):
            raise InvalidParameter(
                "The IP range already has IPs that overlap with the new range. Please specify a different start "
                "IP/end IP."
            )
        if (gateway, netmask) != (other.gateway, other.netmask):
            raise InvalidParameter(
                f"The IP range with tag: {vlan} in zone {zone.name} has overlapped with the subnet. Please specify a "
                "different gateway/netmask."
            )


def keeps_used(used: list[Any], start: str, end: str) -> None:
    """Refuse new ends that leave out an address in use."""
    if not used:
        return
    first, last = min(used, key=lambda a: a.number), max(used, key=lambda a: a.number)
    if net.number(start) > first.number or net.number(end) < last.number:
        raise InvalidParameter(
            f"The start IP address must be less than or equal to {first.address} which is already in use. The end IP "
            f"address must be greater than or equal to {last.address} which is already in use. There are "
            f"{len(used)} IPs "
            "already allocated in this range."
        )


def addresses_in_use(call: Call, vlan: VlanRange) -> int:
    """How many addresses of the range somebody has: public ones, or NICs of a shared network."""
    if vlan.virtual:
        return sum(a.state != "Free" for a in call.db.ip_addresses.where(vlan_id=vlan.id))
    if not vlan.start or not vlan.end:
        return 0
    nics = call.db.nics.where(network_id=vlan.network_id)
    return sum(bool(n.address) and net.within(n.address, vlan.start, vlan.end) for n in nics)


def not_used_by_others(call: Call, vlan: VlanRange, account: Any) -> None:
    for address in call.db.ip_addresses.where(vlan_id=vlan.id):
        if vlan.for_system_vms or address.is_system:
            raise InvalidParameter(f"{address.address} Public IP address in range is dedicated to system vms ")
        if address.state != "Free" and account is not None and address.account_id != account.id:
            raise InvalidParameter(f"{address.address} Public IP address in range is allocated to another account ")

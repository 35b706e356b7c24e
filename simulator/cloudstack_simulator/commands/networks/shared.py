"""The address ranges of shared networks."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import InvalidParameter
from ...model.addresses import VlanRange
from ...model.networks import Network


def check_span(start: str, end: str, gateway: str | None, netmask: str | None) -> None:
    """The first checks of a range that comes with a new network: is it one, and of which subnet."""
    if not net.is_ip4(start):
        raise InvalidParameter("Invalid format for the startIp parameter")
    if not net.is_ip4(end):
        raise InvalidParameter("Invalid format for the endIp parameter")
    if gateway is None or netmask is None:
        raise InvalidParameter("gateway and netmask should be defined when startIP/endIP are passed in")


def wants_range(call: Call, offering: Any, zone: Any) -> bool:
    """Whether a new network comes with a range: a shared one, or one without source NAT that is given one."""
    given = call.params.startip is not None
    if offering.guest_type == "Shared":
        return given or zone.network_type != "Basic"
    return given and offering.guest_type == "Isolated" and "SourceNat" not in offering.services


def check_allowed(call: Call, offering: Any, zone: Any) -> None:
    if wants_range(call, offering, zone) and not offering.specify_ip_ranges:
        raise InvalidParameter(
            "Network offering with specified id doesn't support adding multiple ip ranges",
            uuids=((offering.uuid, "networkOfferingId"),),
        )


def _check_inside(network: Network, start: str, end: str) -> None:
    span = net.cidr(network.cidr)
    inside = span is not None and all(a in span for a in map(net.IPv4Address, (start, end)))
    if not inside or net.number(start) > net.number(end):
        raise InvalidParameter("Please specify a valid IP range or valid netmask or valid gateway")


def add_first_range(call: Call, network: Network) -> None:
    """Make the range that a shared network is created with."""
    p = call.params
    if p.startip is None:
        return
    _check_inside(network, p.startip, p.get("endip", p.startip))
    domain_owned = network.acl_type == "Domain"
    call.db.vlans.add(
        VlanRange(
            zone_id=network.zone_id,
            physical_network_id=network.physical_network_id or 0,
            network_id=network.id,
            vlan=network.vlan or "untagged",
            gateway=network.gateway,
            netmask=p.netmask,
            start=p.startip,
            end=p.get("endip", p.startip),
            ip6_gateway=p.ip6gateway,
            ip6_cidr=p.ip6cidr,
            ip6_start=p.startipv6,
            ip6_end=p.endipv6 or p.startipv6,
            virtual=False,
            account_id=network.account_id,
            domain_id=network.domain_id if domain_owned else None,
        )
    )


def forget_range(network: Network, vlan: VlanRange) -> None:
    """A range goes: the network forgets its gateway and CIDR, even if another range has the same."""
    if network.traffic_type == "Guest" and network.gateway == vlan.gateway:
        network.gateway = network.cidr = None

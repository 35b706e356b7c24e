"""What the server checks about the IPv6 part of an address range, in its words."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network
from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.addresses import VlanRange
from ...model.networks import Network
from ...model.zones import Zone
from . import range_checks

LONGEST_PREFIX = 64


def prefix(text: str) -> None:
    network = _network(text)
    if network is None:
        raise InvalidParameter("Please specify a valid IPv6 CIDR")
    if network.prefixlen > LONGEST_PREFIX:
        raise InvalidParameter(f"For IPv6 range, prefix must be /{LONGEST_PREFIX} or less")


def _network(text: str) -> IPv6Network | None:
    try:
        return IPv6Network(text, strict=False)
    except ValueError:
        return None


def of_network(call: Call, network: Network, ranges: list[VlanRange], subnet: tuple[Any, Any]) -> None:
    """IPv6 addresses have to be of the network's own prefix, unless they come with more of a known IPv4 subnet."""
    p = call.params
    if p.ip6cidr is None or (p.startip is not None and subnet in range_checks.subnets(network, ranges)):
        return
    for word, given, own in (
        ("gateway", p.ip6gateway, network.ip6_gateway),
        ("cidr", p.ip6cidr, network.ip6_cidr),
    ):
        if given is not None and given != own:
            raise InvalidParameter(f"The input {word} {given} is not same as network {word} {own or 'null'}")


def gateway_and_cidr(gateway: Any, cidr: Any) -> None:
    try:
        IPv6Address(gateway)
    except ValueError:
        raise InvalidParameter("Please specify a valid IPv6 gateway") from None
    if _network(cidr) is None:
        raise InvalidParameter("Please specify a valid IPv6 CIDR")


def is_span(start: str, end: str) -> bool:
    try:
        return IPv6Address(start) <= IPv6Address(end)
    except ValueError:
        return False


def overlap(call: Call, zone: Zone, cidr: str) -> None:
    own = IPv6Network(cidr, strict=False)
    for other in call.db.vlans.where(zone_id=zone.id):
        if other.ip6_gateway is None or other.ip6_cidr is None:
            continue
        if call.params.startipv6 is None and own.overlaps(IPv6Network(other.ip6_cidr, strict=False)):
            raise InvalidParameter(
                f"The IPv6 range with tag: {other.vlan} already has IPs that overlap with the new range."
            )

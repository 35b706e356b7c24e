"""Routed networks: AS numbers, BGP peers, and the subnets that zones and guest networks have."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("asn_ranges", "ASNRange", indexes=("zone_id",))
class AsnRange(Row):
    zone_id: int
    start: int
    end: int


@entity("as_numbers", "ASNumber", indexes=("zone_id", "range_id", "number", "network_id", "vpc_id"))
class AsNumber(Row):
    number: int
    range_id: int
    zone_id: int
    allocated: float | None = None
    network_id: int | None = None
    vpc_id: int | None = None
    account_id: int | None = None


@entity("bgp_peers", "BgpPeer", indexes=("zone_id",))
class BgpPeer(Row):
    """`owner_id` and `domain_id`: whom it is dedicated to."""

    zone_id: int
    as_number: int
    address: str | None = None
    address6: str | None = None
    password: str | None = None
    details: dict[str, str] = fresh(dict)
    domain_id: int | None = None
    owner_id: int | None = None
    network_ids: list[int] = fresh(list)
    vpc_ids: list[int] = fresh(list)


@entity("zone_subnets", "Ipv4SubnetForZone", indexes=("zone_id",))
class ZoneSubnet(Row):
    """`owner_id` and `domain_id`: whom it is dedicated to."""

    zone_id: int
    subnet: str
    domain_id: int | None = None
    owner_id: int | None = None


@entity("guest_subnets", "Ipv4SubnetForGuestNetwork", indexes=("parent_id", "subnet", "network_id", "vpc_id"))
class GuestSubnet(Row):
    parent_id: int | None
    """None of a network's own CIDR that lies in no subnet of the zone."""
    subnet: str
    state: str = "Free"
    network_id: int | None = None
    vpc_id: int | None = None
    allocated: float | None = None

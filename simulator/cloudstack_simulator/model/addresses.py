"""Public ranges with their addresses, and portable ranges."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("vlans", "VlanIpRange", indexes=("zone_id", "network_id"))
class VlanRange(Row):
    """A range of public addresses (`virtual`), or of a shared network's guest addresses."""

    zone_id: int
    physical_network_id: int
    network_id: int | None
    vlan: str
    """As answers show it: `vlan://50`, or the network's bare number for guest ranges."""
    gateway: str | None = None
    netmask: str | None = None
    start: str | None = None
    end: str | None = None
    ip6_gateway: str | None = None
    ip6_cidr: str | None = None
    ip6_start: str | None = None
    ip6_end: str | None = None
    virtual: bool = True
    pod_id: int | None = None
    account_id: int | None = None
    """The account it is dedicated to; of guest ranges the network's owner."""
    domain_id: int | None = None
    for_system_vms: bool = False
    provider: str | None = None


@entity(
    "ip_addresses",
    "IPAddress",
    indexes=("vlan_id", "zone_id", "account_id", "network_id", "vpc_id", "vm_id", "state"),
)
class PublicIp(Row):
    """One address of a range. `number` is its value, for order and ranges."""

    address: str
    number: int
    vlan_id: int
    zone_id: int
    physical_network_id: int
    state: str = "Free"
    """Free, Allocated, Allocating, Releasing, Reserved."""
    mac: int = 0
    allocated: float | None = None
    account_id: int | None = None
    domain_id: int | None = None
    network_id: int | None = None
    """The guest network it serves."""
    vpc_id: int | None = None
    vm_id: int | None = None
    """The instance of its static NAT."""
    vm_address: str | None = None
    is_source_nat: bool = False
    is_static_nat: bool = False
    is_system: bool = False
    is_portable: bool = False
    for_display: bool = True
    for_system_vms: bool = False
    for_router: bool = False


@entity("portable_ranges", "PortableIpRange", indexes=("region_id",))
class PortableRange(Row):
    region_id: int
    gateway: str
    netmask: str
    start: str
    end: str
    vlan: str | None = None
    taken: dict[int, dict[str, object]] = fresh(dict)
    """Addresses in use (as numbers): account, network, zone … of each."""


@entity("ip6_prefixes", "GuestNetworkIpv6Prefix", indexes=("zone_id",))
class Ip6Prefix(Row):
    """A zone's prefix, of which guest networks get a /64 each."""

    zone_id: int
    prefix: str

"""Physical networks: traffic types, service providers and their elements, VLANs, storage ranges."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("physical_networks", "PhysicalNetwork", indexes=("zone_id",), first_number=200)
class PhysicalNetwork(Row):
    name: str
    zone_id: int
    state: str = "Disabled"
    broadcast_domain_range: str = "ZONE"
    isolation_methods: list[str] = fresh(list)
    tags: list[str] = fresh(list)
    vlan: str | None = None
    """Ranges as answers show them: `400-450,500-510`."""
    speed: str | None = None
    domain_id: int | None = None

    def __str__(self) -> str:
        return printed("PhysicalNetwork", id=self.id, name=self.name, uuid=self.uuid)


@entity("vnets", indexes=("physical_network_id", "network_id"))
class Vnet(Row):
    """One guest VLAN of a physical network. The row number is its id in answers."""

    vnet: str
    physical_network_id: int
    zone_id: int
    taken: float | None = None
    network_id: int | None = None
    account_id: int | None = None
    range_id: int | None = None
    """The dedicated range it belongs to."""


@entity("guest_vlan_ranges", "GuestVlanRange", indexes=("physical_network_id",))
class GuestVlanRange(Row):
    """A range of guest VLANs that one account has for itself."""

    physical_network_id: int
    vlan_range: str
    account_id: int


@entity("traffic_types", "TrafficType", indexes=("physical_network_id",))
class TrafficType(Row):
    traffic_type: str
    physical_network_id: int
    labels: dict[str, str] = fresh(dict)
    """Network labels by hypervisor prefix: {"kvm": "cloudbr0"}."""
    vlan: str | None = None


@entity("service_providers", "Provider", indexes=("physical_network_id",))
class ServiceProvider(Row):
    name: str
    physical_network_id: int
    state: str = "Disabled"
    services: list[str] = fresh(list)
    destination_id: int | None = None


@entity("router_elements", "VirtualRouterProvider", indexes=("provider_id",))
class RouterElement(Row):
    provider_id: int
    kind: str
    """VirtualRouter or VPCVirtualRouter."""
    enabled: bool = False


@entity("internal_lb_elements", "InternalLoadBalancerElement", indexes=("provider_id",))
class InternalLbElement(Row):
    provider_id: int
    enabled: bool = False


@entity("ovs_elements", "OvsProvider", indexes=("provider_id",))
class OvsElement(Row):
    provider_id: int
    enabled: bool = False


@entity("storage_ranges", "StorageNetworkIpRange", indexes=("pod_id", "zone_id"))
class StorageRange(Row):
    """A range of a pod's storage network."""

    pod_id: int
    zone_id: int
    gateway: str
    netmask: str
    start: str
    end: str
    vlan: int | None = None
    taken: dict[int, str] = fresh(dict)

"""Service, disk, network and VPC offerings."""

from __future__ import annotations

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("disk_offerings", "DiskOffering", indexes=("name", "state"))
class DiskOffering(Row):
    """A disk offering; with `compute_only` the hidden one behind a service offering."""

    name: str
    display_text: str | None
    size: int = 0
    """Bytes; 0 in customised ones."""
    customized: bool = False
    compute_only: bool = False
    custom_iops: bool | None = None
    min_iops: int | None = None
    max_iops: int | None = None
    tags: list[str] = fresh(list)
    use_local_storage: bool = False
    provisioning_type: str = "thin"
    cache_mode: str | None = None
    rates: dict[str, int] = fresh(dict)
    """I/O limits by parameter name: bytesreadrate, iopswriteratemax …"""
    hypervisor_snapshot_reserve: int | None = None
    display: bool = True
    size_strictness: bool = False
    encrypt: bool = False
    domain_ids: list[int] = fresh(list)
    """Empty: public."""
    zone_ids: list[int] = fresh(list)
    """Empty: all zones."""
    details: dict[str, str] = fresh(dict)
    sort_key: int = 0
    state: str = "Active"

    def __str__(self) -> str:
        return printed("Disk offering", id=self.id, name=self.name, uuid=self.uuid)


@entity("service_offerings", "ServiceOffering", indexes=("name", "state", "unique_name"))
class ServiceOffering(Row):
    name: str
    display_text: str | None
    disk_offering_id: int
    cpu: int | None = None
    speed: int | None = None
    """MHz per core."""
    memory: int | None = None
    """MiB."""
    customized: bool = False
    offer_ha: bool = False
    limit_cpu: bool = False
    volatile: bool = False
    host_tags: list[str] = fresh(list)
    network_rate: int | None = None
    """Mb/s."""
    planner: str | None = None
    is_system: bool = False
    vm_type: str | None = None
    """System offerings: domainrouter, consoleproxy, secondarystoragevm, internalloadbalancervm …"""
    default_use: bool = False
    unique_name: str | None = None
    dynamic_scaling: bool = True
    disk_offering_strictness: bool = False
    gpu_display: bool | None = None
    gpu_count: int | None = None
    vgpu_profile_id: int | None = None
    lease_days: int | None = None
    lease_action: str | None = None
    domain_ids: list[int] = fresh(list)
    zone_ids: list[int] = fresh(list)
    details: dict[str, str] = fresh(dict)
    sort_key: int = 0
    state: str = "Active"

    def __str__(self) -> str:
        return printed("Service offering", id=self.id, name=self.name, uuid=self.uuid) + "."


@entity("network_offerings", "NetworkOffering", indexes=("name",), first_number=7)
class NetworkOffering(Row):
    """Numbers 1 to 6 belong to the server's own offerings (system networks), which no list shows."""

    name: str
    display_text: str | None
    guest_type: str
    """Isolated, Shared, L2."""
    traffic_type: str = "Guest"
    services: dict[str, list[str]] = fresh(dict)
    """Providers by service, in the order of the answers."""
    is_default: bool = False
    specify_vlan: bool = False
    conserve_mode: bool = True
    specify_ip_ranges: bool = False
    availability: str = "Optional"
    network_rate: int | None = None
    state: str = "Disabled"
    service_offering_id: int | None = None
    tags: str | None = None
    for_vpc: bool = False
    for_nsx: bool = False
    for_tungsten: bool = False
    network_mode: str | None = None
    persistent: bool = False
    egress_allow: bool = True
    max_connections: int | None = None
    keep_alive: bool = False
    dedicated_lb: bool = False
    elastic_lb: bool = False
    inline_lb: bool = False
    lb_autoscaling: bool = False
    internal_lb: bool = False
    source_nat_per_account: bool = True
    redundant_router: bool = False
    elastic_ip: bool = False
    associate_public_ip: bool = False
    stretched_l2: bool = False
    public_access: bool = False
    internet_protocol: str = "IPv4"
    specify_as_number: bool = False
    routing_mode: str | None = None
    details: dict[str, str] = fresh(dict)
    domain_ids: list[int] = fresh(list)
    zone_ids: list[int] = fresh(list)
    sort_key: int = 0

    def __str__(self) -> str:
        return printed("NetworkOffering", id=self.id, name=self.name, trafficType=self.traffic_type, uuid=self.uuid)


@entity("vpc_offerings", "VpcOffering", indexes=("name",))
class VpcOffering(Row):
    name: str
    display_text: str | None
    services: dict[str, list[str]] = fresh(dict)
    is_default: bool = False
    state: str = "Disabled"
    distributed_router: bool = False
    region_level: bool = False
    redundant_router: bool = False
    for_nsx: bool = False
    network_mode: str | None = None
    internet_protocol: str = "IPv4"
    specify_as_number: bool = False
    routing_mode: str | None = None
    service_offering_id: int | None = None
    domain_ids: list[int] = fresh(list)
    zone_ids: list[int] = fresh(list)
    sort_key: int = 0

    def __str__(self) -> str:
        return printed("VPCOffering", id=self.id, name=self.name, uuid=self.uuid)

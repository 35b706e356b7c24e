"""Zones, pods, clusters, their dedication, and regions."""

from __future__ import annotations

from dataclasses import dataclass

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("zones", "Zone", indexes=("name",))
class Zone(Row):
    name: str
    dns1: str
    internal_dns1: str
    network_type: str = "Advanced"
    """Advanced or Basic."""
    dns2: str | None = None
    internal_dns2: str | None = None
    ip6_dns1: str | None = None
    ip6_dns2: str | None = None
    guest_cidr: str | None = None
    network_domain: str | None = None
    domain_id: int | None = None
    allocation_state: str = "Disabled"
    security_groups: bool = False
    local_storage: bool = False
    is_edge: bool = False
    dhcp_provider: str = "VirtualRouter"
    token: str = ""
    details: dict[str, str] = fresh(dict)
    storage_access_groups: list[str] = fresh(list)
    sort_key: int = 0
    next_mac: int = 1
    """Number that the next address of the zone's pod and public ranges gets; the end of its MAC address."""
    counted: dict[int, tuple[int, int]] = fresh(dict)
    """Capacities when they were last counted: used and total by type number."""

    @property
    def zone_id(self) -> int:
        return self.id

    def __str__(self) -> str:
        return f'Zone {{"id": "{self.id}", "name": "{self.name}", "uuid": "{self.uuid}"}}'


@dataclass(slots=True)
class PodRange:
    """A management range of a pod, both ends included."""

    start: str
    end: str
    vlan: str = "vlan://untagged"
    vlan_given: bool = False
    for_system_vms: bool = False
    first_mac: int = 0


@entity("pods", "Pod", indexes=("zone_id",))
class Pod(Row):
    name: str
    zone_id: int
    gateway: str
    cidr: str
    """Network with its size: `172.16.15.0/24`."""
    allocation_state: str = "Enabled"
    ranges: list[PodRange] = fresh(list)
    taken: dict[int, str] = fresh(dict)
    """Management addresses in use (as numbers) and what uses each."""
    storage_access_groups: list[str] = fresh(list)
    counted: dict[int, tuple[int, int]] = fresh(dict)
    """Capacities when they were last counted: used and total by type number."""

    @property
    def pod_id(self) -> int:
        return self.id

    def __str__(self) -> str:
        return printed("HostPod", id=self.id, name=self.name, uuid=self.uuid)


@entity("clusters", "Cluster", indexes=("zone_id", "pod_id"))
class Cluster(Row):
    name: str
    zone_id: int
    pod_id: int
    hypervisor: str
    cluster_type: str = "CloudManaged"
    allocation_state: str = "Enabled"
    managed_state: str = "Managed"
    arch: str = "x86_64"
    details: dict[str, str] = fresh(dict)
    storage_access_groups: list[str] = fresh(list)

    @property
    def cluster_id(self) -> int:
        return self.id

    def __str__(self) -> str:
        return printed("Cluster", id=self.id, name=self.name, uuid=self.uuid)


@entity("dedications", indexes=("kind", "target_id"))
class Dedication(Row):
    """A zone, pod, cluster or host that only one domain or account may use."""

    kind: str
    """zone, pod, cluster or host."""
    target_id: int
    domain_id: int
    account_id: int | None = None
    affinity_group: str = ""
    """uuid of the affinity group that goes with it."""


@entity("regions", indexes=("name",))
class Region(Row):
    """The row number is the region's id: regions have no uuid in answers."""

    name: str
    endpoint: str


@entity("pod_addresses", indexes=("pod_id",))
class PodAddress(Row):
    """A management address that an administrator has taken by hand; removed once given back."""

    pod_id: int
    address: str
    mac_number: int

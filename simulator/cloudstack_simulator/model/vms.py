"""Virtual machines of every kind: instances, virtual routers and system VMs share one table and its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..tables import Row, entity, fresh


@dataclass(slots=True, eq=False, kw_only=True)
class VirtualMachine(Row):
    """What instances, routers and system VMs have in common."""

    kind: str
    """User, DomainRouter, ConsoleProxy, SecondaryStorageVm: the server's word for the type."""
    name: str
    """Host name."""
    instance_name: str
    """i-2-3-VM, r-4-VM, v-2-VM, s-1-VM."""
    account_id: int
    zone_id: int
    service_offering_id: int
    template_id: int | None = None
    state: str = "Stopped"
    pod_id: int | None = None
    host_id: int | None = None
    last_host_id: int | None = None
    hypervisor: str = "Simulator"
    guest_os_id: int | None = None
    updated: float | None = None
    """Moment of the last change of state."""
    running_since: float | None = None
    has_statistics: bool = False
    """Whether the statistics collector has met it running."""

    def __str__(self) -> str:
        return (
            f'VM instance {{"id":{self.id},"instanceName":"{self.instance_name}","state":"{self.state}",'
            f'"type":"{self.kind}","uuid":"{self.uuid}"}}'
        )


@entity("vms", "UserVm", indexes=("kind", "host_id", "last_host_id", "account_id", "name", "state", "template_id"))
class Instance(VirtualMachine):
    display_name: str | None = None
    user_id: int = 0
    iso_id: int | None = None
    disk_offering_id: int | None = None
    """Offering of the data disk made with the instance."""
    cpu: int | None = None
    """Own sizes of an instance with a custom or constrained offering; else the offering's count."""
    speed: int | None = None
    memory: int | None = None
    details: dict[str, str] = fresh(dict)
    display: bool = True
    ha_enabled: bool = False
    dynamically_scalable: bool = False
    delete_protection: bool = False
    group_id: int | None = None
    user_data: str | None = None
    user_data_id: int | None = None
    user_data_details: str | None = None
    key_pairs: list[str] = fresh(list)
    password: str | None = None
    boot_type: str | None = None
    boot_mode: str | None = None
    affinity_group_ids: list[int] = fresh(list)
    security_group_ids: list[int] = fresh(list)
    backup_offering_id: int | None = None


@entity("instance_groups", "InstanceGroup", indexes=("account_id", "name"))
class InstanceGroup(Row):
    name: str
    account_id: int


@entity("vm_snapshots", "VMSnapshot", indexes=("vm_id", "account_id"))
class VMSnapshot(Row):
    vm_id: int
    name: str
    display_name: str
    account_id: int
    description: str | None = None
    type: str = "Disk"
    """Disk or DiskAndMemory."""
    state: str = "Ready"
    current: bool = False
    parent_id: int | None = None
    details: dict[str, Any] = fresh(dict)


@entity("affinity_groups", "AffinityGroup", indexes=("account_id", "name"))
class AffinityGroup(Row):
    name: str
    type: str
    account_id: int
    domain_id: int
    description: str | None = None
    acl_type: str = "Account"


@entity("ssh_keys", "SSHKeyPair", indexes=("account_id", "name"))
class SSHKeyPair(Row):
    name: str
    account_id: int
    public_key: str
    fingerprint: str


@entity("user_data", "UserData", indexes=("account_id", "name"))
class UserData(Row):
    name: str
    account_id: int
    text: str
    """Base64."""
    params: str | None = None


@entity("security_groups", "SecurityGroup", indexes=("account_id", "name"))
class SecurityGroup(Row):
    name: str
    account_id: int
    description: str | None = None


@entity("security_group_rules", "SecurityGroupRule", indexes=("group_id",))
class SecurityGroupRule(Row):
    group_id: int
    direction: str
    """ingress or egress"""
    protocol: str
    start_port: int
    end_port: int
    cidr: str | None = None
    allowed_group_id: int | None = None

"""Instances (user VMs) and what belongs to them: groups, snapshots, affinity, keys, user data, security groups."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh
from ..wording import printed
from .vms import VirtualMachine

SHARE = "shared file system"
"""What the instance behind a share serves."""


def is_behind_share(vm: VirtualMachine) -> bool:
    return isinstance(vm, Instance) and vm.serves == SHARE


@entity("vms", indexes=("last_host_id", "template_id", "group_id", "autoscale_group_id"))
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
    guest_os_id: int | None = None
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
    autoscale_group_id: int | None = None
    serves: str | None = None
    """What the server made it for: `shared file system`, `Kubernetes cluster`. None: it is its owner's."""
    lease_end: float | None = None
    lease_action: str | None = None
    """What happens at the end: STOP or DESTROY."""
    lease_execution: str | None = None
    """PENDING until the end; then DONE. DISABLED by an update, CANCELLED when leases were turned off."""


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

    def __str__(self) -> str:
        return printed("VMSnapshot", id=self.id, name=self.name, uuid=self.uuid, vmId=self.vm_id)


@entity("vm_schedules", "VMSchedule", indexes=("vm_id",))
class VMSchedule(Row):
    vm_id: int
    description: str
    schedule: str
    """A cron expression of five fields."""
    timezone: str
    action: str
    start: float
    end: float | None = None
    enabled: bool = True
    next_run: float | None = None
    last_due: float | None = None
    """The moment that was due last, whether or not something was done then."""


@entity("affinity_groups", "AffinityGroup", indexes=("account_id", "name"))
class AffinityGroup(Row):
    name: str
    type: str
    account_id: int
    domain_id: int
    description: str | None = None
    acl_type: str = "Account"

    def __str__(self) -> str:
        return printed("AffinityGroup", id=self.id, name=self.name, type=self.type, uuid=self.uuid)


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
    for_clusters: bool = False
    """Whether it configures the container network of Kubernetes clusters."""


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

"""The one table of instances, routers and system VMs: they share their internal numbers and their ids."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("vms", "VirtualMachine", "UserVm", indexes=("account_id", "host_id", "zone_id", "vm_type", "state", "name"))
class VirtualMachine(Row):
    """What all kinds of VM have. Each kind is a subclass with fields of its own (instances.py for `User`)."""

    name: str
    """Host name of an instance; `v-1-VM`, `r-4-VM` … for the others."""
    vm_type: str
    """User, DomainRouter, ConsoleProxy, SecondaryStorageVm, InternalLoadBalancerVm."""
    account_id: int
    zone_id: int
    state: str = "Stopped"
    instance_name: str = ""
    pod_id: int | None = None
    host_id: int | None = None
    last_host_id: int | None = None
    keeps_place: bool = False
    """Whether the last host still counts the stopped VM among those that need its room."""
    service_offering_id: int | None = None
    template_id: int | None = None
    hypervisor: str = "Simulator"
    details: dict[str, str] = fresh(dict)
    updated: float | None = None
    """Moment of the last change of state."""
    running_since: float | None = None
    stuck: bool = False
    """Whether its hypervisor fails to move it."""
    measured: bool = False
    """Whether the statistics collector has met it running."""

    def __str__(self) -> str:
        return (
            f'VM instance {{"id":{self.id},"instanceName":"{self.instance_name}","state":"{self.state}",'
            f'"type":"{self.vm_type}","uuid":"{self.uuid}"}}'
        )

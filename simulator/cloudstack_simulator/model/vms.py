"""The one table of instances, routers and system VMs: they share their internal numbers and their ids."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity(
    "vms", "VirtualMachine", "UserVm", indexes=("account_id", "host_id", "zone_id", "vm_type", "state", "name")
)
class VirtualMachine(Row):
    """What all kinds of VM have. An instance is a `UserVm`, see the areas for the fields of each kind."""

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
    service_offering_id: int | None = None
    template_id: int | None = None
    hypervisor: str = "Simulator"
    details: dict[str, str] = fresh(dict)

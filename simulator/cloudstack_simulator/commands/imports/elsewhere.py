"""Instances that lie on other hypervisors altogether: what is asked before the server goes to look there.

No such place exists in a simulated cloud, so that nothing can be found or brought over.
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, NotModelled, ServerApiError
from ...registry import command
from ..zones.hypervisors import hypervisor_type
from .instances import supported_cluster

SOURCES = ("UNMANAGED", "VMWARE", "EXTERNAL", "SHARED", "LOCAL")


@command("listVmsForImport")
def list_vms(call: Call) -> dict[str, Any]:
    p = call.params
    if not p.zoneid or p.zoneid.removed is not None:
        raise InvalidParameter("Please specify a valid zone.")
    kind = hypervisor_type(p.hypervisor)
    if kind != "KVM":
        raise InvalidParameter(f"VM Import is currently not supported for hypervisor: {kind}")
    if not call.db.hosts.where(zone_id=p.zoneid.id, hypervisor="KVM", state="Up", resource_state="Enabled"):
        raise CloudRuntime("No hosts available for VM import")
    raise NotModelled(call.command)


@command("importVm", instance=lambda _call: None)
def import_vm(call: Call) -> Any:
    p = call.params
    source = p.importsource.upper()
    if source not in SOURCES:
        raise IllegalArgument(f"No enum constant org.apache.cloudstack.vm.ImportSource.{source}")
    if source in ("UNMANAGED", "VMWARE"):
        cluster = supported_cluster(call)
        if source == "UNMANAGED":
            raise ServerApiError(530, f"Failed to find unmanaged vm with name: {p.name} in cluster: {cluster.uuid}")
        _check_vcenter(call)
    raise NotModelled(call.command)


def _check_vcenter(call: Call) -> None:
    p = call.params
    if (p.existingvcenterid is None) is (p.vcenter is None):
        raise ServerApiError(
            431, "Please provide an existing vCenter ID or a vCenter IP/Name, parameters are mutually exclusive"
        )
    if p.existingvcenterid is None and not all(
        (text or "").strip() for text in (p.vcenter, p.datacentername, p.username, p.password)
    ):
        raise ServerApiError(
            431, "Please set all the information for a vCenter IP/Name, datacenter, username and password"
        )

"""getHypervisorGuestOsNames: which guests a hypervisor knows, as one of its hosts tells."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, NotModelled
from ...registry import command
from ..zones.hypervisors import hypervisor_type

TELLING = ("XenServer", "VMware")


@command("getHypervisorGuestOsNames")
def guest_os_names(call: Call) -> Any:
    p = call.params
    hypervisor = hypervisor_type(p.hypervisor)
    if hypervisor not in TELLING:
        raise InvalidParameter(
            f"Guest OS names cannot be fetched for hypervisor: {hypervisor}, please specify a valid hypervisor : "
            "VMware, XenServer"
        )
    yield 0.1
    hosts = call.db.hosts.where(kind="Routing", hypervisor=hypervisor)
    if not any(host.hypervisor_version == p.hypervisorversion for host in hosts):
        raise CloudRuntime(
            f"No {hypervisor} hypervisor with version: {p.hypervisorversion} exists, please specify available "
            "hypervisor and version"
        )
    raise NotModelled(call.command)

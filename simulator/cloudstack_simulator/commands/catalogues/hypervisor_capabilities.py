"""What hypervisors can: limits and features."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import InvalidParameter
from ...listing import equal
from ...model.catalogue import HypervisorCapabilities
from ...registry import command
from ..zones.hypervisors import hypervisor_type


def capabilities_view(_call: Call, row: HypervisorCapabilities) -> dict[str, Any]:
    return {
        "id": row.uuid if row.shows_id else None,
        "hypervisorversion": row.version,
        "hypervisor": row.hypervisor,
        "maxguestslimit": row.max_guests,
        "securitygroupenabled": row.security_groups,
        "maxdatavolumeslimit": row.max_data_disks,
        "maxhostspercluster": row.max_hosts_per_cluster,
        "storagemotionenabled": row.storage_motion,
        "vmsnapshotenabled": row.vm_snapshots,
    }


@command("listHypervisorCapabilities")
def list_hypervisor_capabilities(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("id", p.id), equal("hypervisor", p.hypervisor)]
    return call.listing(
        "hypervisorCapabilities",
        call.db.hypervisor_capabilities,
        capabilities_view,
        where=filters,
        keyword=("hypervisor",),
    )


@command("updateHypervisorCapabilities")
def update_hypervisor_capabilities(call: Call) -> dict[str, Any]:
    p, row = call.params, _to_change(call)
    row.max_guests = p.get("maxguestslimit", row.max_guests)
    row.max_data_disks = p.get("maxdatavolumeslimit", row.max_data_disks)
    row.max_hosts_per_cluster = p.get("maxhostspercluster", row.max_hosts_per_cluster)
    row.security_groups = p.get("securitygroupenabled", row.security_groups)
    row.storage_motion = p.get("storagemotionenabled", row.storage_motion)
    row.vm_snapshots = p.get("vmsnapshotenabled", row.vm_snapshots)
    return {"hypervisorcapabilities": capabilities_view(call, row)}


def _to_change(call: Call) -> HypervisorCapabilities:
    """The row with the id, or else that of a hypervisor in a version."""
    p = call.params
    if p.id is None and not p.hypervisor and not p.hypervisorversion:
        raise InvalidParameter("Either ID or hypervisor and hypervisor version must be specified")
    if p.id is not None:
        if p.hypervisor or p.hypervisorversion:
            raise InvalidParameter("ID can not be specified together with hypervisor and hypervisor version")
        found: HypervisorCapabilities = live(p.id, "unable to find the hypervisor capabilities for specified id")
        return found
    if not p.hypervisor or not p.hypervisorversion:
        raise InvalidParameter("Hypervisor and hypervisor version must be specified together")
    hypervisor = hypervisor_type(p.hypervisor)
    if hypervisor == "None":
        raise InvalidParameter("Invalid hypervisor specified")
    named: HypervisorCapabilities | None = call.db.hypervisor_capabilities.first(
        hypervisor=hypervisor, version=p.hypervisorversion
    )
    if named is None:
        raise InvalidParameter(
            "Unable to find the hypervisor capabilities for specified hypervisor and hypervisor version"
        )
    return named

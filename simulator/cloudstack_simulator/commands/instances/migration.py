"""migrateVirtualMachine and findHostsForMigration."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...listing import page
from ...registry import command
from ..hosts.view import host_view
from ..volumes import lifecycle as disks
from . import destination, guards, life, placement, storage_migration
from .journal import journaled
from .power import same_vm, the_instance
from .sizes import size_of
from .views import instance_view


@command("migrateVirtualMachine", sync=same_vm)
@journaled(
    "VM.MIGRATE", "migrating VM", lambda call: call.params.virtualmachineid, scheduled="attempting to migrate VM"
)
def migrate(call: Call) -> Any:
    p = call.params
    if p.hostid is not None and p.storageid is not None:
        raise InvalidParameter(TWO_TARGETS)
    vm = the_instance(call, p.virtualmachineid, "Unable to find the VM by id={id}")
    if p.storageid is not None:
        yield from to_storage(call, vm)
        return {"virtualmachine": instance_view(call, vm)}
    _check_host(call)
    if not call.caller.is_root_admin:
        raise PermissionDenied("No permission to migrate VM, Only Root Admin can migrate a VM!")
    if vm.state != "Running":
        raise InvalidParameter("VM is not Running, unable to migrate the vm with specified id")
    guards.refuse_leaving_host(call.sim, vm, "Migrate")
    guards.refuse_gpu(call.sim, vm)
    if any(_is_local(call, volume) for volume in disks.of_vm(call.sim, vm)):
        raise InvalidParameter("Unsupported operation, VM uses Local storage, cannot migrate")
    host = p.hostid if p.hostid is not None else _any_host(call, vm)
    check_destination(call, vm, host)
    if guards.has_busy_snapshots(call.sim, vm):
        raise CloudRuntime(
            "There is/are unbacked up snapshot(s) on volume(s) attached to this VM, VM Migration is not permitted, "
            "please try again later."
        )
    yield from life.migrate(call, vm, host)
    return {"virtualmachine": instance_view(call, vm)}


TWO_TARGETS = "Only one of hostId and storageId can be specified"
NO_TARGET = (
    "Please specify a host or storage as destination, or pass 'autoselect=true' to automatically select a destination "
    "host which do not require storage migration"
)


def _check_host(call: Call) -> None:
    """Refuse what is no hypervisor host, or none at all."""
    host = call.params.hostid
    if host is None:
        if call.params.autoselect is False:
            raise InvalidParameter(NO_TARGET)
        return
    if not host or host.removed is not None:
        raise InvalidParameter(f"Unable to find the host to migrate the VM, host id={host.id}")
    if host.kind != "Routing":
        raise InvalidParameter(
            f"The specified host({host.name}) is not suitable to migrate the VM, please specify another one"
        )


def check_targets(call: Call) -> None:
    """A host, a storage pool, or the server's choice of a host: one of them."""
    p = call.params
    if p.hostid is not None and p.storageid is not None:
        raise InvalidParameter(TWO_TARGETS)
    if p.hostid is None and p.storageid is None and p.autoselect is False:
        raise InvalidParameter(NO_TARGET)


def to_storage(call: Call, vm: Any) -> life.Steps:
    pool = call.params.storageid
    if not pool or pool.removed is not None:
        raise InvalidParameter("Unable to find the storage pool to migrate the VM")
    yield from storage_migration.to_pool(call, vm, pool)


def _is_local(call: Call, volume: Any) -> bool:
    pool = call.db.storage_pools.get(volume.pool_id)
    return pool is not None and pool.scope == "HOST"


def _any_host(call: Call, vm: Any) -> Any:
    found = [h for h in placement.candidates(call.sim, vm, avoid=(vm.host_id,)) if h.id != vm.host_id]
    if not found:
        raise CloudRuntime(f"Unable to find suitable destination to migrate VM {vm.instance_name}")
    return call.sim.choose("host", found, vm=vm)


def check_destination(call: Call, vm: Any, host: Any) -> None:
    """Refuse a host that the VM cannot move to."""
    if not host or host.removed is not None or host.kind != "Routing":
        raise InvalidParameter("Specified host is not in the right state to migrate this VM")
    if host.id == vm.host_id:
        raise InvalidParameter(
            "Cannot migrate VM, VM is already present on this host, please specify valid destination host to migrate "
            "the VM"
        )
    if host.state != "Up" or host.resource_state != "Enabled":
        raise InvalidParameter(
            f"Cannot migrate VM, destination host is not in correct state, has status: {host.state}, state: "
            f"{host.resource_state}"
        )
    if vm.vm_type != "User" and host.pod_id != vm.pod_id:
        raise InvalidParameter(
            "Cannot migrate the VM, destination host is not in the same pod as current host of the VM"
        )
    if destination.lacks_strict_tags(call.sim, vm, host):
        raise InvalidParameter(f"Cannot deploy VM, destination host: {host.name} is not compatible for the VM")
    _check_access_groups(call, vm, host)
    if not placement.fits(call.sim, host, size_of(call.db, vm)):
        raise CloudRuntime(f"Unable to migrate due to Insufficient capacity on host {host.name}")


def _check_access_groups(call: Call, vm: Any, host: Any) -> None:
    """Pools that the present host reaches by its storage access groups have to be reached from the new one."""
    source = call.db.hosts.get(vm.host_id)
    needed, given = _groups_of(call, source), _groups_of(call, host)
    if needed and not given:
        raise CloudRuntime("Source host has storage access groups, but destination host has none.")
    if not needed <= given:
        raise CloudRuntime("Storage access groups on the source and destination hosts did not match.")


def _groups_of(call: Call, host: Any) -> set[str]:
    if host is None:
        return set()
    db = call.db
    places = (host, db.clusters.get(host.cluster_id), db.pods.get(host.pod_id), db.zones.get(host.zone_id))
    return {group for place in places if place is not None for group in place.storage_access_groups}


@command("findHostsForMigration")
def find_hosts(call: Call) -> dict[str, Any]:
    """The other hosts of the VM's cluster, and whether each could take it."""
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None:
        raise InvalidParameter("Unable to find the VM with given id")
    if vm.state != "Running":
        raise InvalidParameter("VM is not Running, cannot migrate the vm with specified id")
    source = call.db.hosts[vm.host_id]
    suitable = {h.id for h in placement.candidates(call.sim, vm, avoid=(source.id,), moving=True)}
    hosts = [h for h in call.db.hosts.where(cluster_id=source.cluster_id, kind="Routing") if h.id != source.id]
    word = (call.params.keyword or "").lower()
    found = [h for h in hosts if word in h.name.lower()]
    local = any(_is_local(call, volume) for volume in disks.of_vm(call.sim, vm))
    return page(call, "host", found, lambda host: _migration_view(call, host, host.id in suitable, local=local))


def _migration_view(call: Call, host: Any, suitable: bool, *, local: bool) -> dict[str, Any]:
    """Disks on local storage have to move along."""
    return {**host_view(call, host), "requiresStorageMotion": local, "suitableformigration": suitable}

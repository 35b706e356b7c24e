"""Instances that move to other storage: stopped ones to a pool, running ones with their volumes to another host."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter
from ...registry import command
from ..volumes import lifecycle as disks
from ..volumes import migrate as volume_migration
from ..volumes import placement as pools
from . import guards, life, placement
from .journal import journaled
from .power import same_vm, the_instance
from .sizes import size_of
from .views import instance_view

Steps = Generator[float, None, None]


def to_pool(call: Call, vm: Any, pool: Any) -> Steps:
    """migrateVirtualMachine with a storage pool: the disk of a stopped instance goes there."""
    _check_at_rest(call, vm)
    volumes = disks.of_vm(call.sim, vm)
    cluster = call.db.clusters.get(pool.cluster_id)
    if cluster is not None and cluster.hypervisor != vm.hypervisor:
        raise InvalidParameter(f"hypervisor is not compatible: dest: {cluster.hypervisor}, vm: {vm.hypervisor}")
    for volume in volumes:
        _check_room(call, volume, pool)
    yield life.STEP
    for volume in volumes:
        if volume.pool_id is not None and volume.pool_id != pool.id:
            volume_migration.move(call, volume, pool)


def _check_at_rest(call: Call, vm: Any) -> None:
    if vm.state != "Stopped":
        raise InvalidParameter("VM is not Stopped, unable to migrate the vm having the specified id")
    if vm.vm_type != "User" and vm.hypervisor != "VMware":
        raise InvalidParameter(
            f"cannot do storage migration on non-user vm for hypervisor: {vm.hypervisor}, only supported for VMware"
        )
    if len(disks.of_vm(call.sim, vm)) > 1 and vm.hypervisor != "VMware":
        raise InvalidParameter("Data disks attached to the vm, can not migrate. Need to detach data disks first")
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter("VM's disk cannot be migrated, please remove all the VM Snapshots for this VM")


def _at_rest(call: Call, vm: Any) -> Steps:
    """The disk of a stopped instance goes where `migrateto` says."""
    _check_at_rest(call, vm)
    targets = _targets(call, vm)
    for volume, pool in targets:
        _check_room(call, volume, pool)
    yield life.STEP
    for volume, pool in targets:
        if volume.pool_id is not None and volume.pool_id != pool.id:
            volume_migration.move(call, volume, pool)


def _check_wish(call: Call, vm: Any) -> None:
    """Running instances go to a host, named or chosen; stopped ones take no host."""
    p = call.params
    if vm.state != "Running" and p.hostid is not None:
        raise InvalidParameter(f"{vm} is not in the Running state to migrate it to the new host.")
    if vm.state != "Stopped" and p.hostid is None and not p.autoselect:
        raise InvalidParameter(
            f"{vm} is not in the Stopped state to migrate, use the hostid or autoselect parameter to migrate it to a "
            "new host."
        )
    if p.hostid is not None and (not p.hostid or p.hostid.removed is not None):
        raise InvalidParameter("Unable to find the specified host to migrate the VM.")


def _check_room(call: Call, volume: Any, pool: Any) -> None:
    fits = pools.suits(pool, pools.tags_of(call.sim, volume)) and pools.has_room(call.sim, pool, volume.size)
    if not fits:
        raise CloudRuntime(f"Storage suitability check failed for volume {volume} with error [{pool.name}]")


@command("migrateVirtualMachineWithVolume", sync=same_vm)
@journaled(
    "VM.MIGRATE", "migrating VM", lambda call: call.params.virtualmachineid, scheduled="attempting to migrate VM"
)
def migrate_with_volumes(call: Call) -> Any:
    p = call.params
    if p.hostid is None and not p.migrateto and not p.autoselect:
        raise InvalidParameter(
            "Either hostid or migrateto must be passed or autoselect must be true for migrating the VM."
        )
    vm = the_instance(call, p.virtualmachineid, "Unable to find the VM by ID {id}")
    _check_wish(call, vm)
    if p.hostid is None and not p.autoselect:
        yield from _at_rest(call, vm)
        return {"virtualmachine": instance_view(call, vm)}
    if vm.state != "Running":
        raise CloudRuntime(f"Unable to migrate the VM {vm.instance_name} (ID: {vm.uuid}) as it is not in Running state")
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter("VM with VM Snapshots cannot be migrated with storage, please remove all VM snapshots")
    guards.refuse_gpu(call.sim, vm)
    targets = _targets(call, vm)
    host = p.hostid if p.hostid is not None else _any_host(call, vm, targets)
    _check_host(call, vm, host)
    _add_pools_of(call, vm, host, targets)
    if not targets:
        source = call.db.hosts[vm.host_id]
        raise InvalidParameter(
            f"Migration of the VM: {vm.instance_name} (ID: {vm.uuid}) from host {source.name} (ID: {source.uuid}) to "
            f"destination host {host.name} (ID: {host.uuid}) doesn't involve migrating the volumes"
        )
    for volume, _pool in targets:
        volume.state = "Migrating"
    try:
        yield from life.migrate(call, vm, host)
    except CloudRuntime:
        for volume, _pool in targets:
            volume.state = "Ready"
        raise
    for volume, pool in targets:
        volume_migration.move(call, volume, pool)
    return {"virtualmachine": instance_view(call, vm)}


def _targets(call: Call, vm: Any) -> list[tuple[Any, Any]]:
    """(volume, pool) of each entry of `migrateto`."""
    found = []
    for entry in (call.params.migrateto or {}).values():
        volume, pool = call.db.volumes.find(entry.get("volume", "")), call.db.storage_pools.find(entry.get("pool", ""))
        if volume is None or volume.removed is not None:
            raise InvalidParameter(f"There is no volume present with the given id {entry.get('volume')}")
        if pool is None or pool.removed is not None:
            raise InvalidParameter(f"There is no storage pool present with the given id {entry.get('pool')}")
        if pool.state == "Maintenance":
            raise InvalidParameter(
                f"Cannot migrate volume {volume}to the destination storage pool {pool.name} as the storage pool is in "
                "maintenance mode."
            )
        if volume.vm_id != vm.id:
            raise InvalidParameter(
                f"Volume volume doesn't belong to the VM {vm.instance_name} (ID: {vm.uuid}) that has to be migrated"
            )
        found.append((volume, pool))
    return found


def _any_host(call: Call, vm: Any, targets: list[tuple[Any, Any]]) -> Any:
    """A host whose cluster reaches the pools that are asked for."""
    clusters = {pool.cluster_id for _volume, pool in targets if pool.cluster_id is not None}
    size = size_of(call.db, vm)
    for host in call.db.hosts.where(zone_id=vm.zone_id, kind="Routing"):
        if host.id == vm.host_id or host.hypervisor != vm.hypervisor or not clusters <= {host.cluster_id}:
            continue
        if placement.is_usable(call.sim, host) and placement.fits(call.sim, host, size):
            return host
    raise CloudRuntime(f"Unable to find suitable destination to migrate VM {vm.instance_name}")


def _check_host(call: Call, vm: Any, host: Any) -> None:
    source = call.db.hosts[vm.host_id]
    if not host or host.removed is not None or host.kind != "Routing":
        raise InvalidParameter("Unable to find the specified destination host")
    if host.id == vm.host_id:
        raise InvalidParameter(
            f"Cannot migrate VM as it is already present on host {host.name} (ID: {host.uuid}), please specify valid "
            "destination host to migrate the VM"
        )
    if host.hypervisor != source.hypervisor:
        raise CloudRuntime(
            "The source and destination hosts are not of the same type and version. Source hypervisor type and "
            f"version: {source.hypervisor} {source.hypervisor_version}, Destination hypervisor type and version: "
            f"{host.hypervisor} {host.hypervisor_version}"
        )
    if host.pod_id != source.pod_id:
        raise InvalidParameter(
            "Cannot migrate the VM, destination host is not in the same pod as current host of the VM"
        )
    if not any(c.storage_motion for c in call.db.hypervisor_capabilities.where(hypervisor=vm.hypervisor)):
        raise CloudRuntime(
            f"Migration with storage isn't supported for source host {source.name} (ID: {source.uuid}) on hypervisor "
            f"{source.hypervisor} with version {source.hypervisor_version}"
        )
    if host.state != "Up" or host.resource_state != "Enabled":
        raise CloudRuntime(
            f"Cannot migrate VM, destination host {host.name} (ID: {host.uuid}) is not in correct state, has status: "
            f"{host.state}, state: {host.resource_state}"
        )


def _reaches(host: Any, pool: Any) -> bool:
    """Whether a host that an instance moves to has its pool, too: local storage belongs to the host it leaves."""
    return pool.scope != "HOST" and pool.cluster_id in (None, host.cluster_id)


def _add_pools_of(call: Call, vm: Any, host: Any, targets: list[tuple[Any, Any]]) -> None:
    """Volumes that the new host does not reach where they are go to a pool that it reaches."""
    named = {volume.id for volume, _pool in targets}
    for volume in disks.of_vm(call.sim, vm):
        pool = call.db.storage_pools.get(volume.pool_id)
        if volume.id in named or pool is None or _reaches(host, pool):
            continue
        tags = pools.tags_of(call.sim, volume)
        cluster = call.db.clusters[host.cluster_id]
        found = pools.candidates(call.sim, vm.zone_id, size=volume.size, tags=tags, cluster=cluster)
        if not found:
            raise CloudRuntime(f"Unable to find suitable destination to migrate VM {vm.instance_name}")
        targets.append((volume, call.sim.choose("pool", found, volume=volume)))

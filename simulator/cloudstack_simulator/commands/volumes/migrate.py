"""migrateVolume and findStoragePoolsForMigration."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import fields
from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.volumes import Volume
from ...registry import command
from .. import hypervisors
from ..common import completed
from ..offerings import usable
from ..storage_pools.view import pool_view
from . import encryption, lifecycle, placement
from .view import volume_view


@command("migrateVolume")
def migrate_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume, pool = p.volumeid, p.storageid
    _check(call, volume, pool)
    volume.state = "Migrating"
    yield 0.4
    moved = move(call, volume, pool)
    if p.newdiskofferingid is not None:
        moved.disk_offering_id = p.newdiskofferingid.id
    completed(call, "VOLUME.MIGRATE", "migrating volume. Volume Id", moved)
    call.sim.jobs.turn_to(call.job, None)
    return {"volume": volume_view(call, moved)}


def _check(call: Call, volume: Volume, pool: Any) -> None:
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Failed to find the volume id: {volume.id}")
    call.check_access(volume)
    if volume.state != "Ready":
        raise InvalidParameter("Volume must be in ready state")
    if volume.pool_id == pool.id:
        raise InvalidParameter(f"Volume {volume} is already on the destination storage pool")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None:
        _check_vm(call, volume, vm)
    if encryption.is_encrypted(call.sim, volume):
        raise InvalidParameter("Migration of encrypted volumes is unsupported")
    if not pool or pool.removed is not None:
        raise InvalidParameter(f"Failed to find the destination storage pool: {pool.id}")
    if pool.state in lifecycle.IN_MAINTENANCE:
        raise InvalidParameter(
            f"Cannot migrate volume {volume}to the destination storage pool {pool.name} "
            "as the storage pool is in maintenance mode."
        )
    if not placement.has_room(call.sim, pool, volume.size):
        raise CloudRuntime(f"Storage pool {pool.name} does not have enough space to migrate volume {volume.name}")
    if vm is not None and vm.state == "Running" and not _reachable(call, volume, pool):
        raise InvalidParameter("Cannot migrate a volume of a virtual machine to a storage pool in a different cluster")
    if call.params.newdiskofferingid is not None:
        _check_offering(call, volume, vm, pool, call.params.newdiskofferingid)


def _check_vm(call: Call, volume: Volume, vm: Any) -> None:
    if vm.hypervisor == "External":
        raise InvalidParameter("Volume migration operation is not allowed for hypervisor type External")
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(
            "Volume cannot be migrated, please remove all VM snapshots for VM to which this volume is attached"
        )
    if vm.state != "Running":
        return
    if call.db.service_offerings[vm.service_offering_id].vgpu_profile_id is not None:
        raise InvalidParameter("Live Migration of GPU enabled VM is not supported")
    if not any(c.storage_motion for c in call.db.hypervisor_capabilities.where(hypervisor=vm.hypervisor)):
        raise InvalidParameter("Volume needs to be detached from VM")
    if vm.hypervisor == "KVM":
        raise InvalidParameter(
            "KVM does not support volume live migration due to the limited possibility to refresh VM XML domain. "
            "Therefore, to live migrate a volume between storage pools, one must migrate the VM to a different host "
            "as well to force the VM XML domain update. Use 'migrateVirtualMachineWithVolumes' instead."
        )
    if not call.params.livemigrate:
        raise InvalidParameter(
            f"The volume {volume}is attached to a vm and for migrating it the parameter livemigrate should be specified"
        )


def _check_offering(call: Call, volume: Volume, vm: Any, pool: Any, offering: Any) -> None:
    """The offering that the volume shall have from then on: for such storage, and on pools with its tags."""
    if not offering or offering.removed is not None:
        raise InvalidParameter(f"The disk offering informed is not valid [id={offering.id}].")
    usable.check_disk(call, call.caller.account, offering, call.db.zones[volume.zone_id])
    if offering.use_local_storage is not (pool.scope == "HOST"):
        words = ("local", "shared") if pool.scope == "HOST" else ("shared", "local")
        raise InvalidParameter(
            f"You cannot move the volume to {words[0]} storage, with the disk offering configured for {words[1]} "
            "storage."
        )
    if not placement.suits(pool, offering.tags):
        raise InvalidParameter(
            f"Migration failed: target pool [{pool.name}, tags:{','.join(pool.tags) or 'null'}] has no matching tags "
            f"for volume [{volume.name}, uuid:{volume.uuid}, tags:{','.join(offering.tags)}]"
        )
    compute = call.db.service_offerings.get(vm.service_offering_id) if vm is not None else None
    if volume.kind == "ROOT" and compute is not None and compute.disk_offering_strictness:
        raise InvalidParameter(
            f"Disk offering cannot be changed to the volume {volume.uuid} since existing disk offering is strictly "
            "associated with the volume"
        )


def move(call: Call, volume: Volume, pool: Any) -> Volume:
    """The volume on another pool. A copy takes over its id: a new row with the next internal number."""
    sim = call.sim
    copied = {f.name: getattr(volume, f.name) for f in fields(volume) if f.name not in ("id", "created", "_table")}
    copied |= {"path": None, "pool_id": None}
    policies = sim.db.snapshot_policies.where(volume_id=volume.id)
    snapshots = sim.db.snapshots.where(volume_id=volume.id)
    sim.db.volumes.delete(volume)
    moved: Volume = sim.db.volumes.add(Volume(**copied))
    lifecycle.put_on(sim, moved, pool)
    if hypervisors.is_fake(moved.hypervisor):
        moved.path = sim.ids.uuid()
    for row in (*policies, *snapshots):
        row.volume_id = moved.id
    return moved


@command("findStoragePoolsForMigration")
def find_pools(call: Call) -> dict[str, Any]:
    volume = live(call.params.id, "Unable to find volume with specified id.")
    if not call.caller.is_root_admin:
        raise PermissionDenied("No permission to migrate volume, only root admin can migrate a volume")
    tags = placement.tags_of(call.sim, volume)
    fitting = {pool.id for pool in placement.candidates(call.sim, volume.zone_id, size=volume.size, tags=tags)}
    pools = [
        pool
        for pool in call.db.storage_pools.where(zone_id=volume.zone_id)
        if pool.id != volume.pool_id and pool.scope != "HOST" and pool.state == "Up" and _reachable(call, volume, pool)
    ]

    def view(inner: Call, pool: Any) -> dict[str, Any]:
        shown = pool_view(inner, pool)
        for name in ("usediops", "storagecapabilities", "details", "hasannotations"):
            shown.pop(name, None)
        return shown | {"suitableformigration": pool.id in fitting, "jobstatus": 0}

    return call.listing("storagepool", pools, view, keyword=("name",))


def _reachable(call: Call, volume: Volume, pool: Any) -> bool:
    """A disk of a VM stays with the VM's cluster."""
    if volume.vm_id is None:
        return True
    source = call.db.storage_pools.get(volume.pool_id)
    return source is None or source.cluster_id is None or pool.cluster_id in (None, source.cluster_id)

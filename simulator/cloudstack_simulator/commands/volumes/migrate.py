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
    if not pool or pool.removed is not None:
        raise InvalidParameter(f"Failed to find the destination storage pool: {pool.id}")
    if volume.pool_id == pool.id:
        raise InvalidParameter(f"Volume {volume} is already on the destination storage pool")
    if encryption.is_encrypted(call.sim, volume):
        raise InvalidParameter("Migration of encrypted volumes is unsupported")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None:
        _check_vm(call, volume, vm, pool)
    if pool.state == "Maintenance":
        raise InvalidParameter(
            f"Cannot migrate volume {volume}to the destination storage pool {pool.name} "
            "as the storage pool is in maintenance mode."
        )
    if call.params.newdiskofferingid is not None:
        _check_offering(volume, pool, call.params.newdiskofferingid)
    elif not placement.suits(pool, placement.tags_of(call.sim, volume)):
        raise CloudRuntime(f"Storage pool {pool.name} is not suitable to migrate volume {volume.name}")
    if not placement.has_room(call.sim, pool, volume.size):
        raise CloudRuntime(f"Storage pool {pool.name} does not have enough space to migrate volume {volume.name}")


def _check_offering(volume: Volume, pool: Any, offering: Any) -> None:
    """The offering that the volume shall have from then on: as large, and on pools with its tags."""
    if not offering or offering.removed is not None or offering.state != "Active" or offering.compute_only:
        raise InvalidParameter(f"We cannot find a disk offering by id: {offering.id}")
    if not offering.customized and offering.size != volume.size:
        raise InvalidParameter(
            f"You are migrating volume {volume} and changing its disk offering to {offering.uuid}. However, the sizes "
            "of the volume and the new disk offering are different."
        )
    if not placement.suits(pool, offering.tags):
        raise InvalidParameter(
            f"Target Storage [id={pool.uuid}] tags [{','.join(pool.tags)}] does not match new disk offering "
            f"[id={offering.uuid}] tags [{','.join(offering.tags)}]."
        )


def _check_vm(call: Call, volume: Volume, vm: Any, pool: Any) -> None:
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(
            "Volume cannot be migrated, please remove all VM snapshots for VM to which this volume is attached"
        )
    if vm.state != "Running":
        return
    if not call.params.livemigrate:
        raise InvalidParameter(
            f"The volume {volume}is attached to a vm and for migrating it the parameter livemigrate should be specified"
        )
    if vm.hypervisor == "KVM":
        raise InvalidParameter(
            "KVM does not support volume live migration due to the limited possibility to refresh VM XML domain. "
            "Therefore, to live migrate a volume between storage pools, one must migrate the VM to a different host "
            "as well to force the VM XML domain update. Use 'migrateVirtualMachineWithVolumes' instead."
        )
    source = call.db.storage_pools.get(volume.pool_id)
    if source is not None and source.cluster_id is not None and pool.cluster_id not in (None, source.cluster_id):
        raise InvalidParameter("Cannot migrate a volume of a virtual machine to a storage pool in a different cluster")


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

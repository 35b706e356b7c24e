"""createSnapshotFromVMSnapshot: one disk of an instance's snapshot becomes a snapshot of its own (KVM only)."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import InvalidParameter, PermissionDenied
from ...model.volumes import Snapshot, Volume
from ...registry import allocate, command
from . import lifecycle
from .view import made_view

FILE_BASED = ("Filesystem", "NetworkFilesystem", "SharedMountPoint")
"""Pools where KVM's snapshots of disks alone are chains of files, which cannot be taken apart."""


@allocate("createSnapshotFromVMSnapshot")
def allocate_snapshot(call: Call) -> Snapshot:
    p, db = call.params, call.db
    if not p.vmsnapshotid or p.vmsnapshotid.removed is not None:
        raise InvalidParameter(f"Unable to find vmsnapshot by id={p.vmsnapshotid.id}")
    owner = db.accounts[p.vmsnapshotid.account_id]
    if owner.state == "disabled":
        raise PermissionDenied(f"The owner of template is disabled: {owner}")
    vm = db.vms[p.vmsnapshotid.vm_id]
    call.check_access(vm)
    volume: Volume = p.volumeid
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Creating snapshot failed due to volume:{volume.id} doesn't exist")
    call.check_access(volume)
    _check_disk(call, volume, vm)
    call.sim.limits.check(db.accounts[volume.account_id], "snapshot")
    return lifecycle.new(call.sim, volume, name=p.name or None)


def _check_disk(call: Call, volume: Volume, vm: Any) -> None:
    if volume.vm_id != vm.id:
        raise InvalidParameter(f"Creating snapshot failed due to volume:{volume} doesn't attach to vm :{vm}")
    zone = call.db.zones[volume.zone_id]
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone.name}")
    if volume.state != "Ready":
        raise InvalidParameter(f"Volume: {volume} is not in Ready state but {volume.state}. Cannot take snapshot.")
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is None:
        raise InvalidParameter(f"Volume: {volume} please attach this volume to a VM before create snapshot for it")
    if pool.pool_type == "PowerFlex":
        raise InvalidParameter(f"Cannot perform this operation, unsupported on storage pool type {pool.pool_type}")
    alone = call.params.vmsnapshotid.type == "Disk"
    if vm.hypervisor == "KVM" and alone and pool.pool_type in FILE_BASED:
        raise InvalidParameter("Cannot perform this operation, unsupported VM snapshot type.")


def _host(call: Call) -> Any:
    vm = call.db.vms[call.params.vmsnapshotid.vm_id]
    number = vm.host_id or vm.last_host_id
    return ("snapshothost", call.db.hosts.get(number)) if number is not None else None


@command("createSnapshotFromVMSnapshot", sync=_host)
def create_from_vm_snapshot(call: Call) -> Generator[float, None, Any]:
    """A refusal leaves nothing: what was allocated goes again."""
    snapshot = call.created
    volume = call.db.volumes[snapshot.volume_id]
    yield 0.1
    if volume.hypervisor != "KVM":
        lifecycle.delete(call.sim, snapshot)
        raise InvalidParameter(f"Unsupported hypervisor type {volume.hypervisor}. This supports KVM only")
    lifecycle.back_up(call.sim, snapshot)
    return {"snapshot": made_view(call, snapshot, {})}

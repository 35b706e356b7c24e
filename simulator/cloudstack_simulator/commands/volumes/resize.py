"""resizeVolume and changeOfferingForVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...model.volumes import Volume
from ...registry import command
from .. import hypervisors
from ..common import completed
from . import lifecycle, placement
from .sizes import GIB, check_maximum, out_of_range
from .view import volume_view


@command("resizeVolume")
def resize_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume = _usable(call, p.id)
    size = _wanted_size(call, volume, p.diskofferingid)
    _check_change(call, volume, size)
    yield 0.2
    _resize(call, volume, size)
    completed(call, "VOLUME.RESIZE", "resizing volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


def _usable(call: Call, volume: Volume) -> Volume:
    if not volume or volume.removed is not None:
        raise InvalidParameter("No such volume")
    call.check_access(volume)
    if any(s.state in ("Creating", "BackingUp") for s in call.db.snapshots.where(volume_id=volume.id)):
        raise CloudRuntime(
            "There is/are unbacked up snapshot(s) on this volume, resize volume is not permitted, "
            "please try again later."
        )
    if volume.state not in ("Ready", "Allocated"):
        raise InvalidParameter(
            "Volume should be in ready or allocated state before attempting a resize. "
            f"Volume {volume.uuid} is in state {volume.state}."
        )
    return volume


def _wanted_size(call: Call, volume: Volume, offering: Any) -> int:
    asked = call.params.size
    current = call.db.disk_offerings.get(volume.disk_offering_id)
    if offering is None:
        if asked is None:
            return volume.size
        if current is not None and current.size_strictness:
            raise InvalidParameter(
                f"Resize of volume {volume.uuid} is not allowed, since disk size is strictly fixed "
                "as per the disk offering"
            )
        return _checked(call, asked)
    if offering.removed is not None or offering.state != "Active":
        raise InvalidParameter("Requested disk offering has been removed.")
    if volume.kind == "ROOT" and current is not None and current.size_strictness:
        raise InvalidParameter(
            f"Cannot resize ROOT volume [{volume.name}] with new disk offering since existing disk offering is "
            "strictly assigned to the ROOT volume."
        )
    if current is not None and set(current.tags) - set(offering.tags):
        raise InvalidParameter("The tags on the new and old disk offerings must match.")
    if not offering.customized:
        if asked is not None:
            raise InvalidParameter("You cannot pass in a custom disk size to a non-custom disk offering.")
        return int(offering.size)
    if asked is None:
        raise InvalidParameter("The new disk offering requires that a size be specified.")
    return _checked(call, asked)


def _checked(call: Call, size: int) -> int:
    problem = out_of_range(call, size)
    if problem:
        raise ServerApiError(432, problem)
    return size * GIB


def _check_change(call: Call, volume: Volume, size: int) -> None:
    if size == volume.size:
        return
    check_maximum(call, size)
    vm = call.db.vms.get(volume.vm_id)
    if size < volume.size and not call.params.shrinkok:
        raise ServerApiError(
            432,
            f"Going from existing size of {volume.size} to size of {size} would shrink the volume."
            "Need to sign off by supplying the shrinkok parameter with value of true.",
        )
    if size < volume.size and volume.hypervisor == "KVM":
        raise ServerApiError(432, "Unable to shrink volumes of type QCOW2")
    if vm is not None and volume.kind == "ROOT" and vm.state != "Stopped" and volume.hypervisor != "KVM":
        raise InvalidParameter(
            f"Cannot resize ROOT volume [{volume.name}] when VM is not on Stopped State. "
            f"VM {vm.instance_name} is in state {vm.state}"
        )
    if call.db.vm_snapshots.where(vm_id=volume.vm_id) if vm is not None else False:
        raise InvalidParameter(
            "The volume is attached to a VM with memory&disk VM snapshots; therefore, it cannot be resized."
        )


def _resize(call: Call, volume: Volume, size: int) -> None:
    if size > volume.size:
        call.sim.limits.check(call.db.accounts[volume.account_id], "primary_storage", size - volume.size)
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is not None and size > volume.size and not placement.has_room(call.sim, pool, size - volume.size):
        raise CloudRuntime(f"Storage pool {pool.name} does not have enough space to resize volume {volume.name}")
    if pool is not None and size < volume.size and hypervisors.is_fake(volume.hypervisor):
        raise CloudRuntime(
            f"Failed to resize volume operation of volume UUID: [{volume.uuid}] due to - Failed to resize"
        )
    lifecycle.change_size(call.sim, volume, size)


@command("changeOfferingForVolume")
def change_offering(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume = _usable(call, p.id)
    offering = p.diskofferingid
    if offering.removed is not None or offering.state != "Active" or offering.compute_only:
        raise InvalidParameter("Requested disk offering has been removed.")
    if offering.id == volume.disk_offering_id and not (offering.customized and p.size is not None):
        raise InvalidParameter(f"Volume {volume} is already having disk offering {offering.uuid}")
    size = _wanted_size(call, volume, offering)
    _check_change(call, volume, size)
    yield 0.2
    _move_if_needed(call, volume, offering)
    if size != volume.size:
        _resize(call, volume, size)
    volume.disk_offering_id = offering.id
    if offering.custom_iops:
        volume.min_iops, volume.max_iops = p.miniops, p.maxiops
    completed(call, "VOLUME.CHANGE.DISK.OFFERING", "changing disk offering of a volume. Volume Id", volume)
    view = volume_view(call, volume, full=False)
    for name in ("storagetype", "hypervisor"):
        view.pop(name, None)
    return {"volume": view}


def _move_if_needed(call: Call, volume: Volume, offering: Any) -> None:
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is None or placement.suits(pool, offering.tags):
        return
    if not call.params.automigrate:
        raise InvalidParameter(
            f"Failed to change offering for volume {volume.uuid} since automigrate is set to false but volume needs "
            "to migrated"
        )
    cluster = call.db.clusters.get(pool.cluster_id)
    chosen = placement.choose(call.sim, volume, tags=offering.tags, cluster=cluster)
    if chosen is None:
        raise CloudRuntime(
            f"Volume change offering operation failed for volume: {volume} as no suitable pool(s) found for migrating "
            "to support new disk offering"
        )
    lifecycle.put_on(call.sim, volume, chosen)

"""createVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ... import custom_ids
from ...access import entity_owner
from ...call import Call, live
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.volumes import Snapshot, Volume
from ...registry import allocate, command
from ..common import completed
from ..offerings import usable
from . import attach, encryption, lifecycle, placement
from .sizes import GIB, check_custom_size, check_maximum, gigabytes
from .view import volume_view


@allocate("createVolume")
def allocate_volume(call: Call) -> Volume:
    p = call.params
    owner = entity_owner(call)
    if p.snapshotid is None and p.diskofferingid is None:
        raise InvalidParameter("At least one of disk Offering ID or snapshot ID must be passed whilst creating volume")
    offering, size = p.diskofferingid, p.size
    if p.snapshotid is not None and offering is not None and _parent_kind(call, p.snapshotid) != "ROOT":
        raise InvalidParameter(
            "Disk Offering ID cannot be passed whilst creating volume from snapshot other than ROOT disk snapshots"
        )
    if offering is not None:
        size = _size_by_offering(call, offering, p.size)
    if p.snapshotid is not None:
        offering, size = _size_by_snapshot(call, p.snapshotid, offering, size)
    zone = p.zoneid or (call.db.zones.get(p.snapshotid.zone_id) if p.snapshotid is not None else None)
    zone = live(zone, f"Unable to find zone by id {getattr(zone, 'id', 'null')}")
    if offering is not None:
        usable.check_disk(call, owner, offering, zone)
    if p.get("displayvolume", True):  # what is not shown does not count
        call.sim.limits.check(owner, "volume")
        call.sim.limits.check(owner, "primary_storage", size)
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone: {zone} is currently disabled")
    if offering is not None and offering.use_local_storage and not zone.local_storage:
        raise InvalidParameter(
            f"Zone is not configured to use local storage but volume's disk offering {offering.name} uses it"
        )
    return lifecycle.add(
        call.sim, _new(call, owner, zone, offering, size), uuid=custom_ids.given(call, call.db.volumes)
    )


def _new(call: Call, owner: Any, zone: Any, offering: Any, size: int) -> Volume:
    p = call.params
    parent: Any = call.db.volumes.get(p.snapshotid.volume_id) if p.snapshotid is not None else None
    as_it_was = p.diskofferingid is None and parent is not None
    low, high = (parent.min_iops, parent.max_iops) if as_it_was else _iops(call, offering)
    return Volume(
        name=p.name if (p.name or "").strip() else call.sim.ids.uuid(),
        account_id=owner.id,
        zone_id=zone.id,
        size=size,
        disk_offering_id=offering.id if offering is not None else None,
        provisioning_type=offering.provisioning_type if offering is not None else "thin",
        min_iops=low,
        max_iops=high,
        display=p.get("displayvolume", True),
        listed=p.get("displayvolume", True),
        counted=p.get("displayvolume", True),
        template_id=parent.template_id if parent is not None else None,
        snapshot_id=p.snapshotid.id if p.snapshotid is not None else None,
        state="Creating" if p.snapshotid is not None else "Allocated",
    )


def _parent_kind(call: Call, snapshot: Snapshot) -> str | None:
    return getattr(call.db.volumes.get(snapshot.volume_id), "kind", None)


def _size_by_offering(call: Call, offering: Any, asked: int | None) -> int:
    if asked is not None and asked <= 0:
        raise InvalidParameter("Disk size must be larger than 0")
    if offering.removed is not None or offering.state != "Active" or offering.compute_only:
        raise InvalidParameter("Please specify a valid disk offering.")
    if not offering.customized:
        if asked is not None:
            raise InvalidParameter("This disk offering does not allow custom size")
        _iops(call, offering)
        check_maximum(call, offering.size)
        return int(offering.size)
    if asked is None:
        raise InvalidParameter("This disk offering requires a custom size specified")
    check_custom_size(call, asked)
    _iops(call, offering)
    check_maximum(call, asked * GIB)
    return asked * GIB


def _iops(call: Call, offering: Any) -> tuple[int | None, int | None]:
    """The lower and the upper limit: the call's where the offering lets it say them, 0 for none."""
    if offering is None or not offering.custom_iops:
        return getattr(offering, "min_iops", None), getattr(offering, "max_iops", None)
    low, high = call.params.miniops, call.params.maxiops
    if low is None and high is None:
        return 0, 0
    if low is None or low <= 0:
        raise InvalidParameter("The min IOPS must be greater than 0.")
    if low > (high or 0):
        raise InvalidParameter("The min IOPS must be less than or equal to the max IOPS.")
    return low, high


def _size_by_snapshot(call: Call, snapshot: Snapshot, offering: Any, size: int | None) -> tuple[Any, int]:
    live(snapshot, "unable to find a snapshot with id {id}")
    call.check_access(snapshot)
    if snapshot.state != "BackedUp":
        raise InvalidParameter(
            f"Snapshot {snapshot} is not in BackedUp state yet and can't be used for volume creation"
        )
    if encryption.is_encrypted(call.sim, call.db.volumes.get(snapshot.volume_id)):
        raise CloudRuntime("Cannot create new volumes from encrypted volume snapshots")
    _check_vm(call)
    if offering is None:
        return call.db.disk_offerings.get(snapshot.disk_offering_id), snapshot.size
    if size is not None and size < snapshot.size:
        raise InvalidParameter(
            f"Invalid size for volume creation: {gigabytes(size)}GB, snapshot size is: {gigabytes(snapshot.size)}GB"
        )
    return offering, size or snapshot.size


def _check_vm(call: Call) -> None:
    """Refuse an instance to which a disk made from a snapshot cannot go; for empty disks the server overlooks it."""
    vm, zone = call.params.virtualmachineid, call.params.zoneid
    if vm is None:
        return
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter("Please specify a valid User VM.")
    if zone is not None and zone.id != vm.zone_id:
        raise InvalidParameter("The specified zone is different than zone of the VM")
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter("Please specify a VM that is either running or stopped.")
    call.check_access(vm)


@command("createVolume")
def create_volume(call: Call) -> Generator[float, None, Any]:
    volume: Volume = call.created
    yield 0.1
    if volume.snapshot_id is not None:
        yield 0.3
        _fill_from_snapshot(call, volume)
        if call.params.virtualmachineid is not None:
            yield from _attach(call, volume, call.params.virtualmachineid)
    completed(call, "VOLUME.CREATE", "creating volume. Volume Id", volume)
    view = volume_view(call, volume)
    volume.snapshot_id = None
    return {"volume": view}


def _attach(call: Call, volume: Volume, vm: Any) -> Generator[float, None, None]:
    """Without the instance the whole call fails, and its volume is destroyed; why stands in the server's log only."""
    try:
        yield from attach.attach_to(call, volume, vm)
    except ApiError:
        lifecycle.destroy(call.sim, volume)
        raise CloudRuntime(f"Failed to create volume: {volume}") from None


def _fill_from_snapshot(call: Call, volume: Volume) -> None:
    snapshot = call.db.snapshots[volume.snapshot_id or 0]
    pool = placement.choose(call.sim, volume)
    if pool is None:
        lifecycle.expunge(call.sim, volume)
        raise InvalidParameter(f"Failed to create volume: {volume}")
    volume.path = snapshot.path if pool.hypervisor == "Simulator" else None
    lifecycle.put_on(call.sim, volume, pool)

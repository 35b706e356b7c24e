"""resizeVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...model.instances import is_behind_share
from ...model.volumes import Volume
from ...registry import command
from .. import hypervisors
from ..common import completed
from . import lifecycle, placement
from .sizes import GIB, check_maximum, gigabytes, out_of_range
from .view import volume_view

UNSUPPORTED = 432
ROOT_SIZE = "rootdisksize"


def _find_room(call: Call, volume: Volume, size: int) -> None:
    """A pool that is too full for the new size keeps the volume as it is, unless it may go to another one."""
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is None or placement.has_room(call.sim, pool, size - volume.size, to_grow=True):
        return
    if not call.params.automigrate:
        raise CloudRuntime(
            f"Failed to resize volume {volume.uuid} since the storage pool does not have enough space to accommodate "
            f"new size for the volume {volume.name}, try with automigrate set to true in order to check in the other "
            "suitable pools for the new size and then migrate & resize volume there."
        )
    tags, cluster = placement.tags_of(call.sim, volume), call.db.clusters.get(pool.cluster_id)
    others = [
        other
        for other in placement.candidates(call.sim, volume.zone_id, size=size, tags=tags, cluster=cluster)
        if other is not pool
    ]
    if not others:
        raise CloudRuntime(
            f"Volume resize failed for volume ID: {volume.uuid} as no suitable pool(s) with enough space found."
        )
    lifecycle.put_on(call.sim, volume, call.sim.choose("pool", others, volume=volume))


@command("resizeVolume")
def resize_volume(call: Call) -> Generator[float, None, Any]:
    """Whatever is wrong with the parameters: the server says so as of an action that it does not support."""
    try:
        return (yield from _resize(call))
    except InvalidParameter as error:
        raise ServerApiError(UNSUPPORTED, error.text) from None


def _resize(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume = usable(call, p.id)
    size = _wanted_size(call, volume, p.diskofferingid)
    check_change(call, volume, size, to_offering=p.diskofferingid is not None)
    yield 0.2
    if p.diskofferingid is not None and volume.state == "Allocated":  # later the server keeps the old one
        volume.disk_offering_id = p.diskofferingid.id
    set_iops(call, volume, p.diskofferingid)
    resize(call, volume, size)
    _keep_root_size(call, volume)
    completed(call, "VOLUME.RESIZE", "resizing volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


def _keep_root_size(call: Call, volume: Volume) -> None:
    """An instance keeps the size of its root disk among its details."""
    vm = call.db.vms.get(volume.vm_id)
    if volume.kind == "ROOT" and volume.state != "Allocated" and vm is not None and vm.vm_type == "User":
        vm.details[ROOT_SIZE] = str(gigabytes(volume.size))


def usable(call: Call, volume: Volume) -> Volume:
    """The volume itself when its state lets it change size or offering."""
    if not volume or volume.removed is not None:
        raise InvalidParameter("No such volume")
    if any(
        s.state in ("Creating", "CreatedOnPrimary", "BackingUp") for s in call.db.snapshots.where(volume_id=volume.id)
    ):
        raise CloudRuntime(
            "There is/are unbacked up snapshot(s) on this volume, resize volume is not permitted, "
            "please try again later."
        )
    call.check_access(volume)
    if volume.state not in ("Ready", "Allocated"):
        raise InvalidParameter(
            "Volume should be in ready or allocated state before attempting a resize. "
            f"Volume {volume.uuid} is in state {volume.state}."
        )
    return volume


def _wanted_size(call: Call, volume: Volume, offering: Any) -> int:
    current = call.db.disk_offerings.get(volume.disk_offering_id)
    if offering is not None:
        return _size_by_offering(call, volume, current, offering)
    asked, p = call.params.size, call.params
    if asked is not None and current is not None and current.size_strictness:
        raise InvalidParameter(
            f"Resize of volume {volume.uuid} is not allowed, since disk size is strictly fixed as per the disk offering"
        )
    size = volume.size if asked is None else _asked_size(call, volume, current, asked)
    for given, word in ((p.miniops, "Min"), (p.maxiops, "Max")):
        if given is not None and volume.kind != "ROOT" and not (current is not None and current.custom_iops):
            raise InvalidParameter(
                f"The current disk offering does not support customization of the '{word} IOPS' parameter."
            )
    check_iops(call, volume)
    return size


def _asked_size(call: Call, volume: Volume, current: Any, asked: int) -> int:
    """Bytes of a new size without a new offering; only a custom offering keeps to the range of custom sizes."""
    size = asked * GIB if current is None or not current.customized else checked_size(call, asked)
    if volume.kind == "ROOT" and _is_fixed_by_offering(call, volume, current):
        raise InvalidParameter(
            "Failed to resize Root volume. The service offering of this Volume has been configured with a root disk "
            "size; on such case a Root Volume can only be resized when changing to another Service Offering with a "
            "Root disk size. For more details please check out the Official Resizing Volumes documentation."
        )
    return size


def _is_fixed_by_offering(call: Call, volume: Volume, current: Any) -> bool:
    """The server looks for a service offering that has the disk offering's number, not for the volume's."""
    template = call.db.templates.get(volume.template_id)
    service = call.db.service_offerings.get(current.id) if current is not None else None
    if template is None or template.is_iso or service is None:
        return False
    behind = call.db.disk_offerings.get(service.disk_offering_id)
    return behind is not None and (behind.size or 0) > 0


def set_iops(call: Call, volume: Volume, asked: Any) -> None:
    """What the volume keeps of the IOPS that the call or its new offering gives. `asked`: the new offering, or None."""
    p, offering = call.params, call.db.disk_offerings.get(volume.disk_offering_id)
    if offering is not None and not offering.custom_iops and asked is not None:
        volume.min_iops, volume.max_iops = offering.min_iops, offering.max_iops
        return
    volume.min_iops = volume.min_iops if p.miniops is None else p.miniops
    volume.max_iops = volume.max_iops if p.maxiops is None else p.maxiops


def check_iops(call: Call, volume: Volume) -> None:
    """Refuse one limit of IOPS without the other, and a lower one above the upper one."""
    p = call.params
    low = volume.min_iops if p.miniops is None else p.miniops
    high = volume.max_iops if p.maxiops is None else p.maxiops
    if (low is None) is not (high is None):
        raise InvalidParameter("Either 'miniops' and 'maxiops' must both be provided or neither must be provided.")
    if low is not None and high is not None and low > high:
        raise InvalidParameter("The 'miniops' parameter must be less than or equal to the 'maxiops' parameter.")


def _size_by_offering(call: Call, volume: Volume, current: Any, offering: Any) -> int:
    if offering.removed is not None or offering.state != "Active":
        raise InvalidParameter("Requested disk offering has been removed.")
    check_strictness(call, volume, current, offering, "")
    if volume.kind == "ROOT" and current is not None and current.encrypt != offering.encrypt:
        raise InvalidParameter(
            f"Current disk offering's encryption({str(current.encrypt).lower()}) does not match target disk offering's "
            f"encryption({str(offering.encrypt).lower()})"
        )
    if current is not None and current.tags and set(current.tags) != set(offering.tags):
        raise InvalidParameter("The tags on the new and old disk offerings must match.")
    if current is not None and not current.tags and offering.tags:
        raise InvalidParameter(
            "There are no tags on the current disk offering. The new disk offering needs to have no tags, as well."
        )
    size = new_size(call, offering)
    if offering.customized:
        checked_size(call, call.params.size)
    if offering.custom_iops:
        check_iops(call, volume)
    return size


def check_strictness(call: Call, volume: Volume, current: Any, offering: Any, end: str) -> None:
    """Refuse a disk offering where the old one, or the instance's, lets none take its place."""
    if current is not None and current.size_strictness != offering.size_strictness:
        raise InvalidParameter(f"Disk offering size strictness does not match with new disk offering{end}")
    if current is not None and current.size_strictness and current.size != offering.size:
        raise InvalidParameter(f"Resize volume for {volume.name} is not allowed since disk offering's size is fixed")
    vm = call.db.vms.get(volume.vm_id)
    compute = call.db.service_offerings.get(vm.service_offering_id) if vm is not None else None
    if volume.kind == "ROOT" and compute is not None and compute.disk_offering_strictness:
        raise InvalidParameter(
            f"Cannot resize ROOT volume [{volume.name}] with new disk offering since existing disk offering is "
            "strictly assigned to the ROOT volume."
        )


def new_size(call: Call, offering: Any) -> int:
    """Bytes of the volume by its new offering and, when that is a custom one, the size asked for."""
    asked = call.params.size
    if not offering.customized:  # whatever size is asked for
        return int(offering.size)
    if asked is None:
        raise InvalidParameter("The new disk offering requires that a size be specified.")
    return int(asked) * GIB


def checked_size(call: Call, size: int) -> int:
    """Bytes of a custom size in GB."""
    problem = out_of_range(call, size)
    if problem:
        raise InvalidParameter(problem)
    return size * GIB


def check_change(call: Call, volume: Volume, size: int, *, to_offering: bool) -> None:
    """Refuse a size that the volume cannot get now. `to_offering`: it comes with another disk offering."""
    if size == volume.size:
        return
    vm = call.db.vms.get(volume.vm_id)
    if to_offering and vm is not None and volume.kind == "ROOT" and vm.state != "Stopped":
        raise InvalidParameter(
            f"Cannot resize ROOT volume [{volume.name}] when VM is not on Stopped State. "
            f"VM {vm.instance_name} is in state {vm.state}"
        )
    if vm is not None and call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(
            "The volume is attached to a VM with memory&disk VM snapshots; therefore, it cannot be resized."
        )
    check_maximum(call, size)
    if size < volume.size:
        _check_shrinking(call, volume, vm, size)


def _check_shrinking(call: Call, volume: Volume, vm: Any, size: int) -> None:
    if vm is not None and is_behind_share(vm):
        raise InvalidParameter("Shrink volume cannot be done on a Shared FileSystem Instance")
    if volume.hypervisor == "KVM" and volume.state != "Allocated":
        raise InvalidParameter("Unable to shrink volumes of type QCOW2")
    if not call.params.shrinkok:
        raise InvalidParameter(
            f"Going from existing size of {volume.size} to size of {size} would shrink the volume."
            "Need to sign off by supplying the shrinkok parameter with value of true."
        )


def _check_host(call: Call, volume: Volume, size: int) -> None:
    """Disks of running KVM instances are resized by their host."""
    vm = call.db.vms.get(volume.vm_id)
    if size == volume.size or vm is None or vm.state != "Running" or vm.hypervisor != "KVM":
        return
    host = call.db.hosts[vm.host_id]
    for fine, word in ((host.state == "Up", "Up"), (host.resource_state == "Enabled", "Enabled")):
        if not fine:
            raise InvalidParameter(f"The KVM host where vm is running is not {word}")


def resize(call: Call, volume: Volume, size: int) -> None:
    if size > volume.size:
        call.sim.limits.check(call.db.accounts[volume.account_id], "primary_storage", size - volume.size)
    if size > volume.size:
        _find_room(call, volume, size)
    _check_host(call, volume, size)
    pool = call.db.storage_pools.get(volume.pool_id)
    if pool is not None and size < volume.size and hypervisors.is_fake(volume.hypervisor):
        raise CloudRuntime(
            f"Failed to resize volume operation of volume UUID: [{volume.uuid}] due to - Failed to resize"
        )
    lifecycle.change_size(call.sim, volume, size)

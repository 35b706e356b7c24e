"""attachVolume and detachVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...access import check_one_owner
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, JavaError
from ...model.instances import is_behind_share
from ...model.volumes import Volume
from ...registry import command
from .. import hypervisors, mocks
from ..common import completed
from . import encryption, lifecycle, placement
from .view import volume_view

USABLE = ("Running", "Stopped")
WITH_BACKUPS = "backup.enable.attach.detach.of.volumes"
WRONG_ANSWER = (
    "class com.cloud.agent.api.Answer cannot be cast to class org.apache.cloudstack.storage.command.AttachAnswer "
    "(com.cloud.agent.api.Answer and org.apache.cloudstack.storage.command.AttachAnswer are in unnamed module of "
    "loader 'app')"
)


@command("attachVolume", sync=lambda call: ("vm", call.params.virtualmachineid.id))
def attach_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume, vm = _volume_to_attach(call, p.id), _vm_to_attach_to(call, p.virtualmachineid, p.id)
    if is_behind_share(vm):
        raise InvalidParameter("Can't attach a volume to a Shared FileSystem Instance")
    if vm.hypervisor == "External":
        raise InvalidParameter("Volume operations are not allowed for External hypervisor type")
    yield from attach_to(call, volume, vm, p.deviceid)
    completed(call, "VOLUME.ATTACH", "attaching volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


def attach_to(call: Call, volume: Volume, vm: Any, device: int | None = None) -> Generator[float, None, None]:
    """Give a free volume to an instance that may have it."""
    _check_fits(call, volume, vm, device)
    yield 0.3
    _bring_to_pool(call, volume, vm)
    device = _device(call, vm, device)
    if mocks.effect(call.sim, "AttachCommand", call.db.hosts.get(vm.host_id), vm.zone_id).failed:
        raise CloudRuntime(f"Failed to attach volume {volume.name} to VM {_shown(vm)} due to: {WRONG_ANSWER}")
    lifecycle.attach(call.sim, volume, vm, device)
    if device == 0:
        volume.kind = "ROOT"


def _shown(vm: Any) -> str:
    return getattr(vm, "display_name", None) or vm.name


def _volume_to_attach(call: Call, volume: Volume) -> Volume:
    if not volume:
        raise InvalidParameter("Please specify a volume with the valid type: ROOT or DATADISK")
    call.check_access(volume)
    if volume.vm_id is not None:
        raise InvalidParameter("Please specify a volume that is not attached to any VM.")
    if volume.destroyed:
        raise InvalidParameter("Please specify a volume that is not destroyed.")
    if volume.state not in ("Allocated", "Ready", "Uploaded"):
        raise InvalidParameter("Volume state must be in Allocated, Ready or in Uploaded state")
    return volume


def _vm_to_attach_to(call: Call, vm: Any, volume: Volume) -> Any:
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise InvalidParameter("Please specify a valid User VM.")
    call.check_access(vm)
    if vm.state not in USABLE:
        raise InvalidParameter("Please specify a VM that is either running or stopped.")
    if vm.zone_id != volume.zone_id:
        raise InvalidParameter("Please specify a VM that is in the same zone as the volume.")
    return vm


def _check_fits(call: Call, volume: Volume, vm: Any, device: int | None) -> None:
    sim = call.sim
    own = lifecycle.of_vm(sim, vm)
    if device == 0:
        _check_at_rest(vm)
        if any(v.device_id == 0 for v in own):
            raise InvalidParameter("Vm already has root volume attached to it")
        if volume.state == "Uploaded":
            raise InvalidParameter("No support for Root volume attach in state Uploaded")
    else:
        most = hypervisors.max_data_disks(sim, vm)
        if sum(v.kind == "DATADISK" for v in own) >= most:
            raise InvalidParameter(
                f"The specified VM already has the maximum number of data disks ({most}) attached. "
                "Please specify another VM."
            )
    offering = sim.db.disk_offerings.get(volume.disk_offering_id)
    zone = sim.db.zones[volume.zone_id]
    if offering is not None and offering.use_local_storage and not zone.local_storage:
        raise InvalidParameter(
            f"Zone is not configured to use local storage but volume's disk offering {offering.name} uses it"
        )
    if sim.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(
            f"Unable to attach volume to VM {vm.instance_name}/{vm.uuid}, "
            "please specify a VM that does not have VM snapshots"
        )
    if _keeps_disks(call, vm):
        raise InvalidParameter(
            "Unable to attach volume, please specify a VM that does not have any backups or set the global "
            f"configuration '{WITH_BACKUPS}' to true."
        )
    check_one_owner([volume, vm])
    if volume.hypervisor not in (None, "Any", vm.hypervisor):
        raise InvalidParameter(f"Can't attach a volume created by: {volume.hypervisor} to a {vm.hypervisor} vm")
    if encryption.is_impossible(offering, vm.hypervisor):
        raise InvalidParameter(
            "Volume's disk offering has encryption enabled, but volume encryption is not supported for hypervisor type "
            f"{vm.hypervisor}"
        )


def _bring_to_pool(call: Call, volume: Volume, vm: Any) -> None:
    """An Allocated or Uploaded volume is made on a pool that the VM reaches; one elsewhere is moved there."""
    sim = call.sim
    allowed = lifecycle.clusters_for(sim, vm)
    pool = sim.db.storage_pools.get(volume.pool_id)
    if pool is not None and (pool.cluster_id is None or allowed is None or pool.cluster_id in allowed):
        return
    cluster = sim.db.clusters.get(min(allowed)) if allowed else placement.cluster_of_host(sim, vm.host_id)
    chosen = placement.choose(sim, volume, cluster=cluster)
    if chosen is None:
        raise CloudRuntime(f"Failed to find a primary storage for volume in state: {volume.state}")
    lifecycle.put_on(sim, volume, chosen)


def _device(call: Call, vm: Any, wanted: int | None) -> int:
    if wanted is None:
        return lifecycle.free_device(call.sim, vm)
    last = hypervisors.max_data_disks(call.sim, vm) + 1
    if wanted < 0 or wanted == 3 or wanted > last:
        raise CloudRuntime(f"deviceId should be 0,1,2,4-{last}")
    for volume in lifecycle.of_vm(call.sim, vm):
        if volume.device_id == wanted:
            raise CloudRuntime(f"deviceId {wanted} is used by vol {volume} on vm {vm}")
    return wanted


def _volume(call: Call) -> Any:
    if call.params.id is not None:
        call.job.instance_type = "Volume"
    return call.params.id


@command("detachVolume", instance=_volume)
def detach_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    both = p.id is not None and (p.deviceid is not None or p.virtualmachineid is not None)
    if both or (p.id is None and (p.deviceid is None or p.virtualmachineid is None)):
        raise InvalidParameter("Please provide either a volume id, or a tuple(device id, instance id)")
    yield 0.05
    if p.id is None:
        raise JavaError('Cannot invoke "java.lang.Long.longValue()" because "volumeId" is null')
    volume = _volume_to_detach(call, p.id)
    yield 0.2
    lifecycle.detach(call.sim, volume)
    completed(call, "VOLUME.DETACH", "detaching volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


def _volume_to_detach(call: Call, volume: Volume) -> Volume:
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Unable to find volume with ID: {volume.id}")
    call.check_access(volume)
    vm = call.db.vms.get(volume.vm_id)
    if vm is None:
        raise InvalidParameter("The specified volume is not attached to a VM.")
    if is_behind_share(vm):
        raise InvalidParameter("Can't detach a volume from a Shared FileSystem Instance")
    if vm.state not in (*USABLE, "Destroyed"):
        raise InvalidParameter("Please specify a VM that is either running or stopped.")
    if volume.kind == "ROOT":
        _check_at_rest(vm)
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter("Unable to detach volume, please specify a VM that does not have VM snapshots")
    if _keeps_disks(call, vm):
        raise InvalidParameter(
            "Unable to detach volume, cannot detach volume from a VM that has backups. First remove the VM from the "
            f"backup offering or set the global configuration '{WITH_BACKUPS}' to true."
        )
    return volume


def _check_at_rest(vm: Any) -> None:
    if vm.state not in ("Stopped", "Destroyed"):
        raise InvalidParameter("Root volume detach can happen only when vm is in states: Stopped or Destroyed")


def _keeps_disks(call: Call, vm: Any) -> bool:
    """Whether the instance is backed up, and so neither loses nor gets disks."""
    return getattr(vm, "backup_offering_id", None) is not None and not call.setting(WITH_BACKUPS)

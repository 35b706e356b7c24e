"""scaleVirtualMachine and changeServiceForVirtualMachine."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.instances import Instance
from ...parameters import flat_map
from ...registry import command
from .. import hypervisors
from ..common import completed
from ..offerings import upgrades, usable
from ..volumes import change_offering
from ..volumes import lifecycle as disks
from . import counting, destination, guards, life, placement, sizes
from .power import same_vm, the_instance
from .views import instance_view


@command("changeServiceForVirtualMachine")
def change_service(call: Call) -> dict[str, Any]:
    p = call.params
    vm = the_instance(call, p.id)
    if vm.state != "Stopped":
        raise InvalidParameter(
            f"Unable to upgrade virtual machine {vm}  in state {vm.state}; make sure the virtual machine is stopped"
        )
    _change(call, vm, _given(call))
    completed(call, "VM.UPGRADE", "upgrading Vm. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


@command("scaleVirtualMachine", sync=same_vm)
def scale(call: Call) -> Any:
    vm = the_instance(call, call.params.id)
    guards.refuse_external(vm)
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime("Failed to scale the VM")
    wanted = _wanted(call, vm)
    if vm.state == "Running":
        _check_running(call, vm, wanted)
    yield life.STEP
    _change(call, vm, wanted)
    completed(call, "VM.UPGRADE", "scaling Vm. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


def _given(call: Call) -> dict[str, str]:
    return {k: str(v) for k, v in flat_map(call.params.details).items()}


def _wanted(call: Call, vm: Instance) -> dict[str, str]:
    """The given details; sizes that the new offering leaves open and nobody says stay what they are."""
    offering, now = call.params.serviceofferingid, sizes.size_of(call.db, vm)
    kept = {d: str(getattr(now, field)) for d, field in sizes.FIELDS if getattr(offering, field) is None}
    return {**kept, **_given(call)}


def _change(call: Call, vm: Instance, given: dict[str, str]) -> None:
    offering = call.params.serviceofferingid
    if offering.state == "Inactive":
        raise InvalidParameter(
            f"Unable to upgrade virtual machine {vm.uuid} with an inactive service offering {offering.uuid}"
        )
    custom = sizes.custom_details(call, offering, given)
    usable.check(call, call.db.accounts[vm.account_id], offering, call.db.zones[vm.zone_id])
    upgrades.check(call, vm, offering)
    _check_disk_offering(call.db.service_offerings[vm.service_offering_id], offering)
    _change_root_disk(call, vm, offering, given)
    before = sizes.size_of(call.db, vm)
    old = {k: vm.details.pop(k) for k, _field in sizes.FIELDS if k in vm.details}
    old_offering, vm.service_offering_id = vm.service_offering_id, offering.id
    vm.details.update(custom)
    after = sizes.size_of(call.db, vm)
    try:
        _check_limits(call, vm, before, after)
    except Exception:
        vm.service_offering_id = old_offering
        vm.details = {k: v for k, v in vm.details.items() if k not in custom} | old
        raise
    counting.change_size(call.sim, vm, before)
    placement.resize(call.sim, vm, before)
    vm.ha_enabled, vm.dynamically_scalable = offering.offer_ha, _is_scalable(call, vm, offering)


def _change_root_disk(call: Call, vm: Instance, offering: Any, given: dict[str, str]) -> None:
    """Where the settings allow it, the root disk gets the disk offering of the new compute offering."""
    wanted = call.db.disk_offerings.get(offering.disk_offering_id)
    allowed = call.setting("allow.diskoffering.change.during.scale.vm", call.db.zones[vm.zone_id])
    if not allowed or wanted is None:
        return
    asked = int(given["rootdisksize"]) << 30 if "rootdisksize" in given else None
    for volume in disks.of_vm(call.sim, vm):
        if volume.kind != "ROOT" or volume.state not in ("Ready", "Allocated"):
            continue
        current = call.db.disk_offerings.get(volume.disk_offering_id)
        same = current is not None and current.id == wanted.id
        if same and (not wanted.customized or volume.size == asked):
            continue
        if hypervisors.is_fake(volume.hypervisor):
            if wanted.size and current is not None and current.size != wanted.size:
                raise InvalidParameter(f"Hypervisor {volume.hypervisor} does not support volume resize")
            continue
        size = _root_size(volume, wanted, asked)
        change_offering.check(call, volume, wanted, size)
        change_offering.take_over(call, volume, wanted, size)


def _root_size(volume: Any, wanted: Any, asked: int | None) -> int:
    """A compute offering that says nothing of the root disk leaves it as large as it is."""
    if asked is not None and not wanted.customized:
        raise InvalidParameter("You cannot pass in a custom disk size to a non-custom disk offering.")
    return int(asked or wanted.size or volume.size)


def _is_scalable(call: Call, vm: Instance, offering: Any) -> bool:
    template = call.db.templates.get(vm.template_id)
    return bool(
        template is not None
        and template.dynamically_scalable
        and offering.dynamic_scaling
        and call.setting("enable.dynamic.scale.vm", call.db.zones[vm.zone_id])
    )


def _check_disk_offering(old: Any, new: Any) -> None:
    """An offering that insists on its disk offering is only left for one that insists on the same."""
    if old.disk_offering_strictness != new.disk_offering_strictness:
        raise InvalidParameter(
            "Unable to Scale VM, since disk offering strictness flag is not same for new service offering and old "
            "service offering"
        )
    if old.disk_offering_strictness and old.disk_offering_id != new.disk_offering_id:
        raise InvalidParameter(
            "Unable to Scale VM, since disk offering id associated with the old service offering is not same for new "
            "service offering"
        )


def _check_limits(call: Call, vm: Instance, before: sizes.Size, after: sizes.Size) -> None:
    account = call.db.accounts[vm.account_id]
    if after.cpu > before.cpu:
        call.sim.limits.check(account, "cpu", after.cpu - before.cpu)
    if after.memory > before.memory:
        call.sim.limits.check(account, "memory", after.memory - before.memory)


def _check_running(call: Call, vm: Instance, wanted: dict[str, str]) -> None:
    """A running instance can only grow, and only where scaling it live is allowed."""
    now, new = sizes.size_of(call.db, vm), _new_size(call, wanted)
    if new == now or not _grows(now, new):
        raise InvalidParameter(
            "While the VM is running, only scalling up it is supported. New service offering "
            f'{{"memory": {new.memory}, "speed": {new.speed}, "cpu": {new.cpu}}} should have at least one value (ram, '
            "speed or cpu) greater than the current values "
            f'{{"memory": {now.memory}, "speed": {now.speed}, "cpu": {now.cpu}}}.'
        )
    if not call.setting("enable.dynamic.scale.vm", call.db.zones[vm.zone_id]):
        raise PermissionDenied(
            "Dynamically scaling virtual machines is disabled for this zone, please contact your admin."
        )
    old = call.db.service_offerings[vm.service_offering_id]
    if old.dynamic_scaling != call.params.serviceofferingid.dynamic_scaling:
        raise InvalidParameter(
            "Unable to Scale VM: since dynamic scaling enabled flag is not same for new service offering and old "
            "service offering"
        )
    if not vm.dynamically_scalable:
        raise CloudRuntime(f"Unable to scale {vm} as it does not have tools to support dynamic scaling.")
    host = call.db.hosts[vm.host_id]
    if destination.lacks_strict_tags(call.sim, vm, host, offering=call.params.serviceofferingid):
        raise CloudRuntime("Failed to scale the VM")


def _grows(now: sizes.Size, new: sizes.Size) -> bool:
    """No value may get smaller."""
    return new.memory >= now.memory and new.speed >= now.speed and new.cpu >= now.cpu


def _new_size(call: Call, given: dict[str, str]) -> sizes.Size:
    offering = call.params.serviceofferingid
    values = []
    for detail, field in sizes.FIELDS:
        fixed = getattr(offering, field)
        values.append(int(fixed if fixed is not None else given.get(detail) or 0))
    return sizes.Size(*values)

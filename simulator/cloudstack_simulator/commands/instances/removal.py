"""destroyVirtualMachine, recoverVirtualMachine, expungeVirtualMachine, restoreVirtualMachine; the expunger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...access import check_launch
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.instances import Instance
from ...parameters import flat_map
from ...registry import SUCCESS, at_install, command
from ..common import completed
from ..gpu import stock
from ..images import rows as images
from ..offerings import usable
from ..volumes import lifecycle as disks
from ..volumes.sizes import GIB
from . import counting, guards, life, placement
from .journal import journaled
from .power import same_vm, the_instance
from .sizes import size_of
from .views import gone_view, instance_view

if TYPE_CHECKING:
    from ...simulator import Simulator


@command("destroyVirtualMachine", sync=same_vm)
@journaled("VM.DESTROY", "destroying Vm", lambda call: call.params.id, scheduled="destroying Vm")
def destroy(call: Call) -> Any:
    p = call.params
    if p.expunge and not may_expunge(call):
        raise PermissionDenied("Account does not have permission for expunging.")
    vm = the_instance(call, p.id)
    guards.refuse_share(vm)
    guards.refuse_node(call.sim, vm)
    if vm.state in ("Destroyed", "Expunging") and not p.expunge:
        yield life.STEP
        return {"virtualmachine": instance_view(call, vm)}
    if vm.delete_protection:
        raise InvalidParameter(
            f"Instance [id = {vm.uuid}, name = {vm.instance_name}] has delete protection enabled and cannot be deleted."
        )
    guards.refuse_scaled(call.sim, vm)
    guards.refuse_busy_root(call.sim, vm, "vm destroy")
    _check_volumes(vm, p.volumeids or [])
    yield life.STEP
    counted = vm.state not in ("Error", "Destroyed")
    yield from life.destroy(call, vm)
    if counted:
        counting.count(call.sim, vm, -1)
    for volume in p.volumeids or []:
        disks.expunge(call.sim, volume) if p.expunge else disks.destroy(call.sim, volume)
    if p.expunge:
        life.check_expunge(call.sim, vm)
        life.expunge(call.sim, vm)
        return {"virtualmachine": gone_view()}
    return {"virtualmachine": instance_view(call, vm)}


def may_expunge(call: Call) -> bool:
    return bool(call.caller.is_root_admin or call.setting("allow.user.expunge.recover.vm", call.caller.account))


def _check_volumes(vm: Instance, volumes: list[Any]) -> None:
    foreign = [v for v in volumes if v.vm_id != vm.id or v.kind != "DATADISK"]
    if foreign:
        raise InvalidParameter(
            "The following supplied volumes are not DATADISK attached to the VM: "
            + " ".join(str(v.uuid) for v in foreign)
        )
    for volume in volumes:
        if volume.delete_protection:
            raise InvalidParameter(
                f"Volume [id = {volume.uuid}, name = {volume.name}] has delete protection enabled and cannot be deleted"
            )


@command("recoverVirtualMachine")
def recover(call: Call) -> dict[str, Any]:
    vm = the_instance(call, call.params.id)
    guards.refuse_share(vm)
    if not may_expunge(call):
        raise PermissionDenied(
            "Recovering a vm can only be done by an Admin. Or when the allow.user.expunge.recover.vm key is set."
        )
    if vm.state != "Destroyed":
        raise InvalidParameter(f"Vm with id {vm.uuid} is not in the right state")
    counting.check(call.sim, call.db.accounts[vm.account_id], size_of(call.db, vm), stock.wanted(call.sim, vm)[1])
    counting.count(call.sim, vm, 1)
    vm.details[placement.RESERVED] = "false"
    vm.last_host_id = None
    life.set_state(call.sim, vm, "Stopped")
    completed(call, "VM.RECOVER", "Recovering VM. Vm Id", vm, "VirtualMachine")
    return {"virtualmachine": instance_view(call, vm)}


@command("expungeVirtualMachine", sync=same_vm)
def expunge(call: Call) -> Any:
    vm = the_instance(call, call.params.id, "Unable to find a virtual machine with specified vmId")
    guards.refuse_share(vm)
    if vm.state not in ("Destroyed", "Expunging", "Error"):
        raise CloudRuntime("Please destroy vm with specified vmId before expunge")
    if not may_expunge(call):
        raise PermissionDenied(
            "Expunging a vm can only be done by an Admin. Or when the allow.user.expunge.recover.vm key is set."
        )
    yield life.STEP
    life.check_expunge(call.sim, vm)
    life.expunge(call.sim, vm)
    completed(call, "VM.EXPUNGE", "expunging Vm. Vm Id", vm, "VirtualMachine")
    return SUCCESS


FIRST_ROUND = 1.0
"""Seconds after the installation; the later ones follow the setting."""


@at_install(order=60)
def start_expunger(sim: Simulator) -> None:
    sim.scheduler.after(FIRST_ROUND, expunge_round, sim)


def _interval(sim: Simulator) -> float:
    return max(1.0, float(sim.settings.value("expunge.interval") or 86400))


def expunge_round(sim: Simulator) -> None:
    """Expunge the instances that have been destroyed for longer than `expunge.delay`."""
    delay = float(sim.settings.value("expunge.delay") or 0)
    for vm in sim.db.vms.where(state="Destroyed"):
        if vm.vm_type == "User" and (vm.updated or 0) + delay <= sim.clock.now():
            _expunge(sim, vm)
    sim.scheduler.after(_interval(sim), expunge_round, sim)


def _expunge(sim: Simulator, vm: Any) -> None:
    """What may not go yet stays; the next round asks again."""
    try:
        life.check_expunge(sim, vm)
    except CloudRuntime:
        return
    life.expunge(sim, vm)


@command("restoreVirtualMachine", sync=same_vm)
@journaled(
    "VM.RESTORE",
    "restoring Vm",
    lambda call: call.params.virtualmachineid,
    scheduled="Restore a VM to original template or new template",
)
def restore(call: Call) -> Any:
    p, sim = call.params, call.sim
    vm = the_instance(call, p.virtualmachineid, "Cannot find VM with ID {id}")
    guards.refuse_share(vm)
    guards.refuse_external(vm)
    template = _restore_image(call, vm)
    offering, size = _new_root(call, vm, template)
    owner = call.db.accounts[vm.account_id]
    if owner.state == "disabled":
        raise PermissionDenied(f"The owner of {vm} is disabled: {owner.name}")
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime(
            f"Vm {vm.uuid} currently in {vm.state} state, restore vm can only execute when VM in Running or Stopped"
        )
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter("Unable to restore VM, please remove VM snapshots before restoring VM")
    guards.refuse_busy_root(sim, vm, "Re-install VM")
    was_running = vm.state == "Running"
    if was_running:
        yield from life.stop(call, vm, forced=True)
    yield life.STEP
    disks.reset_root(sim, vm, template, disk_offering=offering, size=size, keep_old=not p.expunge)
    vm.details |= {key: str(value) for key, value in flat_map(p.details).items()}
    if p.rootdisksize is not None:
        vm.details["rootdisksize"] = str(p.rootdisksize)
    vm.template_id, vm.guest_os_id = template.id, template.guest_os_id if p.templateid else vm.guest_os_id
    if was_running:
        yield from life.start(call, vm)
    return {"virtualmachine": instance_view(call, vm)}


def _new_root(call: Call, vm: Instance, template: Any) -> tuple[Any, int | None]:
    """(offering, bytes) that the new root disk shall have, as far as they are not those it had."""
    p, offering, size = call.params, call.params.diskofferingid, call.params.rootdisksize
    if offering is not None:
        live(offering, "Cannot find disk offering with ID {id}")
        usable.check_disk(call, call.db.accounts[vm.account_id], offering, call.db.zones[vm.zone_id])
        compute = call.db.service_offerings[vm.service_offering_id]
        if compute.disk_offering_strictness and compute.disk_offering_id != offering.id:
            raise InvalidParameter(
                "VM's service offering has a strict disk offering requirement, and the specified disk offering does "
                "not match"
            )
    if p.templateid is not None and template.size:
        if size is not None and size * GIB < template.size:
            raise InvalidParameter(f"Root disk size [{size}] is smaller than the template size [{template.size}]")
        if size is None and offering is not None and offering.size < template.size:
            raise InvalidParameter(
                f"Disk size for selected offering [{offering.size}] is less than the template's size [{template.size}]"
            )
    if size is not None:
        return offering, size * GIB
    return offering, offering.size or None if offering is not None else None


def _restore_image(call: Call, vm: Instance) -> Any:
    """What the root disk is made from anew: the given template, else the instance's own template or ISO."""
    given = call.params.templateid
    from_iso = vm.iso_id is not None and vm.iso_id == vm.template_id
    if from_iso and given is not None and given.id != vm.iso_id:
        raise InvalidParameter("VM has been created using an ISO therefore it can not be re-installed with a template")
    if given:
        check_launch(call.caller, given, call.db)
    if not from_iso and given is not None and given.is_iso:
        raise InvalidParameter("Invalid template id provided to restore the VM ")
    image = given if given is not None else call.db.templates.get(vm.template_id)
    if not image or image.removed is not None:
        raise InvalidParameter(f"Cannot find template with ID {getattr(image, 'id', None)}")
    if not images.is_ready(call.sim, image, call.db.zones[vm.zone_id]):
        raise InvalidParameter(f"Cannot restore the vm as the template {image.uuid} isn't available in the zone")
    return image

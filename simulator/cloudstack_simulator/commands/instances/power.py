"""startVirtualMachine, stopVirtualMachine, rebootVirtualMachine."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.instances import Instance
from ...registry import check, command
from ..volumes import lifecycle as disks
from . import destination, guards, life, passwords
from .deploy import check_start
from .journal import journaled
from .views import instance_view


def the_instance(call: Call, row: Any, text: str = "unable to find a virtual machine with id {id}") -> Instance:
    """The instance behind an id parameter; routers, system VMs and removed ones are none."""
    if not row or row.removed is not None or row.vm_type != "User":
        raise InvalidParameter(text.format(id=row.id))
    call.check_access(row)
    return row


def same_vm(call: Call) -> Any:
    """Key of jobs that must not run side by side: those of one VM."""
    return ("vm", call.params.id or call.params.virtualmachineid or call.params.vmid)


@check(
    "startVirtualMachine",
    "stopVirtualMachine",
    "rebootVirtualMachine",
    "destroyVirtualMachine",
    "expungeVirtualMachine",
    "scaleVirtualMachine",
    "migrateVirtualMachine",
    "restoreVirtualMachine",
    "resetPasswordForVirtualMachine",
    "resetSSHKeyForVirtualMachine",
    "addNicToVirtualMachine",
    "updateDefaultNicForVirtualMachine",
    "updateVMAffinityGroup",
)
def not_removed(call: Call) -> None:
    """The server cannot announce a job about a VM that is gone."""
    p = call.params
    for row in (p.id, p.virtualmachineid, p.vmid):
        if row is not None and row.removed is not None and row.id > 0:
            raise InvalidParameter(f"Unable to find UUID for id [{row.id}] of type [VirtualMachine]")


@command("startVirtualMachine", sync=same_vm)
@journaled("VM.START", "starting Vm", lambda call: call.params.id, scheduled="starting user vm")
def start(call: Call) -> Any:
    vm = the_instance(call, call.params.id)
    owner = call.db.accounts[vm.account_id]
    if vm.state == "Running":
        raise InvalidParameter(f"The virtual machine {vm.uuid} ({vm.display_name or vm.name}) is already running")
    if owner.state == "disabled":
        raise PermissionDenied(f"The owner of {vm} is disabled: {owner.name}")
    if vm.state != "Stopped":
        raise CloudRuntime(
            "Unable to orchestrate the start of VM instance "
            f'{{"instanceName":"{vm.instance_name}","uuid":"{vm.uuid}"}}.'
        )
    where = destination.of_call(call, vm)
    password = passwords.of_first_start(call, vm)
    check_start(call, vm)
    try:
        yield from life.start(call, vm, where=where)
    except ApiError as error:
        raise life.refused(vm, error) from None
    vm.details.pop(passwords.DEPLOYING, None)
    return {"virtualmachine": instance_view(call, vm) | password}


@command("stopVirtualMachine", sync=same_vm)
def stop(call: Call) -> Any:
    vm = the_instance(call, call.params.id)
    if call.params.forced and not call.caller.is_root_admin and not _may_force(call):
        raise PermissionDenied("Account does not have the permission to force stop the vm.")
    return (yield from _stop(call, vm))


def _may_force(call: Call) -> bool:
    return bool(call.setting("allow.user.force.stop.vm", call.caller.account))


@journaled("VM.STOP", "stopping Vm", lambda call: call.params.id, scheduled="stopping user vm")
def _journal_stop(call: Call) -> Any:
    yield from life.stop(call, call.params.id, forced=bool(call.params.forced))


def _stop(call: Call, vm: Instance) -> Any:
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime(f"Unable to stop {vm}")
    yield from _journal_stop(call)
    return {"virtualmachine": instance_view(call, vm)}


@command("rebootVirtualMachine", sync=same_vm)
@journaled("VM.REBOOT", "rebooting Vm", lambda call: call.params.id, scheduled="rebooting user vm")
def reboot(call: Call) -> Any:
    vm = the_instance(call, call.params.id, "Unable to find a virtual machine with id {id}")
    if vm.state != "Running":
        raise InvalidParameter(f"The VM {vm.uuid} ({vm.display_name or vm.name}) is not running, unable to reboot it")
    guards.refuse_leaving_host(call.sim, vm, "Reboot")
    if call.db.service_offerings[vm.service_offering_id].volatile:
        yield from _anew(call, vm)
        return {"virtualmachine": instance_view(call, vm)}
    if call.params.bootintosetup:
        raise InvalidParameter(f"Booting into a hardware setup menu is not implemented on {vm.hypervisor}")
    if call.params.forced:
        host = call.db.hosts[vm.host_id]
        if host.resource_state != "Enabled" or host.state != "Up":
            raise CloudRuntime(f"Unable to force reboot the VM as the host: {host.id} is not in the right state")
        yield from life.stop(call, vm, forced=True)
        yield from life.start(call, vm, where=destination.Destination(host))
    else:
        yield from life.reboot(call, vm)
    return {"virtualmachine": instance_view(call, vm)}


def _anew(call: Call, vm: Instance) -> life.Steps:
    """A reboot of an instance with a volatile root disk gives it a new one."""
    if call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter("Unable to restore VM, please remove VM snapshots before restoring VM")
    guards.refuse_busy_root(call.sim, vm, "Re-install VM")
    yield from life.stop(call, vm, forced=True)
    disks.reset_root(call.sim, vm, call.db.templates[vm.template_id], keep_old=True)
    yield from life.start(call, vm)

"""Which instances are backed up: assignment to offerings."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import CloudRuntime
from ...registry import SUCCESS, command
from . import providers
from .backups import remove, the_vm


@command("assignVirtualMachineToBackupOffering")
def assign(call: Call) -> dict[str, Any]:
    vm, offering = the_vm(call), call.params.backupofferingid
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime("VM is not in running or stopped state")
    providers.check_zone(call, call.db.zones[vm.zone_id])
    if vm.backup_offering_id is not None:
        raise CloudRuntime(
            "VM already is assigned to a backup offering, please remove the VM from its previous offering"
        )
    if offering.removed is not None:
        raise CloudRuntime("Provided backup offering does not exist")
    vm.backup_offering_id = offering.id
    return SUCCESS


@command("removeVirtualMachineFromBackupOffering")
def unassign(call: Call) -> dict[str, Any]:
    vm = the_vm(call)
    providers.check_zone(call, call.db.zones[vm.zone_id])
    if vm.backup_offering_id is None:
        raise CloudRuntime("No previously configured backup offering found for the VM")
    vm.backup_offering_id = None
    for schedule in call.db.backup_schedules.where(vm_id=vm.id):
        call.db.backup_schedules.delete(schedule)
    if call.params.forced:
        for backup in call.db.backups.where(vm_id=vm.id):
            remove(call.sim, backup)
    return SUCCESS

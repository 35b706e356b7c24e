"""Which instances are backed up: assignment to offerings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import CloudRuntime
from ...registry import SUCCESS, command
from ..instances import life
from . import providers
from .scheduled import remove
from .taking import check_vm, the_vm

if TYPE_CHECKING:
    from ...simulator import Simulator


@command("assignVirtualMachineToBackupOffering")
def assign(call: Call) -> dict[str, Any]:
    vm, offering = the_vm(call), call.params.backupofferingid
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime("VM is not in running or stopped state")
    check_vm(call, vm)
    if vm.backup_offering_id is not None:
        raise CloudRuntime(
            "VM already is assigned to a backup offering, please remove the VM from its previous offering"
        )
    if offering.removed is not None:
        raise CloudRuntime("Provided backup offering does not exist")
    if offering.provider == providers.NAS and vm.hypervisor != "KVM":
        raise CloudRuntime(
            "Failed to assign the VM to the backup offering, please try removing the assignment and try again."
        )
    vm.backup_offering_id = offering.id
    _tell(call, vm, "BACKUP.OFFERING.ASSIGN", "assign VM to backup offering")
    return SUCCESS


@command("removeVirtualMachineFromBackupOffering")
def unassign(call: Call) -> dict[str, Any]:
    vm = the_vm(call)
    check_vm(call, vm)
    if vm.backup_offering_id is None:
        raise CloudRuntime("No previously configured backup offering found for the VM")
    _leave(call.sim, vm)
    if call.params.forced:
        for backup in call.db.backups.where(vm_id=vm.id):
            remove(call.sim, backup)
    _tell(call, vm, "BACKUP.OFFERING.REMOVE", "remove VM from backup offering")
    return SUCCESS


def _tell(call: Call, vm: Any, kind: str, what: str) -> None:
    call.event(kind, f"Successfully completed {what}", vm, resource_type="VirtualMachine")


def _leave(sim: Simulator, vm: Any) -> None:
    vm.backup_offering_id = None
    for schedule in sim.db.backup_schedules.where(vm_id=vm.id):
        sim.db.backup_schedules.delete(schedule)


def _check_expunge(sim: Simulator, vm: Any) -> None:
    """An instance with backups of its offering does not go; one without leaves the offering."""
    offering = sim.db.backup_offerings.get(getattr(vm, "backup_offering_id", None))
    if offering is None:
        return
    backups = sim.db.backups.where(vm_id=vm.id, offering_id=offering.id)
    if not backups:
        _leave(sim, vm)
        return
    kept_at = "dummy-external-backup-id" if offering.provider == providers.DUMMY else "null"
    raise CloudRuntime(
        f"This Instance [uuid: {vm.uuid}, name: {vm.instance_name}] has a Backup Offering [id: {offering.id}, external "
        f"id: {kept_at}] with {len(backups)} backups. Please, remove the backup offering before proceeding to VM "
        "exclusion!"
    )


life.BEFORE_EXPUNGING.append(_check_expunge)

"""listBackups, restoreBackup, deleteBackup."""

from __future__ import annotations

import json
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime
from ...listing import equal, matching
from ...model.features import Backup
from ...registry import SUCCESS, command, on_account_removal
from . import providers
from .refusals import internal
from .scheduled import remove


def backup_view(call: Call, backup: Backup) -> dict[str, Any]:
    db = call.db
    vm, zone, offering = db.vms[backup.vm_id], db.zones[backup.zone_id], db.backup_offerings[backup.offering_id]
    account = db.accounts[backup.account_id]
    domain = db.domains[account.domain_id]
    schedule = db.backup_schedules.live.get(backup.schedule_id or 0)
    return {
        "id": backup.uuid,
        "name": backup.name,
        "description": backup.description,
        "virtualmachineid": vm.uuid,
        "virtualmachinename": vm.name,
        "externalid": backup.external_id,
        "type": "FULL",
        "created": timestamp(backup.created),
        "size": backup.size,
        "virtualsize": backup.size,
        "status": backup.status,
        "volumes": backup.volumes,
        "backupofferingid": offering.uuid,
        "backupofferingname": offering.name,
        "accountid": account.uuid,
        "account": account.name,
        "domainid": domain.uuid,
        "domain": domain.name,
        "zoneid": zone.uuid,
        "zone": zone.name,
        "intervaltype": schedule.interval_type if schedule is not None else "MANUAL",
        "vmbackupofferingremoved": True if vm.backup_offering_id != backup.offering_id else None,
        "isbackupvmexpunged": True if vm.removed is not None else None,
        "vmdetails": _vm_details(call, backup, vm) if call.params.listvmdetails else None,
    }


def _vm_details(call: Call, backup: Backup, vm: Any) -> dict[str, str]:
    """What the backup keeps of its instance, with the names that the ids have now."""
    db, shown = call.db, {"hypervisor": vm.hypervisor, **backup.vm_details}
    template = db.templates.find(shown.get("templateid") or "")
    if template is not None and template.removed is None:
        shown |= {"templatename": template.name, "isiso": str(template.is_iso).lower()}
    offering = db.service_offerings.find(shown["serviceofferingid"])
    if offering is not None and offering.removed is None:
        shown["serviceofferingname"] = offering.name
    if "nics" in shown:
        nics = json.loads(shown["nics"])
        for nic in nics:
            network = db.networks.find(nic["networkid"])
            if network is not None and network.removed is None:
                nic["networkname"] = network.name
        shown["nics"] = json.dumps(nics, separators=(",", ":"), ensure_ascii=False)
    return shown


@command("listBackups")
@internal
def list_backups(call: Call) -> dict[str, Any]:
    p = call.params
    if p.virtualmachineid:
        call.check_access(p.virtualmachineid)
    filters = [
        equal("id", p.id),
        equal("vm_id", p.virtualmachineid),
        equal("zone_id", p.zoneid),
        equal("offering_id", p.backupofferingid),
        equal("name", p.name),
        _by_word(call),
    ]
    return call.listing("backup", call.db.backups, backup_view, where=filters, owned=True)


def _by_word(call: Call) -> Any:
    """The keyword is looked for in the backup's name and in the instance's."""
    word, vms = (call.params.keyword or "").lower(), call.db.vms
    return matching(lambda b: word in b.name.lower() or word in vms[b.vm_id].name.lower()) if word else None


def _backup(call: Call) -> Backup:
    backup = call.params.id
    if not backup or backup.removed is not None:
        raise CloudRuntime(f"Backup {backup.id} does not exist")
    call.check_access(backup)
    found: Backup = backup
    return found


@command("restoreBackup")
def restore_backup(call: Call) -> dict[str, Any]:
    backup = _backup(call)
    vm = call.db.vms[backup.vm_id]
    if backup.status != "BackedUp":
        raise CloudRuntime("Backup should be in BackedUp state")
    providers.check_zone(call, call.db.zones[backup.zone_id])
    if vm.removed is not None:
        raise CloudRuntime("The Instance from which the backup was taken could not be found.")
    if vm.state not in ("Stopped", "Destroyed"):
        raise CloudRuntime("Existing VM should be stopped before being restored from backup")
    if len(json.loads(backup.volumes)) != len(call.db.volumes.where(vm_id=vm.id)):
        raise CloudRuntime(
            "Unable to restore VM with the current backup as the backup has different number of disks as the VM"
        )
    call.event("BACKUP.RESTORE", "Successfully completed restoring VM from backup", vm, resource_type="VirtualMachine")
    return SUCCESS


@command("deleteBackup")
def delete_backup(call: Call) -> dict[str, Any]:
    backup = _backup(call)
    providers.check_zone(call, call.db.zones[backup.zone_id])
    remove(call.sim, backup)
    call.event("BACKUP.DELETE", "Successfully completed deleting VM backup", backup)
    return SUCCESS


@on_account_removal()
def forget_backups(sim: Any, account: Any) -> None:
    for backup in sim.db.backups.where(account_id=account.id):
        remove(sim, backup)

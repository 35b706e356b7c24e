"""createBackup, listBackups, restoreBackup, deleteBackup."""

from __future__ import annotations

import json
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import contains, equal
from ...model.features import Backup
from ...registry import SUCCESS, allocate, command, on_account_removal
from . import providers


def the_vm(call: Call) -> Any:
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise CloudRuntime(f"Can't find any VM with ID: [{vm.id}].")
    call.check_access(vm)
    return vm


def check_quiesce(call: Call, vm: Any) -> None:
    """Only what writes to repositories can hold an instance still meanwhile."""
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if call.params.quiescevm is not None and (offering is None or offering.provider != providers.NAS):
        raise InvalidParameter("Quiesce VM option is supported only for NAS backup provider")


def volumes_of(call: Call, vm: Any) -> list[dict[str, Any]]:
    volumes = []
    for volume in call.db.volumes.where(vm_id=vm.id):
        offering = call.db.disk_offerings.get(volume.disk_offering_id)
        volumes.append(
            {
                "uuid": volume.uuid,
                "type": volume.kind,
                "size": volume.size,
                "path": volume.path,
                "deviceId": volume.device_id,
                "diskOfferingId": offering.uuid if offering else None,
            }
        )
    return volumes


@allocate("createBackup")
def check_backup(call: Call) -> str:
    """The server answers the VM's internal number as the id of the backup to be."""
    vm = the_vm(call)
    providers.check_zone(call, call.db.zones[vm.zone_id])
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if vm.backup_offering_id is None:
        raise CloudRuntime(
            "VM has not backup offering configured, cannot create backup before assigning it to a backup offering"
        )
    if offering is None or offering.removed is not None:
        raise CloudRuntime("VM backup offering not found")
    if not offering.user_driven and not call.caller.is_root_admin:
        raise CloudRuntime("The assigned backup offering does not allow ad-hoc user backup")
    check_quiesce(call, vm)
    owner = call.db.accounts[vm.account_id]
    call.sim.limits.check(owner, "backup")
    call.sim.limits.check(owner, "backup_storage", sum(v["size"] for v in volumes_of(call, vm)))
    return str(vm.id)


@command("createBackup")
def create_backup(call: Call) -> dict[str, Any]:
    p, vm = call.params, the_vm(call)
    provider = call.db.backup_offerings[vm.backup_offering_id].provider
    external = providers.external_id(call, provider, vm)
    volumes = volumes_of(call, vm)
    size = sum(v["size"] for v in volumes)
    backup = call.db.backups.add(
        Backup(
            name=p.name or f"{vm.display_name or vm.name}-{timestamp(call.now)}",
            vm_id=vm.id,
            account_id=vm.account_id,
            zone_id=vm.zone_id,
            offering_id=vm.backup_offering_id,
            size=size,
            volumes=json.dumps(volumes, separators=(",", ":")),
            description=p.description,
            external_id=external,
            vm_details=_details_of(call, vm),
        )
    )
    call.sim.limits.add(vm.account_id, "backup")
    call.sim.limits.add(vm.account_id, "backup_storage", size)
    call.event("VM.BACKUP.CREATE", f"Successfully completed Created backup for Instance ID: {vm.uuid}", backup)
    return SUCCESS


def _details_of(call: Call, vm: Any) -> dict[str, Any]:
    """What is needed to make the instance anew."""
    db = call.db
    offering, template = db.service_offerings.get(vm.service_offering_id), db.templates.get(vm.template_id)
    return {
        "serviceofferingid": offering.uuid if offering else None,
        "templateid": template.uuid if template else None,
        "networkids": [db.networks[nic.network_id].uuid for nic in db.nics.where(vm_id=vm.id)],
    }


def backup_view(call: Call, backup: Backup) -> dict[str, Any]:
    db = call.db
    vm, zone, offering = db.vms[backup.vm_id], db.zones[backup.zone_id], db.backup_offerings[backup.offering_id]
    account = db.accounts[backup.account_id]
    domain = db.domains[account.domain_id]
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
        "intervaltype": backup.interval_type,
        "vmbackupofferingremoved": True if vm.backup_offering_id != backup.offering_id else None,
        "isbackupvmexpunged": True if vm.removed is not None else None,
    }


@command("listBackups")
def list_backups(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("id", p.id),
        equal("vm_id", p.virtualmachineid),
        equal("zone_id", p.zoneid),
        equal("offering_id", p.backupofferingid),
        equal("name", p.name),
        contains("name", p.keyword),
    ]
    return call.listing("backup", call.db.backups, backup_view, where=filters, owned=True)


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
    providers.check_zone(call, call.db.zones[backup.zone_id])
    if backup.status != "BackedUp":
        raise CloudRuntime("Backup should be in BackedUp state")
    if vm.removed is not None:
        raise CloudRuntime("The Instance from which the backup was taken could not be found.")
    if vm.state != "Stopped":
        raise CloudRuntime("Existing VM should be stopped before being restored from backup")
    if len(json.loads(backup.volumes)) != len(call.db.volumes.where(vm_id=vm.id)):
        raise CloudRuntime(
            "Unable to restore VM with the current backup as the backup has different number of disks as the VM"
        )
    return SUCCESS


def remove(sim: Any, backup: Backup) -> None:
    sim.limits.add(backup.account_id, "backup", -1)
    sim.limits.add(backup.account_id, "backup_storage", -backup.size)
    sim.db.backups.remove(backup)


@command("deleteBackup")
def delete_backup(call: Call) -> dict[str, Any]:
    backup = _backup(call)
    providers.check_zone(call, call.db.zones[backup.zone_id])
    remove(call.sim, backup)
    return SUCCESS


@on_account_removal()
def forget_backups(sim: Any, account: Any) -> None:
    for backup in sim.db.backups.where(account_id=account.id):
        remove(sim, backup)

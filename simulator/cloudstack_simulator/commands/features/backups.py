"""Backups with the dummy provider."""

from __future__ import annotations

import json
import re
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import contains, equal
from ...model.features import Backup, BackupOffering, BackupSchedule
from ...registry import SUCCESS, allocate, command, on_account_removal

POLICIES = (
    ("Golden Policy", "Gold description", "gold-policy"),
    ("Silver Policy", "Silver description", "silver-policy"),
)
INTERVALS = {"HOURLY": 1, "DAILY": 2, "WEEKLY": 3, "MONTHLY": 3}


def offering_view(call: Call, offering: BackupOffering) -> dict[str, Any]:
    zone = call.db.zones[offering.zone_id]
    return {
        "id": offering.uuid,
        "name": offering.name,
        "description": offering.description,
        "provider": offering.provider,
        "externalid": offering.external_id,
        "allowuserdrivenbackups": offering.user_driven,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "created": timestamp(offering.created),
    }


@command("listBackupProviderOfferings")
def list_provider_offerings(call: Call) -> dict[str, Any]:
    zone = call.params.zoneid
    if zone.removed is not None:
        raise CloudRuntime("Invalid zone ID passed")
    rows = [
        BackupOffering(
            name=n, description=d, external_id=e, zone_id=zone.id, uuid=call.sim.ids.uuid(), created=call.now
        )
        for n, d, e in POLICIES
    ]
    return call.listing("backupoffering", rows, offering_view)


@command("importBackupOffering")
def import_offering(call: Call) -> dict[str, Any]:
    p, offerings = call.params, call.db.backup_offerings
    if offerings.where(zone_id=p.zoneid.id, name=p.name):
        raise CloudRuntime("A backup offering with the same name already exists in this zone")
    if any(o.external_id == p.externalid for o in offerings.where(zone_id=p.zoneid.id)):
        raise CloudRuntime(f"A backup offering with external ID {p.externalid} already exists")
    if p.externalid not in [external for _n, _d, external in POLICIES]:
        raise CloudRuntime(f"Backup offering '{p.externalid}' does not exist on provider dummy on zone {p.zoneid.id}")
    offering = offerings.add(
        BackupOffering(
            name=p.name,
            description=p.description,
            external_id=p.externalid,
            zone_id=p.zoneid.id,
            user_driven=p.allowuserdrivenbackups,
        )
    )
    return {"backupoffering": offering_view(call, offering)}


@command("listBackupOfferings")
def list_offerings(call: Call) -> dict[str, Any]:
    """`keyword` never finds anything: the server compares it, with its wildcards, for equality."""
    p = call.params
    keyword = equal("name", f"%{p.keyword}%") if p.keyword else None
    filters = [equal("id", p.id), equal("zone_id", p.zoneid), keyword]
    return call.listing("backupoffering", call.db.backup_offerings, offering_view, where=filters)


def _offering(call: Call) -> BackupOffering:
    offering = call.params.id
    if not offering or offering.removed is not None:
        raise CloudRuntime(f"Could not find a backup offering with id: {offering.id}")
    found: BackupOffering = offering
    return found


@command("updateBackupOffering")
def update_offering(call: Call) -> dict[str, Any]:
    p, offering = call.params, _offering(call)
    offering.name = p.get("name", offering.name)
    offering.description = p.get("description", offering.description)
    offering.user_driven = p.get("allowuserdrivenbackups", offering.user_driven)
    return {"backupoffering": offering_view(call, offering)}


@command("deleteBackupOffering")
def delete_offering(call: Call) -> dict[str, Any]:
    offering = _offering(call)
    if call.db.backups.where(offering_id=offering.id):
        raise CloudRuntime("Backup Offering cannot be removed as it has backups associated with it.")
    if any(getattr(vm, "backup_offering_id", None) == offering.id for vm in call.db.vms):
        raise CloudRuntime(
            "Backup offering is assigned to VMs, remove the assignment(s) in order to remove the offering."
        )
    call.db.backup_offerings.remove(offering)
    return SUCCESS


def _vm(call: Call) -> Any:
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise CloudRuntime(f"Can't find any VM with ID: [{vm.id}].")
    call.check_access(vm)
    return vm


@command("assignVirtualMachineToBackupOffering")
def assign(call: Call) -> dict[str, Any]:
    vm, offering = _vm(call), call.params.backupofferingid
    if vm.state not in ("Running", "Stopped"):
        raise CloudRuntime("VM is not in running or stopped state")
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
    vm = _vm(call)
    if vm.backup_offering_id is None:
        raise CloudRuntime("No previously configured backup offering found for the VM")
    vm.backup_offering_id = None
    for schedule in call.db.backup_schedules.where(vm_id=vm.id):
        call.db.backup_schedules.delete(schedule)
    if call.params.forced:
        for backup in call.db.backups.where(vm_id=vm.id):
            _remove(call.sim, backup)
    return SUCCESS


def _volumes(call: Call, vm: Any) -> list[dict[str, Any]]:
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
    vm = _vm(call)
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if vm.backup_offering_id is None:
        raise CloudRuntime(
            "VM has not backup offering configured, cannot create backup before assigning it to a backup offering"
        )
    if offering is None or offering.removed is not None:
        raise CloudRuntime("VM backup offering not found")
    if not offering.user_driven and not call.caller.is_root_admin:
        raise CloudRuntime("The assigned backup offering does not allow ad-hoc user backup")
    owner = call.db.accounts[vm.account_id]
    call.sim.limits.check(owner, "backup")
    call.sim.limits.check(owner, "backup_storage", sum(v["size"] for v in _volumes(call, vm)))
    return str(vm.id)


@command("createBackup")
def create_backup(call: Call) -> dict[str, Any]:
    p, vm = call.params, _vm(call)
    volumes = _volumes(call, vm)
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
        )
    )
    call.sim.limits.add(vm.account_id, "backup")
    call.sim.limits.add(vm.account_id, "backup_storage", size)
    call.event("VM.BACKUP.CREATE", f"Successfully completed Created backup for Instance ID: {vm.uuid}", backup)
    return SUCCESS


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


def _remove(sim: Any, backup: Backup) -> None:
    sim.limits.add(backup.account_id, "backup", -1)
    sim.limits.add(backup.account_id, "backup_storage", -backup.size)
    sim.db.backups.remove(backup)


@command("deleteBackup")
def delete_backup(call: Call) -> dict[str, Any]:
    _remove(call.sim, _backup(call))
    return SUCCESS


@on_account_removal()
def forget_backups(sim: Any, account: Any) -> None:
    for backup in sim.db.backups.where(account_id=account.id):
        _remove(sim, backup)


def schedule_view(call: Call, schedule: BackupSchedule) -> dict[str, Any]:
    vm = call.db.vms[schedule.vm_id]
    return {
        "id": schedule.uuid,
        "virtualmachinename": vm.name,
        "virtualmachineid": vm.uuid,
        "schedule": schedule.schedule,
        "intervaltype": schedule.interval_type,
        "timezone": schedule.timezone,
        "maxbackups": schedule.max_backups,
    }


@command("createBackupSchedule", "updateBackupSchedule")
def set_schedule(call: Call) -> dict[str, Any]:
    """One schedule per instance and interval: both commands set it."""
    p = call.params
    interval = p.intervaltype.upper()
    if interval not in INTERVALS:
        raise ServerApiError(530, "Invalid interval type provided")
    vm = _vm(call)
    if vm.backup_offering_id is None:
        raise CloudRuntime("Cannot configure backup schedule for the VM without having any backup offering")
    if len(p.schedule.split(":")) < INTERVALS[interval] or not re.fullmatch(r"[\d:]+", p.schedule):
        raise InvalidParameter(f"Invalid schedule: {p.schedule} for interval type: {p.intervaltype}")
    if (p.maxbackups or 0) < 0:
        raise InvalidParameter("maxbackups value for backup schedule must be a non-negative integer.")
    schedules = call.db.backup_schedules
    schedule = schedules.first(vm_id=vm.id, interval_type=interval) or schedules.add(
        BackupSchedule(vm_id=vm.id, interval_type=interval, schedule=p.schedule, timezone=p.timezone)
    )
    schedule.schedule, schedule.timezone = p.schedule, p.timezone
    schedule.max_backups = p.get("maxbackups", 0)
    return {"backupschedule": schedule_view(call, schedule)}


@command("listBackupSchedule")
def list_schedules(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [equal("vm_id", p.virtualmachineid), equal("id", p.id)]
    return call.listing("backupschedule", call.db.backup_schedules, schedule_view, where=filters)


@command("deleteBackupSchedule")
def delete_schedule(call: Call) -> dict[str, Any]:
    p, schedules = call.params, call.db.backup_schedules
    if p.id is None and p.virtualmachineid is None:
        raise InvalidParameter("Either instance ID or ID of backup schedule needs to be specified.")
    found = [p.id] if p.id is not None else schedules.where(vm_id=p.virtualmachineid.id)
    if not found or not found[0]:
        raise InvalidParameter("Could not find the requested backup schedule.")
    for schedule in found:
        schedules.delete(schedule)
    return SUCCESS

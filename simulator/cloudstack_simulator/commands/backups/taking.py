"""createBackup, and what a backup keeps of its instance."""

from __future__ import annotations

import json
from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, ResourceAllocation
from ...hash_order import in_hash_order
from ...model.features import Backup, BackupSchedule
from ...registry import SUCCESS, allocate, command
from . import providers, scheduled
from .refusals import internal

COUNT_ALERT = (22, "ALERT.RESOURCE.COUNT")
LIMITED = (("backup", "resource"), ("backup_storage", "storage space resource"))
"""What a backup takes of its owner's limits, and the alert's words for it."""


def the_vm(call: Call) -> Any:
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise CloudRuntime(f"Can't find any VM with ID: [{vm.id}].")
    return vm


def check_vm(call: Call, vm: Any) -> None:
    """Refuse where backups are turned off, and what is not the caller's."""
    providers.check_zone(call, call.db.zones[vm.zone_id])
    call.check_access(vm)


def check_quiesce(call: Call, vm: Any) -> None:
    """Only what writes to repositories can hold an instance still meanwhile."""
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if call.params.quiescevm is not None and (offering is None or offering.provider != providers.NAS):
        raise InvalidParameter("Quiesce VM option is supported only for NAS backup provider")


@allocate("createBackup")
def name_the_vm(call: Call) -> str:
    """The server answers the VM's internal number as the id of the backup to be, and checks nothing before the job."""
    return str(call.params.virtualmachineid.id)


@command("createBackup")
@internal
def create_backup(call: Call) -> dict[str, Any]:
    vm = the_vm(call)
    check_vm(call, vm)
    _check_offering(call, vm)
    check_quiesce(call, vm)
    volumes = volumes_of(call, vm)
    size = sum(v["size"] for v in volumes)
    schedule = scheduled.of_job(call)
    _check_limits(call, vm, size, schedule)
    backup = _take(call, vm, volumes, size, schedule)
    call.event("BACKUP.CREATE", "Successfully completed creating VM backup", backup)
    if schedule is not None:
        scheduled.drop_oldest(call.sim, schedule)
    return SUCCESS


def _check_offering(call: Call, vm: Any) -> None:
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if vm.backup_offering_id is None:
        raise CloudRuntime(
            "VM has not backup offering configured, cannot create backup before assigning it to a backup offering"
        )
    if offering is None or offering.removed is not None:
        raise CloudRuntime("VM backup offering not found")
    if not offering.user_driven:
        raise CloudRuntime("The assigned backup offering does not allow ad-hoc user backup")


def _check_limits(call: Call, vm: Any, size: int, schedule: BackupSchedule | None) -> None:
    """Refuse what is beyond the owner's limits; of a schedule nobody would see it, so there is an alert."""
    owner = call.db.accounts[vm.account_id]
    for (kind, words), amount in zip(LIMITED, (1, size), strict=True):
        try:
            call.sim.limits.check(owner, kind, amount)
        except ResourceAllocation:
            if schedule is not None:
                text = f"Failed to create backup: backup {words} limit exceeded for account with ID: {owner.uuid}."
                call.sim.events.alert(*COUNT_ALERT, text)
            raise


def _take(call: Call, vm: Any, volumes: list[dict[str, Any]], size: int, schedule: BackupSchedule | None) -> Backup:
    provider = call.db.backup_offerings[vm.backup_offering_id].provider
    backup = call.db.backups.add(
        Backup(
            name=call.params.name or f"{vm.name}-{timestamp(call.now)}",
            vm_id=vm.id,
            account_id=vm.account_id,
            zone_id=vm.zone_id,
            offering_id=vm.backup_offering_id,
            size=size,
            volumes=json.dumps(volumes, separators=(",", ":")),
            description=call.params.description,
            external_id=providers.external_id(call, provider, vm),
            schedule_id=schedule.id if schedule is not None else None,
            vm_details=details_of(call, vm),
        )
    )
    call.sim.limits.add(vm.account_id, "backup")
    call.sim.limits.add(vm.account_id, "backup_storage", size)
    return backup


def volumes_of(call: Call, vm: Any) -> list[dict[str, Any]]:
    volumes = []
    for volume in sorted(call.db.volumes.where(vm_id=vm.id), key=lambda volume: volume.device_id or 0):
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


def details_of(call: Call, vm: Any) -> dict[str, str]:
    """What is needed to make the instance anew: ids, and its settings and NICs as JSON texts."""
    db = call.db
    offering, template = db.service_offerings[vm.service_offering_id], db.templates.get(vm.template_id)
    kept = {"serviceofferingid": offering.uuid}
    if template is not None and template.removed is None:
        guest_os = db.guest_os.get(template.guest_os_id)
        kept["templateid"] = template.uuid
        if guest_os is not None:
            kept |= {"ostypeid": guest_os.uuid, "osname": guest_os.display_name}
    if vm.details:
        kept["vmsettings"] = as_json(vm.details)
    nics = [_nic(call, nic) for nic in db.nics.where(vm_id=vm.id)]
    if nics:
        kept["nics"] = "[" + ",".join(as_json(nic) for nic in nics) + "]"
    return kept


def _nic(call: Call, nic: Any) -> dict[str, str | None]:
    network = call.db.networks[nic.network_id].uuid
    return {"networkid": network, "ipaddress": nic.address, "macaddress": nic.mac}


def as_json(values: dict[str, Any]) -> str:
    """A map's JSON text as the server writes it: in the order of its hashes, without what is not set."""
    shown = {key: str(values[key]) for key in in_hash_order(values) if values[key] is not None}
    return json.dumps(shown, separators=(",", ":"), ensure_ascii=False)

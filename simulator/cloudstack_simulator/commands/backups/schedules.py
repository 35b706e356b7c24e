"""Schedules of backups."""

from __future__ import annotations

from typing import Any

from ... import access
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal, matching
from ...model.features import BackupSchedule
from ...registry import SUCCESS, command
from ..snapshots import schedule as times
from . import scheduled
from .refusals import internal
from .taking import check_quiesce, check_vm, the_vm


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
        "quiescevm": schedule.quiesce,
    }


@command("createBackupSchedule", "updateBackupSchedule")
@internal
def set_schedule(call: Call) -> dict[str, Any]:
    """One schedule per instance and interval: both commands set it."""
    p = call.params
    interval = p.intervaltype.upper()
    if interval not in times.INTERVALS:
        raise CloudRuntime("Invalid interval type provided")
    vm = the_vm(call)
    check_vm(call, vm)
    if vm.backup_offering_id is None:
        raise CloudRuntime("Cannot configure backup schedule for the VM without having any backup offering")
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if offering is None or not offering.user_driven:
        raise CloudRuntime("The selected backup offering does not allow user-defined backup schedule")
    _check_number(call, vm, p.maxbackups or 0)
    check_quiesce(call, vm)
    if times.parts(times.INTERVALS.index(interval), p.schedule) is None:
        raise InvalidParameter(f"Invalid schedule: {p.schedule} for interval type: {interval}")
    schedules, timezone = call.db.backup_schedules, times.canonical_timezone(p.timezone)
    schedule = schedules.first(vm_id=vm.id, interval_type=interval) or schedules.add(
        BackupSchedule(
            vm_id=vm.id, account_id=vm.account_id, interval_type=interval, schedule=p.schedule, timezone=timezone
        )
    )
    schedule.schedule, schedule.timezone = p.schedule, timezone
    schedule.max_backups = p.get("maxbackups", 0)
    schedule.quiesce = p.quiescevm
    scheduled.plan(call.sim, schedule)
    _tell(call, vm, "BACKUP.SCHEDULE.CONFIGURE", "configuring VM backup schedule")
    return {"backupschedule": schedule_view(call, schedule)}


def _tell(call: Call, vm: Any, kind: str, what: str) -> None:
    call.event(kind, f"Successfully completed {what}", vm, resource_type="VirtualMachine")


def _check_number(call: Call, vm: Any, most: int) -> None:
    """How many backups a schedule may keep; root admins are free."""
    if most < 0:
        raise InvalidParameter("maxbackups value for backup schedule must be a non-negative integer.")
    owner, limits = call.db.accounts[vm.account_id], call.sim.limits
    if owner.account_type == access.ROOT_ADMIN:
        return
    allowed = (limits.limit(owner, "backup"), limits.domain_limit(call.db.domains[owner.domain_id], "backup"))
    if any(limit != -1 and most > limit for limit in allowed):
        kind = "project" if owner.account_type == access.PROJECT else "account"
        raise InvalidParameter(f"'maxbackups' should not exceed the domain/{kind} backup limit.")


@command("listBackupSchedule")
@internal
def list_schedules(call: Call) -> dict[str, Any]:
    """The schedules of the instances that the caller asks for, the newest first; never in pages."""
    p, vms = call.params, call.db.vms
    if p.virtualmachineid is not None:
        check_vm(call, the_vm(call))
    p.set_default("listall", True)
    word = (p.keyword or "").lower()
    filters = [
        equal("vm_id", p.virtualmachineid),
        equal("id", p.id),
        matching(lambda schedule: word in vms[schedule.vm_id].name.lower()) if word else None,
    ]
    return call.listing(
        "backupschedule", call.db.backup_schedules, schedule_view, where=filters, owned=True, newest_first=True
    )


@command("deleteBackupSchedule")
@internal
def delete_schedule(call: Call) -> dict[str, Any]:
    p, schedules = call.params, call.db.backup_schedules
    if p.id is None and p.virtualmachineid is None:
        raise InvalidParameter("Either instance ID or ID of backup schedule needs to be specified.")
    if p.id is not None:
        found = [live(p.id, "Could not find the requested backup schedule.")]
        vm = call.db.vms[p.id.vm_id]
    else:
        vm = the_vm(call)
        found = schedules.where(vm_id=vm.id)
    check_vm(call, vm)
    for schedule in found:
        schedules.delete(schedule)
    _tell(call, vm, "BACKUP.SCHEDULE.DELETE", "deleting VM backup schedule")
    return SUCCESS

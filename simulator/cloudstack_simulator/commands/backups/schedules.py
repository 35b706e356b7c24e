"""Schedules of backups."""

from __future__ import annotations

import re
from typing import Any

from ... import access
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import equal, matching
from ...model.features import BackupSchedule
from ...registry import SUCCESS, command
from . import providers
from .backups import check_quiesce, the_vm

INTERVALS = {"HOURLY": 1, "DAILY": 2, "WEEKLY": 3, "MONTHLY": 3}


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
def set_schedule(call: Call) -> dict[str, Any]:
    """One schedule per instance and interval: both commands set it."""
    p = call.params
    interval = p.intervaltype.upper()
    if interval not in INTERVALS:
        raise ServerApiError(530, "Invalid interval type provided")
    vm = the_vm(call)
    providers.check_zone(call, call.db.zones[vm.zone_id])
    if vm.backup_offering_id is None:
        raise CloudRuntime("Cannot configure backup schedule for the VM without having any backup offering")
    offering = call.db.backup_offerings.get(vm.backup_offering_id)
    if offering is None or not offering.user_driven:
        raise CloudRuntime("The selected backup offering does not allow user-defined backup schedule")
    _check_number(call, vm, p.maxbackups or 0)
    check_quiesce(call, vm)
    if len(p.schedule.split(":")) < INTERVALS[interval] or not re.fullmatch(r"[\d:]+", p.schedule):
        raise InvalidParameter(f"Invalid schedule: {p.schedule} for interval type: {p.intervaltype}")
    schedules = call.db.backup_schedules
    schedule = schedules.first(vm_id=vm.id, interval_type=interval) or schedules.add(
        BackupSchedule(vm_id=vm.id, interval_type=interval, schedule=p.schedule, timezone=p.timezone)
    )
    schedule.schedule, schedule.timezone = p.schedule, p.timezone
    schedule.max_backups = p.get("maxbackups", 0)
    schedule.quiesce = p.quiescevm
    return {"backupschedule": schedule_view(call, schedule)}


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
def list_schedules(call: Call) -> dict[str, Any]:
    """The schedules of the instances that the caller asks for."""
    p, db = call.params, call.db
    mine = access.visible_accounts(call)
    filters = [
        equal("vm_id", p.virtualmachineid),
        equal("id", p.id),
        None if mine is None else matching(lambda schedule: db.vms[schedule.vm_id].account_id in mine),
    ]
    return call.listing("backupschedule", db.backup_schedules, schedule_view, where=filters)


@command("deleteBackupSchedule")
def delete_schedule(call: Call) -> dict[str, Any]:
    p, schedules = call.params, call.db.backup_schedules
    if p.id is None and p.virtualmachineid is None:
        raise InvalidParameter("Either instance ID or ID of backup schedule needs to be specified.")
    if p.virtualmachineid is not None:
        found = schedules.where(vm_id=the_vm(call).id)
    else:
        found = [live(p.id, "Could not find the requested backup schedule.")]
        call.check_access(call.db.vms[p.id.vm_id])
    for schedule in found:
        schedules.delete(schedule)
    return SUCCESS

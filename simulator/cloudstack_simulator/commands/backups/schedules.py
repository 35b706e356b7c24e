"""Schedules of backups."""

from __future__ import annotations

import re
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...listing import equal
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
    check_quiesce(call, vm)
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
    schedule.quiesce = p.quiescevm
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

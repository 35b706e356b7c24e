"""createVMSchedule, listVMSchedule, updateVMSchedule, deleteVMSchedule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter, JavaError
from ...listing import equal
from ...model.instances import VMSchedule
from ...registry import SUCCESS, command
from ..instances import life
from ..snapshots.schedule import canonical_timezone
from . import acting, cron, wording

if TYPE_CHECKING:
    from ...simulator import Simulator

MINUTE = 60.0


def view(call: Call, schedule: VMSchedule) -> dict[str, Any]:
    return {
        "id": schedule.uuid,
        "virtualmachineid": call.db.vms[schedule.vm_id].uuid,
        "description": schedule.description,
        "schedule": schedule.schedule,
        "timezone": schedule.timezone,
        "action": schedule.action,
        "enabled": schedule.enabled,
        "startdate": timestamp(schedule.start),
        "enddate": timestamp(schedule.end),
        "created": timestamp(schedule.created),
    }


def _vm(call: Call, row: Any) -> Any:
    """The instance, or None for a root admin: the server looks whether it is there only after it looked who asks."""
    if not row or row.removed is not None or row.vm_type != "User":
        if call.caller.is_root_admin:
            return None
        raise JavaError
    call.check_access(row)
    return row


def _in_zone(moment: float, timezone: str) -> float:
    """Dates are meant in the schedule's time zone, whatever zone they were written in."""
    wall = datetime.fromtimestamp(moment, UTC).replace(tzinfo=acting.zone_of(timezone))
    return wall.timestamp()


def _check_dates(call: Call, start: float, end: float | None, timezone: str) -> None:
    def shown(moment: float) -> str:
        return _zoned(moment, timezone)

    now = call.now
    if start < now:
        raise InvalidParameter(
            f"Invalid value for start date. Start date [{shown(start)}] can't be before current time [{shown(now)}]."
        )
    if end is None:
        return
    if end < now:
        raise InvalidParameter(
            f"Invalid value for end date. End date [{shown(end)}] can't be before current time [{shown(now)}]."
        )
    if end < start:
        raise InvalidParameter(
            f"Invalid value for end date. End date [{shown(end)}] can't be before start date [{shown(start)}]."
        )


def _zoned(moment: float, timezone: str) -> str:
    """A moment as Java prints it with its zone: `2026-11-21T11:05Z[UTC]`."""
    zone = acting.zone_of(timezone)
    local = datetime.fromtimestamp(round(moment, 3), zone)
    text = local.strftime("%Y-%m-%dT%H:%M")
    if local.second or local.microsecond:
        text += local.strftime(":%S")
    if local.microsecond:
        text += f".{local.microsecond // 1000:03d}"
    offset = local.strftime("%z")
    return f"{text}{'Z' if int(offset) == 0 else offset[:3] + ':' + offset[3:]}[{zone}]"


@command("createVMSchedule")
def create(call: Call) -> dict[str, Any]:
    p = call.params
    vm = _vm(call, p.virtualmachineid)
    if vm is None:
        raise InvalidParameter(f"Invalid value for vmId: {p.virtualmachineid.id}")
    action = _known_action(p.action)
    timezone = canonical_timezone(p.timezone)
    start = _in_zone(p.startdate, timezone) if p.startdate is not None else call.now + MINUTE
    end = _in_zone(p.enddate, timezone) if p.enddate is not None else None
    expression = cron.parse(p.schedule)
    _check_dates(call, start, end, timezone)
    schedule = call.db.vm_schedules.add(
        VMSchedule(
            vm_id=vm.id,
            description=p.description
            if (p.description or "").strip()
            else f"{action} - {wording.describe(expression)}",
            schedule=p.schedule,
            timezone=timezone,
            action=action,
            start=start,
            end=end,
            enabled=p.get("enabled", True),
        )
    )
    acting.plan(call.sim, schedule, call.now)
    _record(call, "VM.SCHEDULE.CREATE", "Successfully created entity for Creating VM Schedule", vm, "Created")
    return {"vmschedule": view(call, schedule)}


def _known_action(text: str) -> str:
    if text.upper() not in acting.ACTIONS:
        raise InvalidParameter(f"Invalid value for action: {text}")
    return text.upper()


def _record(call: Call, kind: str, text: str, vm: Any, state: str = "Completed") -> None:
    call.event(kind, text, vm, state=state, resource_type="VirtualMachine")


@command("listVMSchedule")
def list_schedules(call: Call) -> dict[str, Any]:
    """Unlike creating, listing takes actions only as they are written."""
    p = call.params
    _vm(call, p.virtualmachineid)
    if p.action is not None and p.action not in acting.ACTIONS:
        raise InvalidParameter(f"Invalid value for action: {p.action}")
    filters = [
        equal("vm_id", p.virtualmachineid.id),
        equal("id", p.id),
        equal("action", p.action),
        equal("enabled", p.enabled),
    ]
    return call.listing("vmschedule", call.db.vm_schedules, view, where=filters)


@command("updateVMSchedule")
def update(call: Call) -> dict[str, Any]:
    p, schedule = call.params, call.params.id
    if not schedule or schedule.removed is not None:
        raise CloudRuntime("VM schedule doesn't exist")
    vm = _vm(call, call.db.vms[schedule.vm_id])
    text = p.get("schedule", schedule.schedule)
    cron.parse(text)
    timezone = canonical_timezone(p.timezone) if p.timezone is not None else schedule.timezone
    end = _in_zone(p.enddate, timezone) if p.enddate is not None else schedule.end
    start = max(schedule.start, call.now + MINUTE)
    if p.startdate is not None:
        start = _in_zone(p.startdate, timezone)
    _check_dates(call, start, end, timezone)
    schedule.schedule, schedule.timezone, schedule.end = text, timezone, end
    schedule.enabled = p.get("enabled", schedule.enabled)
    schedule.description = p.get("description", schedule.description)
    if p.startdate is not None:
        schedule.start = start
    acting.plan(call.sim, schedule, call.now)
    _record(call, "VM.SCHEDULE.UPDATE", "Successfully completed Updating VM Schedule", vm)
    return {"vmschedule": view(call, schedule)}


@command("deleteVMSchedule")
def delete(call: Call) -> dict[str, Any]:
    p = call.params
    vm = _vm(call, p.virtualmachineid)
    if p.id is not None and p.ids:
        raise InvalidParameter("Specify either id or ids but not both parameters")
    wanted = [p.id] if p.id is not None else list(p.ids or [])
    if not wanted:
        raise InvalidParameter("Either id or ids parameter must be specified")
    found = [s for s in wanted if s and s.removed is None and vm is not None and s.vm_id == vm.id]
    if not found:
        raise CloudRuntime("Failed to delete VM Schedules")
    for schedule in found:
        call.db.vm_schedules.remove(schedule)
    _record(call, "VM.SCHEDULE.DELETE", "Successfully completed Deleting VM Schedule", vm)
    return SUCCESS


def _forget(sim: Simulator, vm: Any) -> None:
    for schedule in sim.db.vm_schedules.where(vm_id=vm.id):
        sim.db.vm_schedules.delete(schedule)


life.WHEN_EXPUNGED.append(_forget)

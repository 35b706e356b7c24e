"""What schedules do by themselves: they plan their next moment, and act when it has come."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ...model.instances import VMSchedule
from ...wording import java_date
from ..snapshots.schedule import JAVA_SHORT_IDS
from . import cron

if TYPE_CHECKING:
    from ...simulator import Simulator

ACTIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "START": ("Stopped", "startVirtualMachine", {}),
    "STOP": ("Running", "stopVirtualMachine", {"forced": "false"}),
    "REBOOT": ("Running", "rebootVirtualMachine", {"forced": "false"}),
    "FORCE_STOP": ("Running", "stopVirtualMachine", {"forced": "true"}),
    "FORCE_REBOOT": ("Running", "rebootVirtualMachine", {"forced": "true"}),
}
"""The state that an action needs, and the command that it is."""
POLL = 60.0
"""Seconds between two looks of the server at its schedules."""


def zone_of(name: str) -> tzinfo:
    return ZoneInfo(JAVA_SHORT_IDS.get(name, name))


def event_type(schedule: VMSchedule) -> str:
    return "VM.SCHEDULE." + schedule.action.replace("_", ".")


def plan(sim: Simulator, schedule: VMSchedule, now: float) -> None:
    """Look for the schedule's next moment behind `now`; without one, or past its end, it is disabled."""
    schedule.next_run = None
    if not schedule.enabled:
        return
    vm = sim.db.vms.get(schedule.vm_id)
    if vm is None or vm.removed is not None or (schedule.end is not None and now > schedule.end):
        schedule.enabled = False
        return
    due = cron.parse(schedule.schedule).after(max(schedule.start, now), zone_of(schedule.timezone))
    if due is None:
        schedule.enabled = False
        return
    schedule.next_run = due
    sim.scheduler.at(due, run, sim, schedule, due)
    if schedule.end is not None:
        sim.scheduler.at(schedule.end + POLL, end, schedule, schedule.end)
    _write(sim, schedule, vm, _scheduled(schedule, vm, due), "Scheduled")


def _scheduled(schedule: VMSchedule, vm: Any, due: float) -> str:
    return f"Scheduled action ({schedule.action}) [vmId: {vm.uuid} scheduleId: {schedule.uuid}]  at {java_date(due)}"


def end(schedule: VMSchedule, moment: float) -> None:
    """The end date has passed: nothing more is planned. What is planned already is still done, as on the server."""
    if schedule.removed is None and schedule.end == moment:
        schedule.enabled = False


def run(sim: Simulator, schedule: VMSchedule, moment: float) -> None:
    """Do what is due, plan the next moment."""
    if schedule.removed is not None or schedule.next_run != moment:
        return
    rivals = [s for s in sim.db.vm_schedules.where(vm_id=schedule.vm_id) if moment in (s.next_run, s.last_due)]
    schedule.last_due = moment
    plan(sim, schedule, moment)
    if min(rivals, key=lambda s: s.id) is schedule:
        _act(sim, schedule)


def _act(sim: Simulator, schedule: VMSchedule) -> None:
    vm = sim.db.vms[schedule.vm_id]
    if vm.removed is not None or vm.state not in ("Running", "Stopped"):
        return
    _write(sim, schedule, vm, f"Executing action ({schedule.action}) for VM Id:{vm.uuid}", "Completed")
    needed, command, params = ACTIONS[schedule.action]
    if vm.state == needed:
        sim.act(command, sim.system_for(sim.db.accounts[vm.account_id]), id=vm.uuid, **params)


def _write(sim: Simulator, schedule: VMSchedule, vm: Any, text: str, state: str) -> None:
    caller = sim.system_for(sim.db.accounts[vm.account_id])
    sim.events.write(event_type(schedule), text, caller, vm, state=state, resource_type="VirtualMachine")

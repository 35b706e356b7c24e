"""Backups that schedules take by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...model.features import Backup, BackupSchedule
from ..snapshots import schedule as times

if TYPE_CHECKING:
    from ...simulator import Simulator

SWITCH = "backup.framework.enabled"


def plan(sim: Simulator, schedule: BackupSchedule) -> None:
    """Let the schedule run at its next moment."""
    interval = times.INTERVALS.index(schedule.interval_type)
    moment = times.next_run(interval, schedule.schedule, schedule.timezone, sim.clock.now())
    schedule.next_run = moment
    sim.scheduler.at(moment, run, sim, schedule, moment)


def run(sim: Simulator, schedule: BackupSchedule, moment: float) -> None:
    """Have the backup taken that is due, plan the next. One without an instance to back up is a schedule no longer."""
    if schedule.removed is not None or schedule.next_run != moment:
        return
    vm = sim.db.vms.get(schedule.vm_id)
    if vm is None or vm.removed is not None or vm.backup_offering_id is None:
        sim.db.backup_schedules.delete(schedule)
        return
    if not _may_run(sim, vm):
        # The server looks again whenever it looks at its schedules.
        sim.scheduler.after(float(sim.settings.value("backup.framework.sync.interval")), run, sim, schedule, moment)
        return
    _order(sim, schedule, vm)
    plan(sim, schedule)


def _may_run(sim: Simulator, vm: Any) -> bool:
    offering, zone = sim.db.backup_offerings.get(vm.backup_offering_id), sim.db.zones[vm.zone_id]
    account = sim.db.accounts[vm.account_id]
    return (
        offering is not None
        and offering.user_driven
        and bool(sim.settings.value(SWITCH) and sim.settings.value(SWITCH, zone))
        and account.state != "disabled"
    )


def _order(sim: Simulator, schedule: BackupSchedule, vm: Any) -> None:
    caller = sim.system_for(sim.db.accounts[vm.account_id])
    text = f"creating backup for VM ID:{vm.uuid}"
    sim.events.write("BACKUP.CREATE", text, caller, vm, state="Scheduled", resource_type="VirtualMachine")
    schedule.job = sim.ids.uuid()
    quiesce = {} if schedule.quiesce is None else {"quiescevm": str(schedule.quiesce).lower()}
    sim.act("createBackup", caller, virtualmachineid=vm.uuid, injectedjobid=schedule.job, **quiesce)


def of_job(call: Call) -> BackupSchedule | None:
    """The schedule that ordered this job, None for what somebody called for."""
    return next((s for s in call.db.backup_schedules if s.job == call.job.uuid), None)


def drop_oldest(sim: Simulator, schedule: BackupSchedule) -> None:
    """Let go of the schedule's own backups beyond its number; 0 keeps all."""
    own = [backup for backup in sim.db.backups.where(vm_id=schedule.vm_id) if backup.schedule_id == schedule.id]
    if schedule.max_backups == 0:
        return
    for backup in own[: max(0, len(own) - schedule.max_backups)]:
        remove(sim, backup)
        text = (
            f"Successfully deleted backup for VM [ID: {backup.vm_id}], suiting the retention specified in the backup "
            f"schedule [ID: {schedule.id}]"
        )
        sim.events.write("BACKUP.DELETE", text, sim.system_for(sim.db.accounts[backup.account_id]), backup)


def remove(sim: Simulator, backup: Backup) -> None:
    sim.limits.add(backup.account_id, "backup", -1)
    sim.limits.add(backup.account_id, "backup_storage", -backup.size)
    sim.db.backups.remove(backup)

"""Leases: instances that are stopped or destroyed when their time is over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...jobs import RUNNING, SUCCEEDED
from ...model.instances import Instance
from ...model.operations import Job
from ...registry import at_start
from ..settings import WHEN_CHANGED

if TYPE_CHECKING:
    from ...simulator import Simulator

ENABLED = "instance.lease.enabled"
ACTIONS = {"STOP": "stopVirtualMachine", "DESTROY": "destroyVirtualMachine"}
PENDING = "PENDING"
LONGEST = 36500
DAY = 86400.0
FIRST_ROUND = 5.0
LOOK_AGAIN = 1.0


def are_enabled(sim: Simulator) -> bool:
    return bool(sim.settings.value(ENABLED))


def fields(call: Call, vm: Instance) -> dict[str, Any]:
    """What an answer shows of a lease that is still to end."""
    if vm.lease_end is None or vm.lease_execution != PENDING or not are_enabled(call.sim):
        return {}
    days = datetime.fromtimestamp(vm.lease_end, UTC).date() - datetime.fromtimestamp(call.now, UTC).date()
    return {
        "leaseduration": days.days,
        "leaseexpiryaction": vm.lease_action,
        "leaseexpirydate": timestamp(vm.lease_end),
    }


def _given(call: Call) -> tuple[int | None, str | None]:
    """(days, action) as the call gives them, checked; -1 days end a lease."""
    days, action = call.params.leaseduration, (call.params.leaseexpiryaction or "").strip() or None
    if action is not None and action.upper() not in ACTIONS:
        raise InvalidParameter(
            f"Invalid value configured for leaseexpiryaction, valid values are: {', '.join(ACTIONS)}"
        )
    if days == -1 or (days is None and action is None):
        return days, None
    if days is not None and not 1 <= days <= LONGEST:
        raise InvalidParameter(
            f"Invalid leaseduration: must be a natural number (>=1) or -1, max supported value is {LONGEST}"
        )
    if days is None or action is None:
        raise InvalidParameter("Provide values for both: leaseduration and leaseexpiryaction")
    return days, action.upper()


def wanted_for_new(call: Call, offering: Any) -> tuple[int, str] | None:
    """The lease of a new instance: the given one, else that of its offering; None without one."""
    if not are_enabled(call.sim):
        return None
    days, action = _given(call)
    days = offering.lease_days if days is None else days
    action = action or offering.lease_action
    return (days, action) if days is not None and days >= 1 and action else None


def give(sim: Simulator, vm: Instance, days: int, action: str) -> None:
    vm.lease_end = sim.clock.now() // 1 + days * DAY
    vm.lease_action, vm.lease_execution = action, PENDING


def update(call: Call, vm: Instance) -> None:
    """Prolong, shorten or end the lease that an instance was deployed with."""
    if not are_enabled(call.sim) or call.params.leaseduration is None:
        return
    days, action = _given(call)
    if vm.lease_end is None or vm.lease_execution != PENDING:
        missing = "lease associated during deployment" if vm.lease_end is None else "active lease"
        raise CloudRuntime(f"Lease can't be applied on instance with id: {vm.uuid}, it doesn't have {missing}")
    if vm.lease_end < call.now:
        raise CloudRuntime("Lease is not allowed to be redefined on expired leased instance")
    if days is None or action is None:
        vm.lease_execution = "DISABLED"
        call.event("VM.LEASE.DISABLED", "Disabling lease on the instance", vm, resource_type="VirtualMachine")
        return
    give(call.sim, vm, days, action)


@at_start
def begin(sim: Simulator) -> None:
    """Look after leases from now on: when they are turned on, and when the servers start."""
    others = [entry for entry in sim.scheduler.entries() if entry[1] not in (expire, warn)]
    sim.scheduler.replace(others)
    if are_enabled(sim):
        sim.scheduler.after(FIRST_ROUND, expire, sim)
        sim.scheduler.after(FIRST_ROUND, warn, sim)


def toggle(sim: Simulator) -> None:
    if not are_enabled(sim):
        for vm in _pending(sim):
            vm.lease_execution = "CANCELLED"
            _tell(sim, vm, "CANCELLED", f"Lease is cancelled for the instance: {vm.name} (id: {vm.uuid}) ")
    begin(sim)


WHEN_CHANGED[ENABLED] = toggle


def _pending(sim: Simulator) -> list[Any]:
    return [vm for vm in sim.db.vms.where(vm_type="User") if vm.lease_execution == PENDING]


def _tell(sim: Simulator, vm: Instance, what: str, text: str) -> None:
    caller = sim.system_for(sim.db.accounts[vm.account_id])
    sim.events.write(f"VM.LEASE.{what}", text, caller, vm, resource_type="VirtualMachine")


def warn(sim: Simulator) -> None:
    """Tell of the leases that end soon."""
    soon = sim.clock.now() + float(sim.settings.value("instance.lease.expiryevent.daysbefore") or 0) * DAY
    for vm in _pending(sim):
        if sim.clock.now() <= vm.lease_end <= soon:
            text = f"Lease expiring for for instance: {vm.name} (id: {vm.uuid}) with action: {vm.lease_action}"
            _tell(sim, vm, "EXPIRING", text)
    sim.scheduler.after(float(sim.settings.value("instance.lease.eventscheduler.interval") or DAY), warn, sim)


def expire(sim: Simulator) -> None:
    """Stop or destroy what is over its time."""
    for vm in _pending(sim):
        if vm.lease_end < sim.clock.now() and vm.state not in ("Destroyed", "Expunging", "Error"):
            if vm.lease_action == "DESTROY" and vm.delete_protection:
                continue
            text = f"Executing lease expiry action ({vm.lease_action}) for instance: {vm.name} (id: {vm.uuid})"
            _tell(sim, vm, "EXPIRED", text)
            _act(sim, vm)
    sim.scheduler.after(float(sim.settings.value("instance.lease.scheduler.interval") or 3600), expire, sim)


def _act(sim: Simulator, vm: Instance) -> None:
    system = sim.system_for(sim.db.accounts.first(name="system"))
    status, body = sim.act(ACTIONS[str(vm.lease_action)], system, id=vm.uuid)
    job = sim.db.jobs.find(next(iter(body.values()))["jobid"]) if status == 200 else None
    if job is not None:
        job.account_id = vm.account_id
        finish(sim, vm, job)


def finish(sim: Simulator, vm: Instance, job: Job) -> None:
    """A lease has ended when its job has ended well; else the next round tries once more."""
    if job.status == RUNNING:
        sim.scheduler.after(LOOK_AGAIN, finish, sim, vm, job)
    elif job.status == SUCCEEDED:
        vm.lease_execution = "DONE"

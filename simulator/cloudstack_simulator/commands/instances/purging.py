"""What the database still has of instances that are gone: purgeExpungedResources, cleanVMReservations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import ServerApiError
from ...registry import SUCCESS, command
from ..offerings.compute import PURGE
from . import life

if TYPE_CHECKING:
    from ...simulator import Simulator

HOLDERS = ("vm_snapshots", "backups", "backup_schedules", "kubernetes_nodes", "hosts", "nics")
"""Tables whose rows show an instance even when it has gone: while they live, it stays."""
RESOURCES = ("VIRTUALMACHINE",)


@command("cleanVMReservations")
def clean_reservations(_call: Call) -> dict[str, Any]:
    """Room is reserved only while a deployment is being planned, which takes no time here."""
    return SUCCESS


@command("purgeExpungedResources")
def purge(call: Call) -> Any:
    p = call.params
    if (p.resourcetype or "").strip() and p.resourcetype.upper() not in RESOURCES:
        raise ServerApiError(530, "Invalid resource type specified")
    if p.batchsize is not None and p.batchsize <= 0:
        raise ServerApiError(530, "Invalid batchsize specified")
    if p.startdate is not None and p.enddate is not None and p.enddate < p.startdate:
        raise ServerApiError(530, "Invalid enddate specified")
    yield 0.1
    gone = [
        vm
        for vm in call.db.vms.all()
        if vm.removed is not None
        and (p.startdate is None or vm.removed >= p.startdate)
        and (p.enddate is None or vm.removed <= p.enddate)
    ]
    return {"purgeexpungedresources": {"resourcecount": sum(_drop(call.sim, vm) for vm in gone)}}


def _drop(sim: Simulator, vm: Any) -> bool:
    """Forget an expunged instance and its disks, unless something of it is still there."""
    if any(sim.db.tables[name].where(vm_id=vm.id) for name in HOLDERS):
        return False
    disks = [v for v in sim.db.volumes.all() if v.removed is not None and v.name == f"ROOT-{vm.id}"]
    if any(sim.db.snapshots.where(volume_id=disk.id) for disk in disks):
        return False
    for disk in disks:
        sim.db.volumes.delete(disk)
    sim.db.vms.delete(vm)
    return True


def _drop_later(sim: Simulator, vm: Any) -> None:
    """Offerings may ask for it (`purgeresources`): it is done some time after the expunging."""
    offering = sim.db.service_offerings.get(vm.service_offering_id)
    if vm.vm_type == "User" and offering is not None and offering.details.get(PURGE) == "true":
        delay = float(sim.settings.value("expunged.resource.purge.job.delay") or 0)
        sim.scheduler.after(delay, drop_if_gone, sim, vm)


def drop_if_gone(sim: Simulator, vm: Any) -> None:
    if vm.removed is not None and sim.db.vms.find(vm.uuid) is vm:
        _drop(sim, vm)


life.WHEN_EXPUNGED.append(_drop_later)

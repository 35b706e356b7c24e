"""Where VMs go when their host empties itself or is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..instances import placement
from ..instances.life import set_state

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

MIGRATION_SECONDS = 2.0
RESTART_SECONDS = 5.0


def stop_what_cannot_move(sim: Simulator, host: Host) -> None:
    """A host that empties itself stops what cannot be moved alive: VMs with a GPU; all, where it is the last one."""
    others = sim.db.hosts.where(cluster_id=host.cluster_id, kind="Routing", state="Up", resource_state="Enabled")
    is_last = all(other is host for other in others)
    for vm in sim.db.vms.where(host_id=host.id, state="Running"):
        offering = sim.db.service_offerings.get(vm.service_offering_id)
        if is_last or (offering is not None and offering.vgpu_profile_id is not None):
            placement.leave(sim, vm, keep_place=False)
            set_state(sim, vm, "Stopped")


def evacuate(sim: Simulator, host: Host) -> bool:
    """Start to move every VM of a host elsewhere; False when one cannot be moved or has no other place."""
    complete = True
    for vm in sim.db.vms.where(host_id=host.id):
        if vm.state == "Migrating":
            continue
        target = None if vm.stuck else placement.choose(sim, vm, avoid=(host.id,), moving=True)
        if target is None:
            complete = False
            continue
        set_state(sim, vm, "Migrating")
        sim.scheduler.after(MIGRATION_SECONDS, _arrive, sim, vm, target)
    return complete


def _arrive(sim: Simulator, vm: Any, target: Host) -> None:
    if vm.removed is None and vm.state == "Migrating":
        vm.last_host_id = vm.host_id
        placement.settle(sim, vm, target)
        set_state(sim, vm, "Running")


def lose_host(sim: Simulator, host: Host) -> None:
    """A host is gone: its VMs stop, and those that shall be kept available start elsewhere after a while."""
    for vm in sim.db.vms.where(host_id=host.id):
        placement.leave(sim, vm, keep_place=False)
        set_state(sim, vm, "Stopped")
        if _is_kept_available(sim, vm):
            sim.scheduler.after(RESTART_SECONDS, _restart, sim, vm, host)


def _is_kept_available(sim: Simulator, vm: Any) -> bool:
    offering = sim.db.service_offerings.get(vm.service_offering_id)
    return bool(vm.vm_type != "User" or getattr(vm, "ha_enabled", False) or (offering and offering.offer_ha))


def _restart(sim: Simulator, vm: Any, lost: Host) -> None:
    if vm.removed is not None or vm.state != "Stopped":
        return
    target = placement.choose(sim, vm, avoid=(lost.id,))
    if target is not None:
        placement.settle(sim, vm, target)
        set_state(sim, vm, "Running")

"""Each enabled zone has its system VMs: this looks after them as the server's capacity scans do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...model.appliances import CONSOLE_PROXY, SECONDARY_STORAGE_VM
from ...registry import at_install
from ..zones.zone_life import WHEN_ENABLED
from . import recipes, system_vms

if TYPE_CHECKING:
    from ...simulator import Simulator

FIRST_LOOK = 3.0
"""Seconds after a zone was enabled."""
ORDER = (CONSOLE_PROXY, SECONDARY_STORAGE_VM)


@at_install(order=70)
def start_watching(sim: Simulator) -> None:
    sim.scheduler.after(_interval(sim), watch, sim)


def _interval(sim: Simulator) -> float:
    """Milliseconds in the setting."""
    try:
        return max(1.0, float(sim.settings.value("secstorage.capacityscan.interval") or 30000) / 1000)
    except (TypeError, ValueError):
        return 30.0


def watch(sim: Simulator) -> None:
    """One look at all zones."""
    for zone in sim.db.zones:
        look_after(sim, zone)
    sim.scheduler.after(_interval(sim), watch, sim)


def zone_enabled(sim: Simulator, zone: Any) -> None:
    sim.scheduler.after(FIRST_LOOK, look_after, sim, zone)


WHEN_ENABLED.append(zone_enabled)


def look_after(sim: Simulator, zone: Any, order: tuple[str, ...] = ORDER) -> None:
    """Give a zone the system VMs that it lacks, as far as it can have them."""
    if zone.removed is not None or zone.allocation_state != "Enabled":
        return
    hypervisor = recipes.hypervisor_for(sim, zone)
    if hypervisor is None or not any(
        store.zone_id in (zone.id, None) for store in sim.db.image_stores.where(role="Image")
    ):
        return
    for kind in order:
        own = system_vms.all_of(sim, zone, kind)
        if not own:
            system_vms.create(sim, zone, kind, hypervisor)
        elif all(vm.state == "Stopped" for vm in own):
            system_vms.start_now(sim, own[0])

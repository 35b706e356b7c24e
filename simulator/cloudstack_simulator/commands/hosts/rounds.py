"""What goes round among all hosts: pings, and the collection of statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import at_install
from ..hypervisors import is_fake
from ..image_stores import contents
from .maintenance import go_on

if TYPE_CHECKING:
    from ...simulator import Simulator

WITHOUT_STATISTICS = ("PrepareForMaintenance", "Maintenance", "ErrorInMaintenance")


@at_install(order=60)
def start_rounds(sim: Simulator) -> None:
    _ping_round(sim)
    sim.scheduler.after(_statistics_interval(sim), _statistics_round, sim)


def _ping_round(sim: Simulator) -> None:
    for host in sim.db.hosts.where(state="Up"):
        host.last_ping = sim.clock.now()
        go_on(sim, host)
    sim.scheduler.after(float(sim.settings.value("ping.interval")), _ping_round, sim)


def _statistics_interval(sim: Simulator) -> float:
    return float(sim.settings.value("host.stats.interval")) / 1000 or 60.0


def _statistics_round(sim: Simulator) -> None:
    measure(sim)
    sim.scheduler.after(_statistics_interval(sim), _statistics_round, sim)


def measure(sim: Simulator) -> None:
    """The statistics collector asks every host in use, every pool through one, image stores through storage VMs."""
    for host in sim.db.hosts.where(state="Up"):
        if host.resource_state not in WITHOUT_STATISTICS:
            host.measured = True
    for pool in sim.db.storage_pools.where(state="Up"):
        if pool.hypervisor is not None and is_fake(pool.hypervisor) and pool.scope != "HOST":
            pool.capacity_iops = pool.capacity_iops or 1_000_000
            pool.used_iops = 500_000
        pool.measured = True
    for store in sim.db.image_stores:
        contents.measure(sim, store)

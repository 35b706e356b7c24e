"""Agents of hosts: pings, statistics, coming and going.

Hosts of the recorded server's test hypervisor stay away once they are disconnected; all others come back by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...registry import at_install
from ..hypervisors import is_fake
from ..image_stores import contents

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

CONNECT_SECONDS = 3.0
"""From the loss of its connection until an agent is up again."""
WITHOUT_STATISTICS = ("PrepareForMaintenance", "Maintenance", "ErrorInMaintenance")

EVENTS = {
    "Up": "StartAgentRebalance; AgentConnected; ShutdownRequested; ManagementServerDown; AgentDisconnected; Ping; "
    "PingTimeout; HostDown; Remove",
    "Disconnected": "WaitedTooLong; AgentConnected; ShutdownRequested; ManagementServerDown; Ping; AgentDisconnected; "
    "PingTimeout; HostDown; Remove",
    "Connecting": "AgentConnected; Ready; PingTimeout; ShutdownRequested; HostDown; Ping; ManagementServerDown; "
    "AgentDisconnected; Remove",
    "Alert": "AgentConnected; Ping; HostDown; Remove; ManagementServerDown; AgentDisconnected; ShutdownRequested",
    "Down": "AgentConnected; Remove; ManagementServerDown; AgentDisconnected; PingTimeout",
}
"""What may happen next to an agent, by its state."""


def disconnect(host: Host) -> None:
    host.state = "Disconnected"


def connect_soon(sim: Simulator, host: Host) -> None:
    """Let the agent come back by itself after a while, unless its hypervisor is the fake one."""
    if not is_fake(host.hypervisor):
        sim.scheduler.after(CONNECT_SECONDS / 2, _begin, sim, host)


def _begin(sim: Simulator, host: Host) -> None:
    if host.removed is None and host.state in ("Disconnected", "Alert", "Down"):
        host.state = "Connecting"
        sim.scheduler.after(CONNECT_SECONDS / 2, connect, sim, host)


def connect(sim: Simulator, host: Host) -> None:
    """The agent is there. It mounts what it could not mount before."""
    if host.removed is None:
        for pool in sim.db.storage_pools.where(zone_id=host.zone_id):
            if host.id in pool.unmounted and not sim.faults.strikes("pool-unmounted", host.name):
                pool.unmounted = [other for other in pool.unmounted if other != host.id]
        host.state = "Up"
        host.last_ping = sim.clock.now()


@at_install(order=60)
def start_rounds(sim: Simulator) -> None:
    _ping_round(sim)
    sim.scheduler.after(_statistics_interval(sim), _statistics_round, sim)


def _ping_round(sim: Simulator) -> None:
    from .maintenance import go_on

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

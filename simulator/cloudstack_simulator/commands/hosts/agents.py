"""Agents of hosts, coming and going.

Hosts of the recorded server's test hypervisor stay away once they are disconnected; all others come back by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..hypervisors import is_fake

if TYPE_CHECKING:
    from ...model.hosts import Host
    from ...simulator import Simulator

CONNECT_SECONDS = 3.0
"""From the loss of its connection until an agent is up again."""


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

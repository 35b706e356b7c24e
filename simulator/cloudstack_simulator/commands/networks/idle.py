"""The collector of networks that no running instance uses: it takes their routers and VLANs back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.networks import Network
from ...registry import at_install
from . import lifecycle

if TYPE_CHECKING:
    from ...simulator import Simulator


FIRST_ROUND = 1.0
"""Seconds after the installation; the later ones follow the setting."""


@at_install(order=60)
def start_collector(sim: Simulator) -> None:
    sim.scheduler.after(FIRST_ROUND, collect, sim)


def _interval(sim: Simulator) -> float:
    return max(1.0, float(sim.settings.value("network.gc.interval") or 600))


def collect(sim: Simulator) -> None:
    """A round: networks found idle are noted; those that have been so for `network.gc.wait` are shut down."""
    now, wait = sim.clock.now(), float(sim.settings.value("network.gc.wait") or 600)
    for network in sim.db.networks.where(traffic_type="Guest", state="Implemented"):
        if not _is_idle(sim, network):
            network.idle_since = None
        elif network.idle_since is None:
            network.idle_since = now
        elif network.idle_since + wait <= now:
            network.idle_since = None
            lifecycle.shut_down(sim, network)
    sim.scheduler.after(_interval(sim), collect, sim)


def _is_idle(sim: Simulator, network: Network) -> bool:
    """Whether instances have been in it, and none of them has a place or is about to."""
    offering = sim.db.network_offerings.get(network.offering_id)
    if offering is None or offering.persistent:
        return False
    return all(vm.host_id is None and vm.state != "Starting" for vm in lifecycle.vms_in(sim, network))

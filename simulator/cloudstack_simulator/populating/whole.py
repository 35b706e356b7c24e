"""Populate a simulator."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from ..commands.zones.capacity import count
from . import flaws, places
from .tenants import Tenants

if TYPE_CHECKING:
    from ..simulator import Simulator
    from .wanted import Wanted


def populate(sim: Simulator, wanted: Wanted) -> None:
    """Add zones (`Populated`, `Populated-2` …) with so many hosts, networks with routers, and instances.

    Rows, relations, counts and capacities are those that the commands would have left; events and jobs of the
    instances' making are not there. The zones themselves are made with commands.
    """
    gc.disable()
    try:
        for number, share in enumerate(wanted.shares(), 1):
            name = places.ZONE if number == 1 else f"{places.ZONE}-{number}"
            hosts = places.build(sim, name, share)
            zone = sim.db.zones.first(name=name)
            Tenants(sim, zone, hosts, places.prefix_of(name)).fill(share)
            if share.flaws:
                flaws.plant(sim, zone, share.flaws)
        count(sim)
    finally:
        gc.enable()
    gc.freeze()
    sim.begin()

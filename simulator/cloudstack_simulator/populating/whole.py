"""Populate a simulator."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from ..commands.zones.capacity import count
from . import places
from .tenants import Tenants

if TYPE_CHECKING:
    from ..simulator import Simulator
    from .wanted import Wanted


def populate(sim: Simulator, wanted: Wanted) -> None:
    """Add the zone `Populated` with so many hosts, networks with routers, and instances.

    Rows, relations, counts and capacities are those that the commands would have left; events and jobs of the
    instances' making are not there. The zone itself is made with commands.
    """
    gc.disable()
    try:
        hosts = places.build(sim, wanted)
        Tenants(sim, sim.db.zones.first(name=places.ZONE), hosts).fill(wanted)
        count(sim)
    finally:
        gc.enable()
    gc.freeze()
    sim.begin()

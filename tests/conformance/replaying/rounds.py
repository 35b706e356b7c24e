"""The recorded server's periodic rounds: its answers tell between which calls they fell."""

from __future__ import annotations

from collections.abc import Callable

from cloudstack_simulator import Simulator
from cloudstack_simulator.commands.hosts.rounds import measure
from cloudstack_simulator.commands.zones.capacity import count

ROUNDS: dict[tuple[str, int], Callable[[Simulator], None]] = {
    ("volumes", 60): count,
    ("zone_build_teardown", 192): measure,
}
"""(area, number of a call) → what the server did shortly before that call."""


def catch_up(sim: Simulator, area: str, number: int) -> None:
    """Do what fell between the last call and this one."""
    happened = ROUNDS.get((area, number))
    if happened is not None:
        happened(sim)

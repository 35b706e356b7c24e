"""What the statistics collector says of VMs. The figures are the recorded hypervisor's inventions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...call import Call
from ...clock import timestamp

if TYPE_CHECKING:
    from ...simulator import Simulator

PERIOD = 60.0
"""Seconds between two rounds of the collector."""
FIRST_ROUND = 4.0
"""Seconds from the start of the simulator to the collector's first round."""
FIGURES = {
    "cpuused": "10%",
    "networkkbsread": 32768,
    "networkkbswrite": 16384,
    "diskkbsread": 0,
    "diskkbswrite": 0,
    "memorykbs": 0,
    "memoryintfreekbs": 0,
    "memorytargetkbs": 0,
    "diskioread": 0,
    "diskiowrite": 0,
}


def last_round(sim: Simulator) -> float:
    """The moment of the collector's latest round (before the first one: a moment before the start)."""
    first = sim.started + FIRST_ROUND
    return first + (sim.clock.now() - first) // PERIOD * PERIOD


def is_measured(sim: Simulator, vm: Any) -> bool:
    """Whether a round of the collector has met the VM running."""
    since = vm.running_since
    return bool(vm.measured or (since is not None and last_round(sim) >= since))


def statistics(call: Call, vm: Any) -> dict[str, Any]:
    return dict(FIGURES) if is_measured(call.sim, vm) else {}


def history(call: Call, vm: Any) -> list[dict[str, Any]]:
    """The VM's statistics as the usage history shows them: those of all rounds that are kept, oldest first."""
    if not is_measured(call.sim, vm):
        return []
    latest = last_round(call.sim)
    began = max(vm.running_since or vm.created, latest - 60 * call.setting("vm.stats.max.retention.time"))
    rounds = max(1, int((latest - began) // PERIOD) + 1)
    return [
        {
            "timestamp": timestamp(max(latest - back * PERIOD, began)),
            **FIGURES,
            "memoryintfreekbs": -1,
            "diskiopstotal": 0,
            "networkread": "32.00 MiB",
            "networkwrite": "16.00 MiB",
        }
        for back in reversed(range(rounds))
    ]

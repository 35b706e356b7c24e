"""A populated cloud in its own time, with a count of what all runs of modules have sent to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cloudstack_simulator.populating import Wanted, populate

from .virtual import Fault, VirtualCloud


class PopulatedCloud(VirtualCloud):
    """What ``text`` says (``hosts=4,routers=10,hypervisor=KVM``). ``sent``: calls of all runs by command."""

    def __init__(self, text: str) -> None:
        super().__init__(seed=3)
        populate(self.sim, Wanted.parse(text))
        self.sent: Counter[str] = Counter()

    def run(self, module: str, /, *, check: bool = False, fault: Fault | None = None, **options: Any) -> dict[str, Any]:
        try:
            return super().run(module, check=check, fault=fault, **options)
        finally:
            self.sent.update(self.sim.counters.calls)

    def fault(self, **rule: Any) -> Any:
        """One more fault rule."""
        return self.sim.faults.add(rule)

"""What an instance counts for against its owner's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..gpu import stock
from .sizes import Size, size_of

if TYPE_CHECKING:
    from ...simulator import Simulator


def check(sim: Simulator, account: Any, size: Size, gpus: int = 0) -> None:
    """Refuse (535) when one more instance of this size is over the owner's limits."""
    sim.limits.check(account, "user_vm")
    sim.limits.check(account, "cpu", size.cpu)
    sim.limits.check(account, "memory", size.memory)
    if gpus:
        sim.limits.check(account, "gpu", gpus)


def count(sim: Simulator, vm: Any, sign: int) -> None:
    """What is hidden from its owner does not count."""
    if not vm.display:
        return
    size = size_of(sim.db, vm)
    sim.limits.add(vm.account_id, "user_vm", sign)
    sim.limits.add(vm.account_id, "cpu", sign * size.cpu)
    sim.limits.add(vm.account_id, "memory", sign * size.memory)
    sim.limits.add(vm.account_id, "gpu", sign * stock.wanted(sim, vm)[1])


def change_size(sim: Simulator, vm: Any, before: Size) -> None:
    if not vm.display:
        return
    after = size_of(sim.db, vm)
    sim.limits.add(vm.account_id, "cpu", after.cpu - before.cpu)
    sim.limits.add(vm.account_id, "memory", after.memory - before.memory)

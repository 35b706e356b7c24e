"""What differs between hypervisors: limits, and what their agents can and cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model.vms import VirtualMachine
    from ..simulator import Simulator

FAKE = "Simulator"
"""The recorded server's own test hypervisor: its agents accept everything and know little."""
DEFAULT_DATA_DISKS = 6


def is_fake(hypervisor: str | None) -> bool:
    return hypervisor == FAKE


def max_data_disks(sim: Simulator, vm: VirtualMachine) -> int:
    """How many data disks a VM may have, by the hypervisor's capabilities."""
    table = sim.db.tables.get("hypervisor_capabilities")
    rows: list[Any] = table.where(hypervisor=vm.hypervisor) if table is not None else []
    limits = [row.max_data_disks for row in rows if row.max_data_disks]
    return max(limits, default=DEFAULT_DATA_DISKS)

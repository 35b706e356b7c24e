"""Volumes whose disk offering encrypts them, and what the server does not do with those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...model.volumes import Volume
    from ...simulator import Simulator

ENCRYPTING = ("KVM", "Custom")
"""Hypervisors that can have encrypted volumes."""


def is_encrypted(sim: Simulator, volume: Volume | None) -> bool:
    offering = sim.db.disk_offerings.get(volume.disk_offering_id) if volume is not None else None
    return offering is not None and bool(offering.encrypt)


def is_impossible(offering: Any, hypervisor: str | None) -> bool:
    """Whether the offering encrypts what the hypervisor cannot read."""
    return offering is not None and bool(offering.encrypt) and hypervisor not in ENCRYPTING

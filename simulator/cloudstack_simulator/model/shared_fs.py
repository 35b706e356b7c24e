"""Shared file systems."""

from __future__ import annotations

from ..tables import Row, entity


@entity("shared_file_systems", "SharedFS", indexes=("account_id", "name", "zone_id"))
class SharedFileSystem(Row):
    name: str
    account_id: int
    zone_id: int
    service_offering_id: int
    filesystem: str
    """EXT4 or XFS."""
    description: str | None = None
    provider: str = "SHAREDFSVM"
    state: str = "Allocated"
    """Allocated, Ready, Stopping, Stopped, Starting, Destroyed, Expunging, Error."""
    vm_id: int | None = None
    volume_id: int | None = None
    destroyed_at: float | None = None

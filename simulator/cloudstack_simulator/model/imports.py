"""What lies on hypervisors and pools without the server knowing it: it can be taken in."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh


@entity("foreign_instances", indexes=("cluster_id", "name"))
class ForeignInstance(Row):
    name: str
    """As the hypervisor calls it."""
    cluster_id: int
    host_id: int
    hypervisor: str
    cpu: int
    speed: int
    memory: int
    """MB."""
    running: bool = False
    os: str | None = None
    disks: list[dict[str, Any]] = fresh(list)
    """{"path", "size", "pool", "root"}: pools by their numbers, sizes in bytes."""
    nics: list[dict[str, Any]] = fresh(list)
    """{"mac", "vlan", "address"}"""


@entity("foreign_volumes", indexes=("pool_id", "path"))
class ForeignVolume(Row):
    path: str
    pool_id: int
    size: int
    """Bytes."""
    format: str = "qcow2"

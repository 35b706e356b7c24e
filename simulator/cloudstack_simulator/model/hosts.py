"""Hosts: hypervisor hosts, and the agents of system VMs, which the server keeps in the same table."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh
from ..wording import printed


@entity("hosts", "Host", indexes=("cluster_id", "pod_id", "zone_id", "kind", "name", "vm_id", "server_id"))
class Host(Row):
    name: str
    kind: str
    """Routing, ConsoleProxy, SecondaryStorageVM."""
    zone_id: int
    pod_id: int | None = None
    cluster_id: int | None = None
    hypervisor: str | None = None
    url: str | None = None
    address: str | None = None
    state: str = "Up"
    """What the agent does: Connecting, Up, Disconnected, Alert, Down …"""
    resource_state: str = "Enabled"
    failed_rounds: int = 0
    """How often, since it began to empty itself, something did not move."""
    cpu_number: int = 0
    cpu_speed: int = 0
    cpu_sockets: int | None = None
    memory: int = 0
    """Bytes."""
    cpu_used: int = 0
    """MHz given to instances that run or keep their place here."""
    cores_used: int = 0
    memory_used: int = 0
    """Bytes given to instances."""
    tags: list[str] = fresh(list)
    is_tag_rule: bool = False
    capabilities: str | None = "hvm"
    version: str | None = None
    hypervisor_version: str | None = None
    arch: str | None = "x86_64"
    os_category_id: int | None = None
    gpu_groups: tuple[dict[str, Any], ...] = ()
    gpu_total: int | None = None
    gpu_used: int = 0
    """None: nobody has asked the host for GPUs yet."""
    measured: bool = False
    """Whether the first statistics have come in (one round after it connected)."""
    last_ping: float = 0.0
    details: dict[str, str] = fresh(dict)
    username: str | None = None
    """With which the server logs in to it."""
    stored_password: str | None = None
    """Fingerprint of the password that the server knows."""
    own_password: str | None = None
    """Fingerprint of the password that the machine itself takes."""
    power: dict[str, Any] = fresh(dict)
    """Out-of-band management: driver, address, port, username, enabled."""
    ha: dict[str, Any] = fresh(dict)
    """Host HA: provider, enabled, state."""
    storage_access_groups: list[str] = fresh(list)
    server_id: int | None = None
    """The management server that its agent is connected to, where there are several."""
    vm_id: int | None = None
    """The system VM whose agent this is."""
    secured: bool | None = None

    @property
    def host_id(self) -> int:
        return self.id

    def __str__(self) -> str:
        return printed("Host", id=self.id, name=self.name, type=self.kind, uuid=self.uuid)

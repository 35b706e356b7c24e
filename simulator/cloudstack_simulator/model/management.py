"""Management servers."""

from __future__ import annotations

from ..tables import Row, entity, fresh


@entity("management_servers", "ManagementServer")
class ManagementServer(Row):
    name: str
    service_ip: str = "127.0.0.1"
    state: str = "Up"
    state_before: str = "Up"
    """Before its process went away."""
    preparing_since: float = 0.0
    forced: bool = False
    """Into maintenance also when its jobs do not end in time."""
    last_start: float = 0.0
    last_stop: float | None = None
    last_boot: float = 0.0
    last_agents: list[int] = fresh(list)
    collected_agents: list[int] = fresh(list)
    """Numbers of the hosts that were connected before the last start."""

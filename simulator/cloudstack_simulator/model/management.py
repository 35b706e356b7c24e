"""Management servers."""

from __future__ import annotations

from ..tables import Row, entity


@entity("management_servers", "ManagementServer")
class ManagementServer(Row):
    name: str
    service_ip: str = "127.0.0.1"
    state: str = "Up"

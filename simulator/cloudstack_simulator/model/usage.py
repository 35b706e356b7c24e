"""What is counted for bills: spans of use that have ended, records, and the usage server itself."""

from __future__ import annotations

from ..tables import Row, entity


@entity("usage_servers")
class UsageServer(Row):
    host_name: str = "localhost/127.0.0.1"
    state: str = "Up"
    heartbeat: float | None = None
    counted_until: float | None = None
    """End of what the latest successful job has counted."""
    ordered: bool = False
    """Whether somebody asked for a job out of turn."""
    minutes: int = 1440
    """From one job to the next."""
    next_run: float | None = None


@entity("usage_spans", indexes=("resource_id",))
class UsageSpan(Row):
    """Use that has ended, of what may be used again: a VM that ran, an address that was given back."""

    kind: int
    """Number of the usage type."""
    resource_id: int
    account_id: int
    zone_id: int
    since: float
    until: float
    source_nat: bool = False


@entity("usage_records", indexes=("kind", "account_id", "start"))
class UsageRecord(Row):
    kind: int
    account_id: int
    zone_id: int
    resource_id: int
    start: float
    end: float
    """The moment after the period."""
    hours: float
    size: int | None = None
    source_nat: bool = False

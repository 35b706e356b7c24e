"""Jobs, events, alerts and tags: what every area writes."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity


@entity("jobs", "AsyncJob", indexes=("status", "instance"))
class Job(Row):
    command: str
    user_id: int
    account_id: int
    status: int = 0
    """0 in progress, 1 succeeded, 2 failed, 3 cancelled."""
    result_code: int = 0
    result: Any = None
    instance_type: str | None = None
    instance: str | None = None
    """The uuid of the row that the job is about."""
    completed: float | None = None
    sync_key: Any = None
    server_id: int | None = None
    """The management server that works on it, where there are several."""


@entity("events", "Event", indexes=("resource",))
class Event(Row):
    type: str
    level: str
    description: str
    user_id: int
    account_id: int
    state: str = "Completed"
    parent: str | None = None
    resource: str | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    archived: bool = False


@entity("alerts", "Alert")
class Alert(Row):
    type: int
    name: str
    description: str
    zone_id: int | None = None
    pod_id: int | None = None
    archived: bool = False


@entity("tags", "ResourceTag", indexes=("resource",))
class ResourceTag(Row):
    resource: str
    """uuid of the tagged row"""
    resource_type: str
    key: str
    value: str
    account_id: int
    customer: str | None = None


@entity("resource_details", indexes=("resource",))
class ResourceDetail(Row):
    """A detail of a row that has no details of its own."""

    resource: str
    """uuid of the row"""
    key: str
    value: str
    display: bool = True


@entity("resource_icons", indexes=("resource",))
class ResourceIcon(Row):
    resource: str
    """uuid of what it is of"""
    resource_type: str
    image: str
    """Base64."""

"""Extensions of the server and the actions that they bring."""

from __future__ import annotations

from typing import Any

from ..tables import Row, entity, fresh


@entity("extensions", "Extension", indexes=("name",))
class Extension(Row):
    name: str
    description: str | None
    path: str
    """Of its entry point, below the servers' directory of extensions."""
    type: str = "Orchestrator"
    state: str = "Enabled"
    path_ready: bool = True
    user_defined: bool = True
    prepares_vms: bool | None = None
    details: dict[str, str] = fresh(dict)


@entity("extension_resources", indexes=("extension_id", "cluster_id"))
class ExtensionResource(Row):
    extension_id: int
    cluster_id: int
    details: dict[str, str] = fresh(dict)


@entity("custom_actions", "CustomAction", indexes=("extension_id", "name"))
class CustomAction(Row):
    name: str
    extension_id: int
    description: str | None = None
    resource_type: str | None = None
    role_types: list[str] = fresh(list)
    success_message: str | None = None
    error_message: str | None = None
    timeout: int = 3
    enabled: bool = False
    parameters: list[dict[str, Any]] = fresh(list)
    """{"name", "type", "validationformat", "valueoptions", "required"}"""
    details: dict[str, str] = fresh(dict)

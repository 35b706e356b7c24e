"""Details of objects of any kind: addResourceDetail and its relatives."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import InvalidParameter, NotModelled
from ..parameters import UUID, flat_map
from ..registry import SUCCESS, command
from .tags import KINDS

TABLES = {
    "UserVm": "vms", "Network": "networks", "Zone": "zones", "ServiceOffering": "service_offerings",
    "Template": "templates", "ISO": "templates", "StoragePool": "storage_pools", "DiskOffering": "disk_offerings",
    "Host": "hosts",
}  # fmt: skip
"""Kinds whose rows may have details."""
NOT_MODELLED = frozenset({"Volume", "Nic", "Vpc", "FirewallRule", "LoadBalancer", "RemoteAccessVpn", "Snapshot"})
"""Kinds that have details on a server, but not here."""


def _kind(call: Call) -> str:
    word = call.params.resourcetype
    kind = next((k for k in KINDS if k.lower() == word.lower()), None)
    if kind is None:
        raise InvalidParameter(f"Invalid resource type {word}")
    return kind


def _table(call: Call, kind: str) -> Any:
    if kind in NOT_MODELLED:
        raise NotModelled(f"{call.fact.name} of the resource type {kind}")
    table = call.db.tables.get(TABLES.get(kind, ""))
    if table is None:
        raise InvalidParameter(f"The resource type {kind} doesn't support metadata (resource details)")
    return table


def _resource(call: Call, kind: str) -> Any:
    given, table = call.params.resourceid, _table(call, kind)
    row = table.find(given) if UUID.fullmatch(given) else table.get(int(given)) if given.isdigit() else None
    if row is None:
        raise InvalidParameter(f"Unable to find resource by uuid {given} and type {kind}")
    if hasattr(row, "account_id"):
        call.check_access(row)
    return row


@command("addResourceDetail")
def add_details(call: Call) -> dict[str, Any]:
    row = _resource(call, _kind(call))
    for key, value in flat_map(call.params.details).items():
        if not value:
            raise InvalidParameter(f"Value for the key {key} is either null or empty")
        row.details = {**row.details, key: value}
    return SUCCESS


@command("removeResourceDetail")
def remove_detail(call: Call) -> dict[str, Any]:
    row, key = _resource(call, _kind(call)), call.params.key
    row.details = {k: v for k, v in row.details.items() if key is not None and k != key}
    return SUCCESS


@command("listResourceDetails")
def list_details(call: Call) -> dict[str, Any]:
    p = call.params
    if p.resourceid is None and p.value is None:
        raise InvalidParameter(
            "Insufficient parameters passed for listing by resourceId OR key,value pair. Please check your params and "
            "try again."
        )
    if p.value is not None and p.key is None:
        raise InvalidParameter("Listing by (key, value) but key is null. Please check the params and try again")
    kind = _kind(call)
    rows = [_resource(call, kind)] if p.resourceid is not None else list(_table(call, kind))
    found = [
        {"resourceid": row.uuid, "key": key, "value": value, "resourcetype": kind, "fordisplay": True}
        for row in rows
        for key, value in getattr(row, "details", {}).items()
        if p.key in (None, key) and p.value in (None, value)
    ]
    return call.listing("resourcedetail", found, lambda _call, view: view)

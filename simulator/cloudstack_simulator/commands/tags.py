"""Resource tags."""

from __future__ import annotations

from typing import Any

from ..access import may_use_account
from ..call import Call
from ..errors import CloudRuntime, InvalidParameter, PermissionDenied
from ..listing import equal
from ..model.operations import ResourceTag
from ..parameters import UUID
from ..registry import SUCCESS, command
from ..tables import Row
from ..tags import TAGGABLE

KINDS = (
    "VMInstance", "UserVm", "Template", "ISO", "Volume", "Snapshot", "Backup", "Network", "DomainRouter", "Nic",
    "LoadBalancer", "PortForwardingRule", "FirewallRule", "SecurityGroup", "SecurityGroupRule", "PublicIpAddress",
    "Project", "Account", "Vpc", "NetworkACL", "StaticRoute", "VMSnapshot", "RemoteAccessVpn", "Zone",
    "ServiceOffering", "Storage", "PrivateGateway", "DiskOffering", "Domain", "User", "NetworkACLList", "VpnGateway",
    "CustomerGateway", "VpnConnection", "SnapshotPolicy", "GuestOs", "NetworkOffering", "VpcOffering",
    "LBStickinessPolicy", "LBHealthCheckPolicy", "AutoScaleVmProfile", "AutoScaleVmGroup", "ObjectStore",
    "Bucket", "InternalLbVm",
)  # fmt: skip
"""Kinds that have tags, details or icons [src ResourceTag.ResourceObjectType]."""


def _resources(call: Call) -> tuple[str, list[Row]]:
    """The kind in its own spelling and the rows that the parameters name."""
    word = call.params.resourcetype
    kind = next((k for k in KINDS if k.lower() == word.lower()), None)
    if kind is None:
        raise InvalidParameter(f"Invalid resource type {word}")
    if kind.lower() not in TAGGABLE:
        raise InvalidParameter(f"The resource type {kind} doesn't support resource tags")
    table = call.db.tables[TAGGABLE[kind.lower()]]
    rows = []
    for given in call.params.resourceids:
        row = table.find(given) if UUID.fullmatch(given) else table.get(int(given)) if given.isdigit() else None
        if row is None:
            raise InvalidParameter(f"Unable to find resource by uuid {given} and type {kind}")
        _check_access(call, row)
        rows.append(row)
    return kind, rows


def _check_access(call: Call, row: Any) -> None:
    owner = call.db.accounts.get(getattr(row, "account_id", None) or getattr(row, "project_account_id", None))
    if owner is not None and not may_use_account(call.caller, owner, call.db):
        raise PermissionDenied(
            f"Account {call.caller.account.name} doesn't have permissions to operate with resource {row.uuid}"
        )


def _given_tags(call: Call) -> list[tuple[str, str | None]]:
    tags = [(entry.get("key", ""), entry.get("value")) for entry in (call.params.tags or {}).values()]
    return [(key.strip(), value) for key, value in tags]


@command("createTags")
def create_tags(call: Call) -> dict[str, Any]:
    kind, rows = _resources(call)
    for row in rows:
        owner = getattr(row, "account_id", None) or getattr(row, "project_account_id", None) or call.caller.account.id
        present = {tag.key for tag in call.sim.tags.of(row)}
        for key, value in _given_tags(call):
            if not key:
                raise InvalidParameter("Please specify a valid tag key")
            if not value:
                raise InvalidParameter("Value for the key " + key + " is either null or empty")
            if key in present:
                raise CloudRuntime(f"tag {key} already on {kind} with id {row.uuid}")
            call.sim.tags.put(kind, row, key, value, owner, call.params.customer)
    return SUCCESS


@command("deleteTags")
def delete_tags(call: Call) -> dict[str, Any]:
    _kind, rows = _resources(call)
    wanted = _given_tags(call)
    doomed = [
        tag
        for row in rows
        for tag in call.sim.tags.of(row)
        if not wanted or any(tag.key == key and value in (None, tag.value) for key, value in wanted)
    ]
    if not doomed:
        raise CloudRuntime("Failed to delete tags")
    for tag in doomed:
        call.db.tags.delete(tag)
    return SUCCESS


@command("listTags")
def list_tags(call: Call) -> dict[str, Any]:
    p = call.params
    filters = [
        equal("resource", p.resourceid),
        equal("resource_type", p.resourcetype),
        equal("key", p.key),
        equal("value", p.value),
        equal("customer", p.customer),
    ]

    def view(inner: Call, tag: ResourceTag) -> dict[str, Any]:
        return inner.sim.tags.view(tag)

    return call.listing("tag", call.db.tags, view, where=filters, keyword=("key", "value"), owned=True)

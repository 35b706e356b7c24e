"""Resource tags."""

from __future__ import annotations

from typing import Any

from ..access import NO_ACCESS, may_use_account
from ..call import Call
from ..errors import CloudRuntime, InvalidParameter, PermissionDenied
from ..hash_order import in_hash_order
from ..listing import equal, matching
from ..model.operations import ResourceTag
from ..parameters import UUID
from ..registry import SUCCESS, command
from ..tables import Row
from ..tags import TAGGABLE

SYSTEM_ID = 1
KINDS = (
    "VMInstance", "UserVm", "Template", "ISO", "Volume", "Snapshot", "Backup", "Network", "DomainRouter", "Nic",
    "LoadBalancer", "PortForwardingRule", "FirewallRule", "SecurityGroup", "SecurityGroupRule", "PublicIpAddress",
    "Project", "Account", "Vpc", "NetworkACL", "StaticRoute", "VMSnapshot", "RemoteAccessVpn", "Zone",
    "ServiceOffering", "Storage", "PrivateGateway", "DiskOffering", "Domain", "User", "NetworkACLList", "VpnGateway",
    "CustomerGateway", "VpnConnection", "SnapshotPolicy", "GuestOs", "NetworkOffering", "VpcOffering",
    "LBStickinessPolicy", "LBHealthCheckPolicy", "AutoScaleVmProfile", "AutoScaleVmGroup", "ObjectStore",
    "Bucket", "InternalLbVm", "SharedFS",
)  # fmt: skip
"""Kinds that have tags, details or icons [src ResourceTag.ResourceObjectType]."""


def _kind(call: Call) -> str:
    """The kind in its own spelling."""
    word = call.params.resourcetype
    kind = next((k for k in KINDS if k.lower() == word.lower()), None)
    if kind is None:
        raise InvalidParameter(f"Invalid resource type {word}")
    return kind


def _row(call: Call, kind: str, given: str) -> Any:
    """The living row of a UUID or an internal number, or None."""
    table = call.db.tables[TAGGABLE[kind.lower()]]
    row = table.find(given) if UUID.fullmatch(given) else table.get(int(given)) if given.isdigit() else None
    return row if row is not None and row.removed is None else None


def _owner_id(call: Call, kind: str, row: Any) -> int:
    """Whose the row is: rules of an access list are their VPC's, policies their volume's, what has no owner the
    system's.
    """
    db = call.db
    if kind == "NetworkACL":
        row = db.vpcs.get(db.network_acls[row.acl_id].vpc_id)
    elif kind == "SnapshotPolicy":
        row = db.volumes.get(row.volume_id)
    owner: int = getattr(row, "account_id", None) or getattr(row, "project_account_id", None) or SYSTEM_ID
    return owner


def _check_access(call: Call, account_id: int) -> None:
    if not may_use_account(call.caller, call.db.accounts[account_id], call.db):
        raise PermissionDenied(NO_ACCESS)


def _given_tags(call: Call) -> dict[str, str | None]:
    """Key → value, in the order of the server's map."""
    pairs = {(entry.get("key") or "").strip(): entry.get("value") for entry in (call.params.tags or {}).values()}
    return {key: pairs[key] for key in in_hash_order(pairs)}


@command("createTags")
def create_tags(call: Call) -> dict[str, Any]:
    """All of them or, when one is refused, none."""
    kind, tags = _kind(call), _given_tags(call)
    if "" in tags:
        raise InvalidParameter("Please specify a valid tag key")
    new = [_new_tag(call, kind, given, key, value) for key, value in tags.items() for given in call.params.resourceids]
    for row, key, value, owner in new:
        call.sim.tags.put(kind, row, key, value, owner, call.params.customer)
    call.event("CREATE_TAGS", "Successfully completed creating resource tags")
    return SUCCESS


def _new_tag(call: Call, kind: str, given: str, key: str, value: str | None) -> tuple[Row, str, str, int]:
    """What is put on one row, with the number of its owner."""
    if kind.lower() not in TAGGABLE:
        raise InvalidParameter(f"The resource type {kind} doesn't support resource tags")
    row = _row(call, kind, given)
    if row is None:
        raise InvalidParameter(f"Unable to find resource by uuid {given} and type {kind}")
    owner = _owner_id(call, kind, row)
    _check_access(call, owner)
    if not value:
        raise InvalidParameter("Value for the key " + key + " is either null or empty")
    if any(tag.key.lower() == key.lower() and tag.resource_type == kind for tag in call.sim.tags.of(row)):
        raise CloudRuntime(f"tag {key} already on {kind} with id {given}")
    return row, key, value, owner


@command("deleteTags")
def delete_tags(call: Call) -> dict[str, Any]:
    """Rows that are not there have no tags; case does not count."""
    kind, wanted = _kind(call), _given_tags(call)
    doomed = [
        tag
        for given in call.params.resourceids
        for tag in _tags_of(call, kind, given)
        if not wanted or any(_is_meant(tag, key, value) for key, value in wanted.items())
    ]
    if not doomed:
        raise CloudRuntime("Failed to delete tags")
    for tag in doomed:
        _check_access(call, tag.account_id)
    for tag in doomed:
        call.db.tags.delete(tag)
    call.event("DELETE_TAGS", "Successfully completed deleting resource tags")
    return SUCCESS


def _tags_of(call: Call, kind: str, given: str) -> list[ResourceTag]:
    row = _row(call, kind, given) if kind.lower() in TAGGABLE else None
    return [tag for tag in call.sim.tags.of(row) if tag.resource_type == kind] if row is not None else []


def _is_meant(tag: ResourceTag, key: str, value: str | None) -> bool:
    return tag.key.lower() == key.lower() and (value is None or tag.value.lower() == value.lower())


@command("listTags")
def list_tags(call: Call) -> dict[str, Any]:
    """By kinds, the last of the alphabet first. A keyword is not looked at."""
    p, db = call.params, call.db
    given = p.resourceid
    if p.projectid is None and given and (p.resourcetype or "").lower() == "project":
        call.params.set_default(
            "projectid", db.projects.get(int(given)) if given.isdigit() else db.projects.find(given)
        )
    number = given is not None and given.isdigit()
    filters = [
        matching(lambda tag: _has_number(call, tag, int(given))) if number else equal("resource", given),
        equal("resource_type", p.resourcetype),
        equal("key", p.key),
        equal("value", p.value),
        equal("customer", p.customer),
    ]

    def view(inner: Call, tag: ResourceTag) -> dict[str, Any]:
        return inner.sim.tags.view(tag)

    rows = sorted(db.tags, key=lambda tag: tag.resource_type, reverse=True)
    return call.listing("tag", rows, view, where=filters, owned=True)


def _has_number(call: Call, tag: ResourceTag, number: int) -> bool:
    row = call.db.tables[TAGGABLE[tag.resource_type.lower()]].find(tag.resource)
    return row is not None and row.id == number

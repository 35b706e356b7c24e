"""Details of objects of any kind: addResourceDetail and its relatives."""

from __future__ import annotations

from typing import Any

from ..call import Call
from ..errors import InvalidParameter, JavaError
from ..model.operations import ResourceDetail
from ..parameters import UUID, flat_map
from ..registry import SUCCESS, command
from .tags import KINDS

TABLES = {
    "UserVm": "vms", "Volume": "volumes", "Template": "templates", "Network": "networks", "Nic": "nics",
    "ServiceOffering": "service_offerings", "Zone": "zones", "Storage": "storage_pools",
    "FirewallRule": "firewall_rules", "PublicIpAddress": "ip_addresses", "PortForwardingRule": "firewall_rules",
    "LoadBalancer": "firewall_rules", "RemoteAccessVpn": "remote_access_vpns", "Vpc": "vpcs",
    "PrivateGateway": "private_gateways", "NetworkACLList": "network_acls", "NetworkACL": "network_acl_items",
    "VpnGateway": "vpn_gateways", "CustomerGateway": "vpn_customer_gateways", "VpnConnection": "vpn_connections",
    "DiskOffering": "disk_offerings", "User": "users", "AutoScaleVmProfile": "scaling_profiles",
    "AutoScaleVmGroup": "scaling_groups", "LBStickinessPolicy": "lb_stickiness_policies",
    "LBHealthCheckPolicy": "lb_health_checks", "SnapshotPolicy": "snapshot_policies", "GuestOs": "guest_os",
    "NetworkOffering": "network_offerings", "ObjectStore": "object_stores",
}  # fmt: skip
"""Kinds whose rows may have details, and where these rows are [src ResourceMetaDataManagerImpl]."""


def _kind(call: Call) -> str:
    word = call.params.resourcetype
    kind = next((k for k in KINDS if k.lower() == word.lower()), None)
    if kind is None:
        raise InvalidParameter(f"Invalid resource type {word}")
    return kind


def _check_kind(kind: str) -> None:
    if kind not in TABLES:
        raise JavaError(f"ResourceType {kind} doesn't support metadata")


def _resource(call: Call, kind: str) -> Any:
    """The living row that is meant."""
    given, table = call.params.resourceid, call.db.tables.get(TABLES.get(kind, ""))
    number = not UUID.fullmatch(given) and given.isdigit()
    row = None if table is None else table.get(int(given)) if number else table.find(given)
    if row is None or row.removed is not None:
        _check_kind(kind)
        raise InvalidParameter(f"Unable to find resource by {'id' if number else 'uuid'} {given} and type {kind}")
    if hasattr(row, "account_id"):
        call.check_access(row)
    return row


def _details(call: Call, row: Any) -> dict[str, tuple[str, bool]]:
    """The row's details: key → value and whether all may see it."""
    if hasattr(row, "details"):
        return {key: (value, True) for key, value in row.details.items()}
    return {d.key: (d.value, d.display) for d in call.db.resource_details.where(resource=row.uuid)}


def _remove(call: Call, row: Any, key: str | None) -> None:
    """Take a detail away; all of them without a key."""
    if hasattr(row, "details"):
        row.details = {k: v for k, v in row.details.items() if key is not None and k != key}
        return
    for detail in call.db.resource_details.where(resource=row.uuid):
        if key in (None, detail.key):
            call.db.resource_details.delete(detail)


@command("addResourceDetail")
def add_details(call: Call) -> dict[str, Any]:
    """All of them or, when one is empty, none."""
    kind, display, details = _kind(call), call.params.get("fordisplay", True), flat_map(call.params.details)
    for key, value in details.items():
        if not value:
            raise InvalidParameter(f"Value for the key {key} is either null or empty")
    row = _resource(call, kind)
    if hasattr(row, "details"):
        row.details = {**row.details, **details}
    else:
        for key, value in details.items():
            _remove(call, row, key)
            call.db.resource_details.add(ResourceDetail(resource=row.uuid, key=key, value=value, display=display))
    call.event("CREATE_RESOURCE_DETAILS", "Successfully completed creating resource meta data")
    return SUCCESS


@command("removeResourceDetail")
def remove_detail(call: Call) -> dict[str, Any]:
    _remove(call, _resource(call, _kind(call)), call.params.key)
    call.event("DELETE_RESOURCE_DETAILS", "Successfully completed deleting resource meta data")
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
    _check_kind(kind)
    rows = [_resource(call, kind)] if p.resourceid is not None else list(call.db.tables[TABLES[kind]])
    found = [
        {"resourceid": row.uuid, "key": key, "value": value, "resourcetype": kind, "fordisplay": display}
        for row in rows
        for key, (value, display) in _details(call, row).items()
        if p.key in (None, key) and p.value in (None, value) and p.fordisplay in (None, display)
    ]
    return call.listing("resourcedetail", found, lambda _call, view: view)

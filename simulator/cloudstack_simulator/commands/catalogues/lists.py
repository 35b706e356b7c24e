"""Lists that never change."""

from __future__ import annotations

from typing import Any

from ... import contract
from ...call import Call
from ...errors import InvalidParameter
from ...listing import page
from ...registry import command

IMAGE_PROVIDERS = [
    *({"name": name, "type": "IMAGE"} for name in ("NFS", "S3", "Swift", "SMB", "Sample", "SimulatorImageStore")),
    {"name": "NFS", "type": "IMAGECACHE"},
    *({"name": name, "type": "OBJECT"} for name in ("Simulator", "MinIO", "Ceph", "Cloudian HyperStore")),
]
"""Beside the recorded providers of primary storage."""


def _facts(name: str) -> Any:
    return contract.facts("catalogue.json")[name]


def _whole(key: str, rows: list[Any]) -> dict[str, Any]:
    """A list that the server never pages."""
    return {"count": len(rows), key: rows} if rows else {}


@command("listHypervisors")
def list_hypervisors(call: Call) -> dict[str, Any]:
    """Those of the setting `hypervisor.list`; of a zone: those of its clusters."""
    names = [name.strip() for name in (call.setting("hypervisor.list") or "").split(",") if name.strip()]
    zone = call.params.zoneid
    if zone is not None:
        here = {cluster.hypervisor for cluster in call.db.clusters.where(zone_id=zone.id)}
        names = sorted(here & {*names, "Simulator"})
    return _whole("hypervisor", [{"name": name} for name in names])


@command("listEventTypes")
def list_event_types(_call: Call) -> dict[str, Any]:
    return _whole("eventtype", [{"name": name} for name in _facts("event_types")])


@command("listAlertTypes")
def list_alert_types(_call: Call) -> dict[str, Any]:
    return _whole("alerttype", [{"alerttypeid": number, "name": name} for number, name in _facts("alert_types")])


@command("listDeploymentPlanners")
def list_deployment_planners(call: Call) -> dict[str, Any]:
    return page(call, "deploymentPlanner", _facts("deployment_planners"), lambda name: {"name": name})


@command("listStorageProviders")
def list_storage_providers(call: Call) -> dict[str, Any]:
    word = call.params.type
    if word.lower() not in ("primary", "image", "imagecache", "object"):
        raise InvalidParameter(f"Invalid parameter: {word}")
    rows = [row for row in [*_facts("storage_providers"), *IMAGE_PROVIDERS] if row["type"].lower() == word.lower()]
    return page(call, "dataStoreProvider", rows, dict)


@command("listUsageTypes")
def list_usage_types(_call: Call) -> dict[str, Any]:
    return _whole("usagetype", [{k: row[k] for k in ("id", "name", "description")} for row in _facts("usage_types")])


@command("listBackupProviders")
def list_backup_providers(call: Call) -> dict[str, Any]:
    wanted = call.params.name
    return page(call, "providers", [p for p in _facts("backup_providers") if wanted in (None, p["name"])], dict)


DETAIL_OPTIONS: dict[str, dict[str, list[str]]] = {
    "UserVm": {
        "keyboard": ["uk", "us", "jp", "fr"],
        "cpu.corespersocket": [],
        "UEFI": ["LEGACY", "SECURE"],
        "rootdisksize": [],
    }
}


@command("listDetailOptions")
def list_detail_options(call: Call) -> dict[str, Any]:
    """What may be set as a detail of a resource type (for UserVm as the test hypervisor has it)."""
    return {"detailoptions": {"details": DETAIL_OPTIONS.get(call.params.resourcetype, {})}}

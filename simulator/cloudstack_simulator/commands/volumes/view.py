"""How a volume looks in answers."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...model.volumes import Volume
from ...tags import taggable
from ..annotations import has_annotations
from ..common import owner_fields, short_tags

taggable("Volume", "volumes")

STATISTICS_AFTER = 2.7
"""Seconds on a pool after which the statistics of a root disk are there."""


def volume_view(call: Call, volume: Volume, *, full: bool | None = None) -> dict[str, Any]:
    """`full`: with what only root admins read (where it lies); by default as the caller may."""
    full = call.caller.is_root_admin if full is None else full
    zone = call.db.zones[volume.zone_id]
    offering = call.db.disk_offerings.get(volume.disk_offering_id)
    view: dict[str, Any] = {
        "id": volume.uuid,
        "name": volume.name,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "type": volume.kind,
        "provisioningtype": volume.provisioning_type,
        "size": volume.size,
        "created": timestamp(volume.created),
        "state": volume.state,
        **owner_fields(call, volume.account_id),
        "storagetype": "local" if offering is not None and offering.use_local_storage else "shared",
        "hypervisor": volume.hypervisor or "None",
        "destroyed": volume.state == "Destroy",
        "isextractable": volume.extractable,
        "displayvolume": volume.display,
        "quiescevm": False,
        "supportsstoragesnapshot": False,
        "deleteprotection": volume.delete_protection,
        "tags": short_tags(call, volume),
        "hasannotations": has_annotations(call, volume),
    }
    _add_rare_fields(call, volume, view)
    _add_vm_fields(call, volume, view)
    view |= _template_fields(call, volume)
    view |= _offering_fields(call, volume, offering)
    if full:
        view |= _place_fields(call, volume)
    return view


def _add_rare_fields(call: Call, volume: Volume, view: dict[str, Any]) -> None:
    snapshot = call.db.snapshots.get(volume.snapshot_id)
    rare = (volume.min_iops, volume.max_iops, volume.chain_info, snapshot.uuid if snapshot is not None else None)
    if rare != (None, None, None, None):
        view |= dict(zip(("miniops", "maxiops", "chaininfo", "snapshotid"), rare, strict=True))
    if volume.state == "UploadOp":
        view["status"] = "Download in progress"


NO_TRAFFIC = dict.fromkeys(("diskkbsread", "diskkbswrite", "diskioread", "diskiowrite"), 0)


def _add_vm_fields(call: Call, volume: Volume, view: dict[str, Any]) -> None:
    vm = call.db.vms.get(volume.vm_id)
    if vm is None:
        return
    view["deviceid"] = volume.device_id
    view["virtualmachineid"] = vm.uuid
    view["vmname"] = vm.name
    view["vmdisplayname"] = getattr(vm, "display_name", None) or vm.name
    view["vmstate"] = vm.state
    view["vmtype"] = vm.vm_type
    if volume.attached is not None:
        view["attached"] = timestamp(volume.attached)
    view |= NO_TRAFFIC


def _template_fields(call: Call, volume: Volume) -> dict[str, Any]:
    template = call.db.templates.get(volume.template_id)
    if template is None:
        return {}
    kind = "iso" if template.is_iso else "template"
    return {
        f"{kind}id": template.uuid,
        f"{kind}name": template.name,
        f"{kind}displaytext": template.display_text,
    }


def _offering_fields(call: Call, volume: Volume, offering: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if volume.kind == "ROOT":
        vm = call.db.vms.get(volume.vm_id)
        service = call.db.service_offerings.get(vm.service_offering_id) if vm is not None else None
        if service is not None:
            fields = {
                "serviceofferingid": str(service.id),
                "serviceofferingname": service.name,
                "serviceofferingdisplaytext": service.display_text,
            }
    if offering is not None and not offering.compute_only:
        fields |= {
            "diskofferingid": offering.uuid,
            "diskofferingname": offering.name,
            "diskofferingdisplaytext": offering.display_text,
            **_rates(offering),
        }
    return fields


RATES = {
    "bytesreadrate": "diskBytesReadRate",
    "byteswriterate": "diskBytesWriteRate",
    "iopsreadrate": "diskIopsReadRate",
    "iopswriterate": "diskIopsWriteRate",
}


def _rates(offering: Any) -> dict[str, Any]:
    rates = {field: offering.rates[name] for name, field in RATES.items() if offering.rates.get(name) is not None}
    return rates | ({"cacheMode": offering.cache_mode} if offering.cache_mode is not None else {})


def _place_fields(call: Call, volume: Volume) -> dict[str, Any]:
    pool = call.db.storage_pools.get(volume.pool_id)
    fields: dict[str, Any] = {"path": volume.path}
    if pool is None:
        return fields
    pod, cluster = call.db.pods.get(pool.pod_id), call.db.clusters.get(pool.cluster_id)
    return fields | {
        "storage": pool.name,
        "storageid": pool.uuid,
        "podid": pod.uuid if pod else None,
        "podname": pod.name if pod else None,
        "clusterid": cluster.uuid if cluster else None,
        "clustername": cluster.name if cluster else None,
        **_statistics(call, volume),
    }


def _statistics(call: Call, volume: Volume) -> dict[str, Any]:
    measured = volume.kind == "ROOT" or volume.hypervisor != "Simulator"
    if not measured or volume.placed is None or call.now - volume.placed < STATISTICS_AFTER:
        return {}
    return {"physicalsize": volume.size, "virtualsize": volume.size, "utilization": "100.0%"}

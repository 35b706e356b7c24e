"""updateSharedFileSystem, changeSharedFileSystemDiskOffering, changeSharedFileSystemServiceOffering."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...registry import command
from .. import deputy
from ..instances import counting, sizes
from .life import Steps, check_disk_offering, check_service_offering, check_zone, same_share, share_of
from .view import view


@command("updateSharedFileSystem")
def update(call: Call) -> dict[str, Any]:
    p, share = call.params, share_of(call)
    share.name = p.get("name", share.name)
    share.description = p.get("description", share.description)
    call.event("SHAREDFS.UPDATE", "Successfully completed Updating Shared FileSystem", share, resource_type="SharedFS")
    return {"sharedfilesystem": view(call, share)}


@command("changeSharedFileSystemDiskOffering", sync=same_share)
def change_disk_offering(call: Call) -> Steps:
    p, share = call.params, share_of(call)
    if share.state not in ("Ready", "Stopped"):
        raise InvalidParameter(
            "Disk offering of the Shared FileSystem can be changed only if it is in [Ready, Stopped] states"
        )
    zone, volume = check_zone(call.db.zones[share.zone_id]), call.db.volumes[share.volume_id]
    if p.diskofferingid is None:
        p.set_default("diskofferingid", call.db.disk_offerings[volume.disk_offering_id])
    check_disk_offering(call, zone)
    yield from deputy.run(
        call, share.account_id, "changeOfferingForVolume", id=volume.uuid, diskofferingid=p.diskofferingid.uuid,
        size=p.size, miniops=p.miniops, maxiops=p.maxiops, automigrate="true",
    )  # fmt: skip
    call.event(
        "SHAREDFS.CHANGE.DISK.OFFERING", "Successfully completed Change Shared FileSystem disk offering", share,
        resource_type="SharedFS",
    )  # fmt: skip
    return {"sharedfilesystem": view(call, share)}


@command("changeSharedFileSystemServiceOffering", sync=same_share)
def change_service_offering(call: Call) -> Steps:
    p, share = call.params, share_of(call)
    if share.state != "Stopped":
        raise InvalidParameter(
            "Service offering of the Shared FileSystem can be changed only if it is in [Stopped] state"
        )
    check_service_offering(call, check_zone(call.db.zones[share.zone_id]))
    yield 0.1
    vm = call.db.vms[share.vm_id]
    before = sizes.size_of(call.db, vm)
    share.service_offering_id = vm.service_offering_id = p.serviceofferingid.id
    counting.change_size(call.sim, vm, before)
    call.event(
        "SHAREDFS.CHANGE.SERVICE.OFFERING", "Successfully completed Change Shared FileSystem service offering", share,
        resource_type="SharedFS",
    )  # fmt: skip
    return {"sharedfilesystem": view(call, share)}

"""Deleting, reverting, copying and extracting snapshots."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied, ServerApiError
from ...model.volumes import Snapshot
from ...registry import SUCCESS, command
from .. import hypervisors
from ..common import completed
from ..image_stores.contents import keep
from ..images.links import download_link, extract_answer
from . import destinations, lifecycle
from .view import snapshot_view


@command("deleteSnapshot")
def delete_snapshot(call: Call) -> Generator[float, None, Any]:
    snapshot: Snapshot = call.params.id
    if not snapshot:
        raise InvalidParameter(f"unable to find a snapshot with id {snapshot.id}")
    call.check_access(snapshot)
    if snapshot.state == "Destroyed":
        raise InvalidParameter(f"Snapshot [{snapshot}] is already destroyed")
    yield 0.1
    zone = call.params.zoneid
    if zone is not None and len(snapshot.zone_ids) > 1:
        if zone.id not in snapshot.zone_ids:
            raise InvalidParameter("Unable to find a zone with the specified id")
        snapshot.zone_ids = [z for z in snapshot.zone_ids if z != zone.id]
        snapshot.stores.pop(zone.id, None)
        return SUCCESS
    lifecycle.delete(call.sim, snapshot)
    completed(call, "SNAPSHOT.DELETE", "deleting snapshot. Snapshot Id", snapshot)
    return SUCCESS


@command("revertSnapshot")
def revert_snapshot(call: Call) -> Generator[float, None, Any]:
    snapshot: Snapshot = live(call.params.id, "No such snapshot")
    call.check_access(snapshot)
    volume = call.db.volumes.get(snapshot.volume_id)
    if volume is None or volume.state != "Ready":
        raise InvalidParameter("The volume is not in Ready state.")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.state not in ("Stopped", "Shutdowned", "Destroyed"):
        raise InvalidParameter("The VM the specified disk is attached to is not in the shutdown state.")
    if vm is not None and call.db.vm_snapshots.where(vm_id=vm.id):
        raise InvalidParameter(
            "Unable to revert snapshot for VM, please remove VM snapshots before reverting VM from snapshot"
        )
    yield 0.3
    if hypervisors.is_fake(volume.hypervisor) or volume.hypervisor != "KVM":
        raise CloudRuntime(
            f"Revert snapshot command failed for snapshot {snapshot}, "
            "because this command is supported only for KVM hypervisor"
        )
    completed(call, "SNAPSHOT.REVERT", "reverting a snapshot. Snapshot Id", snapshot)
    return SUCCESS


@command("archiveSnapshot")
def archive_snapshot(call: Call) -> Generator[float, None, Any]:
    snapshot: Snapshot = live(call.params.id, "Unable to find snapshot with id {id}")
    call.check_access(snapshot)
    yield 0.1
    if snapshot.state not in ("BackedUp", "CreatedOnPrimary"):
        raise CloudRuntime(
            "Can only archive snapshots present on primary storage. "
            f"Cannot find snapshot {snapshot.id} on primary storage"
        )
    snapshot.state = "BackedUp"
    return SUCCESS


@command("extractSnapshot")
def extract_snapshot(call: Call) -> Generator[float, None, Any]:
    p = call.params
    snapshot: Snapshot = p.id
    if not call.caller.is_root_admin and call.setting("disable.extraction"):
        raise PermissionDenied("Extraction could not be completed.")
    live(snapshot, "Unable to find active snapshot.")
    call.check_access(snapshot)
    zone = live(p.zoneid, "Please specify a valid zone.")
    if zone.id not in snapshot.zone_ids:
        raise InvalidParameter("Snapshot not found.")
    yield 0.2
    extension = "raw" if hypervisors.is_fake(snapshot.hypervisor) else "qcow2"
    url = download_link(call.sim, zone, extension)
    completed(call, "SNAPSHOT.EXTRACT", "extracting snapshot. Snapshot Id", snapshot)
    return {"snapshot": extract_answer(call, snapshot, url, zone)}


@command("copySnapshot")
def copy_snapshot(call: Call) -> Generator[float, None, Any]:
    p = call.params
    snapshot: Snapshot = live(p.id, "Unable to find snapshot with id")
    call.check_access(snapshot)
    if snapshot.state != "BackedUp":
        raise InvalidParameter("Snapshot is not backed up")
    targets = p.destzoneids or ([p.destzoneid] if p.destzoneid is not None else [])
    if not targets:
        raise InvalidParameter("Please specify valid destination zone(s).")
    source = p.sourcezoneid if p.sourcezoneid is not None else call.db.zones[snapshot.zone_id]
    if any(zone.id == source.id for zone in targets):
        raise InvalidParameter("Please specify different source and destination zones.")
    live(source, "Please specify a valid source zone.")
    for zone in targets:
        destinations.check_zone(call, zone)
    if source.id not in snapshot.stores:
        raise InvalidParameter(f"There is no snapshot ID: {snapshot.uuid} ready on image store")
    for zone in targets:
        if not call.db.image_stores.where(zone_id=zone.id, role="Image"):
            raise ServerApiError(534, "Destination zone is not ready, no image store associated")
    yield 0.5
    snapshot.zone_ids += [zone.id for zone in targets if zone.id not in snapshot.zone_ids]
    keep(call.sim, snapshot)
    completed(call, "SNAPSHOT.COPY", "copying snapshot. Snapshot Id", snapshot)
    return {"snapshot": snapshot_view(call, snapshot)}

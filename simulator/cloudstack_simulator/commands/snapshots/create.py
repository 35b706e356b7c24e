"""createSnapshot."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.volumes import Snapshot, Volume
from ...parameters import flat_map
from ...registry import allocate, command
from ...simulator import Simulator
from .. import mocks
from ..volumes.encryption import is_encrypted
from . import lifecycle
from .view import made_view


def check_volume(call: Call, volume: Volume) -> None:
    """What a volume has to be for a snapshot or a policy."""
    if volume.state != "Ready":
        raise InvalidParameter(f"Volume: {volume} is not in Ready state but {volume.state}. Cannot take snapshot.")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.vm_type != "User":
        raise InvalidParameter(
            f"Volume: {volume} is for System VM , Creating snapshot against System VM volumes is not supported"
        )


@allocate("createSnapshot")
def allocate_snapshot(call: Call) -> Snapshot:
    p = call.params
    volume: Volume = p.volumeid
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Unable to find volume by id={volume.id}")
    call.check_access(volume)
    if p.locationtype is not None and p.locationtype.upper() not in ("PRIMARY", "SECONDARY"):
        raise CloudRuntime(
            f"Invalid locationType {p.locationtype}Specified for volume {volume.id} "
            "Valid values are: primary,secondary "
        )
    zone = call.db.zones[volume.zone_id]
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone.name}")
    check_volume(call, volume)
    if p.locationtype is not None:
        raise InvalidParameter(f"VolumeId: {volume.id} LocationType is supported only for managed storage")
    if p.zoneids and p.policyid is not None:
        raise InvalidParameter("zoneids parameter can not be specified with policyid parameter")
    if p.storageids and p.policyid is not None:
        raise InvalidParameter("storageids can not be specified for snapshots linked with snapshot policy")
    if p.zoneids:
        _check_zones(call)
    call.sim.limits.check(call.db.accounts[volume.account_id], "snapshot")
    snapshot = lifecycle.new(call.sim, volume, name=p.name or None)
    for key, value in flat_map(p.tags).items():
        call.sim.tags.put("Snapshot", snapshot, key, value, snapshot.account_id)
    return snapshot


def _check_zones(call: Call) -> None:
    """Refuse copies in zones where there can be none."""
    if not call.setting("snapshot.backup.to.secondary"):
        raise InvalidParameter("Backing up of snapshot has been disabled. Snapshot can not be taken for multiple zones")
    for zone in call.params.zoneids:
        if not zone or zone.removed is not None:
            raise InvalidParameter("Unable to find the specified zone")
        if zone.is_edge:
            raise InvalidParameter("Snapshot functionality is not supported on zone %s")


@command("createSnapshot")
def create_snapshot(call: Call) -> Generator[float, None, Any]:
    p, snapshot = call.params, call.created
    volume: Volume = call.db.volumes[snapshot.volume_id]
    vm = call.db.vms.get(volume.vm_id)
    if volume.hypervisor == "External":
        lifecycle.fail(call.sim, snapshot)
        raise InvalidParameter("Snapshot operations are not allowed for External hypervisor type")
    yield 0.1
    if vm is not None and vm.state == "Running" and is_encrypted(call.sim, volume):
        lifecycle.fail(call.sim, snapshot)
        raise CloudRuntime("Volume snapshots for encrypted volumes are not supported if VM is running")
    _fail_if_told(call, snapshot, volume, vm)
    snapshot.state, volume.state = "Creating", "Snapshotting"
    yield 0.2
    volume.state = "Ready"
    lifecycle.back_up(call.sim, snapshot, [zone.id for zone in p.zoneids or []])
    shown = "CreatedOnPrimary" if p.asyncbackup else "BackedUp"
    if p.asyncbackup:
        snapshot.state = shown
        call.sim.scheduler.after(0.5, finish_backup, call.sim, snapshot)
    view = made_view(call, snapshot, flat_map(p.tags))
    if vm is None:
        # The server answers with the object as it was allocated when no VM is involved.
        view["state"] = "Allocated"
    call.event("SNAPSHOT.CREATE", f"Successfully completed creating snapshot. Volume Id: {volume.uuid}", snapshot)
    return {"snapshot": view}


def finish_backup(_sim: Simulator, snapshot: Snapshot) -> None:
    if snapshot.state == "CreatedOnPrimary":
        snapshot.state = "BackedUp"


def _fail_if_told(call: Call, snapshot: Snapshot, volume: Volume, vm: Any) -> None:
    """A rule of `configureSimulator` makes the agent fail; or there is nowhere to keep the snapshot."""
    host = call.db.hosts.get(vm.host_id) if vm is not None else None
    told = vm is not None and mocks.effect(call.sim, "CreateObjectCommand", host).failed
    if told or lifecycle.has_no_room(call.sim, volume):
        lifecycle.fail(call.sim, snapshot)
        raise CloudRuntime(
            f"Failed to create snapshot due to an internal error creating snapshot for volume {volume.uuid}"
        )

"""updateVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import InvalidParameter
from ...model.volumes import Volume
from ...registry import command
from ..common import completed
from . import lifecycle
from .view import volume_view

STATES = (
    "Allocated", "Creating", "Ready", "Migrating", "Snapshotting", "RevertSnapshotting", "Resizing", "Expunging",
    "Expunged", "Destroying", "Destroy", "UploadOp", "Copying", "Uploaded", "NotUploaded", "UploadInProgress",
    "UploadError", "UploadAbandoned", "Attaching", "Restoring",
)  # fmt: skip
OWN = {"name", "deleteprotection", "id"}


@command("updateVolume")
def update_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume: Volume = p.id
    if not call.caller.is_root_admin and set(p) - OWN:
        raise InvalidParameter(
            "The domain admin and normal user are not allowed to update volume except volume name & delete protection"
        )
    if not volume or volume.removed is not None:
        raise InvalidParameter("The volume id doesn't exist")
    call.check_access(volume)
    _check(call, volume)
    yield 0.05
    _change(call, volume)
    if p.customid is not None:
        call.sim.jobs.turn_to(call.job, volume.uuid)
    completed(call, "VOLUME.UPDATE", "updating volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


def _check(call: Call, volume: Volume) -> None:
    p = call.params
    if p.state is not None and p.state not in STATES:
        raise InvalidParameter("Invalid volume state specified")
    if p.storageid is not None and (p.storageid.removed is not None or p.storageid.zone_id != volume.zone_id):
        raise InvalidParameter("Invalid storageId specified; refers to the pool outside of the volume's zone")


def _change(call: Call, volume: Volume) -> None:
    p = call.params
    if p.path is not None:
        volume.path = p.path
    if p.chaininfo is not None:
        volume.chain_info = p.chaininfo
    if p.state is not None:
        volume.state = p.state
    if p.storageid is not None:
        volume.pool_id = p.storageid.id
    if p.displayvolume is not None:
        lifecycle.display(call.sim, volume, on=p.displayvolume)
    if p.name is not None:
        volume.name = p.name
    if p.deleteprotection is not None:
        volume.delete_protection = p.deleteprotection
    if p.customid is not None:
        call.db.volumes.change_uuid(volume, p.customid)

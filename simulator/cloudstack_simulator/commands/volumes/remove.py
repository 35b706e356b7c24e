"""destroyVolume, deleteVolume, recoverVolume, and the clean-up of destroyed volumes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import InvalidParameter, PermissionDenied, ResourceAllocation
from ...model.volumes import Volume
from ...registry import SUCCESS, at_install, command
from ...simulator import Simulator
from ..common import completed
from . import lifecycle
from .view import volume_view

ADMINS = (1, 2, 3)
"""Types of the accounts that the server calls admins."""


@command("destroyVolume")
def destroy_volume(call: Call) -> Generator[float, None, Any]:
    volume: Volume = call.params.id
    _check_unattached(call, volume)
    _check_protection(volume)
    if call.params.expunge:
        if not _may_expunge(call):
            raise PermissionDenied(
                "Expunging a volume can only be done by an Admin. "
                "Or when the allow.user.expunge.recover.volume key is set."
            )
    elif volume.state in ("Allocated", "Uploaded"):
        raise InvalidParameter("The volume in Allocated/Uploaded state can only be expunged not destroyed/recovered")
    yield 0.1
    lifecycle.destroy(call.sim, volume)
    completed(call, "VOLUME.DESTROY", "destroying a volume. Volume Id", volume)
    if call.params.expunge:
        yield 0.1
        volume.state = "Expunged"
        view = volume_view(call, volume)
        lifecycle.expunge(call.sim, volume)
        return {"volume": view}
    return {"volume": volume_view(call, volume)}


def _may_expunge(call: Call) -> bool:
    """Admins of any kind may; users where the setting lets them."""
    account = call.caller.account
    return account.account_type in ADMINS or bool(call.setting("allow.user.expunge.recover.volume", account))


def _check_unattached(call: Call, volume: Volume) -> None:
    if not volume:
        raise InvalidParameter(f"Unable to find volume with ID: {volume.id}")
    if any(s.state in ("Creating", "BackingUp") for s in call.db.snapshots.where(volume_id=volume.id)):
        raise InvalidParameter("There are snapshot operations in progress on the volume, unable to delete it")
    if volume.vm_id is not None:
        raise InvalidParameter("Please specify a volume that is not attached to any VM.")
    if volume.state == "UploadOp":
        raise InvalidParameter("Please specify a volume that is not uploading")
    if volume.state in ("NotUploaded", "UploadInProgress"):
        raise InvalidParameter(
            "The volume is either getting uploaded or it may be initiated shortly, please wait for it to be completed"
        )
    call.check_access(volume)


def _check_protection(volume: Volume) -> None:
    if volume.delete_protection:
        raise InvalidParameter(
            f"Volume [id = {volume.uuid}, name = {volume.name}] has delete protection enabled and cannot be deleted."
        )


@command("deleteVolume")
def delete_volume(call: Call) -> dict[str, Any]:
    volume: Volume = call.params.id
    if volume and volume.removed is not None:
        raise InvalidParameter(f"Unable to find UUID for id [{volume.id}] of type [Volume]")
    _check_unattached(call, volume)
    _check_protection(volume)
    lifecycle.expunge(call.sim, volume)
    completed(call, "VOLUME.DELETE", "deleting volume. Volume Id", volume)
    return SUCCESS


@command("recoverVolume")
def recover_volume(call: Call) -> dict[str, Any]:
    volume: Volume = call.params.id
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"Unable to find a volume with id {volume.id}")
    if not _may_expunge(call):
        raise PermissionDenied(
            "Recovering a volume can only be done by an Admin. "
            "Or when the allow.user.expunge.recover.volume key is set."
        )
    call.check_access(volume)
    if volume.state != "Destroy":
        raise InvalidParameter("Please specify a volume in Destroy state.")
    account = call.db.accounts[volume.account_id]
    try:
        call.sim.limits.check(account, "volume")
        call.sim.limits.check(account, "primary_storage", volume.size)
    except ResourceAllocation as error:
        raise InvalidParameter(error.text) from None
    lifecycle.recover(call.sim, volume)
    completed(call, "VOLUME.RECOVER", "recovering a volume in Destroy state. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


@at_install(order=60)
def start_clean_up(sim: Simulator) -> None:
    sim.scheduler.after(_interval(sim), clean_up, sim)


def _interval(sim: Simulator) -> float:
    return float(sim.settings.value("storage.cleanup.interval") or 86400)


def clean_up(sim: Simulator) -> None:
    """Expunge what was destroyed longer ago than `storage.cleanup.delay`."""
    delay = float(sim.settings.value("storage.cleanup.delay") or 86400)
    if sim.settings.value("storage.cleanup.enabled"):
        for volume in sim.db.volumes.where(state="Destroy"):
            if sim.clock.now() - (volume.destroyed_at or 0.0) >= delay:
                lifecycle.expunge(sim, volume)
    sim.scheduler.after(_interval(sim), clean_up, sim)

"""Volumes that come and go: extractVolume, uploadVolume, assignVolume, checkVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ... import access
from ...call import Call, live
from ...clock import timestamp
from ...errors import IllegalArgument, InvalidParameter, JavaError, PermissionDenied, ServerApiError
from ...model.volumes import Volume
from ...registry import command
from ...wording import printed
from .. import hypervisors, urls
from ..common import completed
from ..images.links import download_link, extract_answer, serving_host, upload_patience, upload_ticket
from . import encryption, lifecycle
from .sizes import GIB
from .view import volume_view

FORMATS = {"QCOW2": "KVM", "RAW": "KVM", "VHD": "Hyperv", "VHDX": "Hyperv", "OVA": "VMware", "VMDK": "KVM"}
"""Image format → the hypervisor that the server thinks of for an upload."""
UPLOADED_SIZE = GIB


@command("extractVolume")
def extract_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    volume: Volume = p.id
    _check_extraction(call, volume)
    yield 0.3
    if hypervisors.is_fake(volume.hypervisor):
        raise JavaError(
            'Cannot invoke "com.cloud.storage.Storage$ImageFormat.getFileExtension()" because "format" is null'
        )
    url = download_link(call.sim, call.db.zones[volume.zone_id], _extension(volume))
    completed(call, "VOLUME.EXTRACT", "extracting volume. Volume Id", volume)
    return {"volume": extract_answer(call, volume, url, call.db.zones[volume.zone_id]) | {"storagetype": "shared"}}


def _extension(volume: Volume) -> str:
    return {"KVM": "qcow2", "VMware": "ova"}.get(volume.hypervisor or "", "vhd")


def _check_extraction(call: Call, volume: Volume) -> None:
    p = call.params
    if not call.caller.is_root_admin and call.setting("disable.extraction"):
        raise PermissionDenied("Extraction has been disabled by admin")
    if not volume or volume.removed is not None:
        raise InvalidParameter("Unable to find volume with specified volumeId")
    call.check_access(volume)
    live(p.zoneid, "Please specify a valid zone.")
    if volume.pool_id is None:
        raise InvalidParameter("The volume doesn't belong to a storage pool so can't extract it")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.state != "Stopped":
        raise PermissionDenied(
            "Invalid state of the volume with specified ID. "
            "It should be either detached or the VM should be in stopped state."
        )
    if encryption.is_encrypted(call.sim, volume):
        raise InvalidParameter("Extraction of encrypted volumes is unsupported")
    if not volume.extractable and not call.caller.is_root_admin:
        raise PermissionDenied("The volume with specified volumeId is not allowed to be extracted")
    if p.mode not in ("FTP_UPLOAD", "HTTP_DOWNLOAD"):
        raise InvalidParameter("Please specify a valid extract Mode ")


@command("uploadVolume")
def upload_volume(call: Call) -> Generator[float, None, Any]:
    p = call.params
    owner = access.entity_owner(call)
    zone = live(p.zoneid, "Unable to find zone by id {id}")
    _check_upload(call, owner, zone, p.url)
    volume = _add(call, owner, zone, state="UploadOp", url=p.url)
    yield 0.1
    call.sim.scheduler.after(5.0, finish_upload, call.sim, volume)
    completed(call, "VOLUME.UPLOAD", "uploading volume. Volume Id", volume)
    return {"volume": volume_view(call, volume)}


@command("getUploadParamsForVolume")
def upload_params(call: Call) -> dict[str, Any]:
    owner = access.entity_owner(call)
    zone = live(call.params.zoneid, "Unable to find zone by id {id}")
    _check_upload(call, owner, zone, None)
    host = serving_host(call.sim, zone)
    volume = _add(call, owner, zone, state="NotUploaded", url=None)
    call.sim.scheduler.after(upload_patience(call.sim), _abandon, volume)
    return {"getuploadparams": upload_ticket(call, volume.uuid, host)}


def _abandon(volume: Volume) -> None:
    if volume.state == "NotUploaded":
        volume.state = "UploadAbandoned"


def _add(call: Call, owner: Any, zone: Any, *, state: str, url: str | None) -> Volume:
    p = call.params
    return lifecycle.add(
        call.sim,
        Volume(
            name=p.name, account_id=owner.id, zone_id=zone.id, state=state, format=p.format.upper(), url=url,
            disk_offering_id=p.diskofferingid.id if p.diskofferingid is not None else _custom_offering(call),
            image_store_id=getattr(call.db.image_stores.first(zone_id=zone.id, role="Image"), "id", None),
        ),
    )  # fmt: skip


def _custom_offering(call: Call) -> int | None:
    found = next((o for o in call.db.disk_offerings if o.customized and not o.compute_only), None)
    return found.id if found is not None else None


def _check_upload(call: Call, owner: Any, zone: Any, url: str | None) -> None:
    p = call.params
    call.sim.limits.check(owner, "volume")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied(f"Cannot perform this operation, Zone is currently disabled: {zone.id}")
    if url is not None and url.lower().startswith("file:"):
        raise InvalidParameter("File:// type urls are currently unsupported")
    name = p.format.upper()
    if name not in FORMATS:
        raise InvalidParameter(f"No enum constant com.cloud.storage.Storage.ImageFormat.{p.format}")
    _check_hypervisor(call, zone, name)
    try:
        if url is not None:
            urls.check(url, name)
    except IllegalArgument as error:
        raise JavaError(error.text) from None
    offering = p.diskofferingid
    if offering is not None and (offering.removed is not None or offering.compute_only):
        raise InvalidParameter("Please specify a valid disk offering.")
    if offering is not None and not offering.customized:
        raise InvalidParameter("Please specify a custom sized disk offering.")


def _check_hypervisor(call: Call, zone: Any, name: str) -> None:
    """QCOW2 and the like go to any zone of the recorded server; VHD needs Hyper-V there."""
    wanted = FORMATS[name]
    there = {h.hypervisor for h in call.db.hosts.where(zone_id=zone.id, kind="Routing")}
    if wanted not in there and wanted != "KVM":
        raise InvalidParameter(f"The {wanted} hypervisor supported for {name} file format, is not found on the zone")


def finish_upload(sim: Any, volume: Volume) -> None:
    if volume.state == "UploadOp":
        volume.state = "Uploaded"
        lifecycle.change_size(sim, volume, UPLOADED_SIZE)


@command("assignVolume")
def assign_volume(call: Call) -> dict[str, Any]:
    volume: Volume = call.params.volumeid
    try:
        _assign(call, volume)
    except (InvalidParameter, PermissionDenied) as error:
        raise ServerApiError(
            530, f"Assign volume command for volume [{volume.uuid or 'null'}] failed due to [{error.text}]."
        ) from None
    return {"volume": volume_view(call, volume)}


def _assign(call: Call, volume: Volume) -> None:
    target = _new_owner(call)
    if not volume or volume.removed is not None:
        raise InvalidParameter(f"No volume was found with UUID [{volume.uuid}].")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None:
        shown = printed("Volume", id=volume.id, name=volume.name, uuid=volume.uuid).removeprefix("Volume ")
        raise PermissionDenied(f"Volume [{shown}] is attached to [{vm}], so it cannot be moved to a different account.")
    if [s for s in call.db.snapshots.where(volume_id=volume.id) if s.state not in ("Error", "Destroyed")]:
        raise PermissionDenied(
            f"Volume [{volume}] has snapshots. Remove the volume's snapshots before assigning it to another account."
        )
    old = call.db.accounts[volume.account_id]
    if target.id == old.id:
        raise InvalidParameter(f"The new account and the old account are the same [{access.account_text(old)}].")
    call.sim.limits.check(target, "volume")
    call.sim.limits.check(target, "primary_storage", volume.size)
    if hypervisors.is_fake(volume.hypervisor):
        raise ServerApiError(
            530,
            'Cannot invoke "java.nio.file.Path.toString()" because the return value of '
            '"java.nio.file.Path.getParent()" is null',
        )
    lifecycle.change_owner(call.sim, volume, target.id)


def _new_owner(call: Call) -> Any:
    p = call.params
    if p.accountid is not None and p.projectid is not None:
        raise InvalidParameter("Both 'accountid' and 'projectid' were informed. You must inform only one of them.")
    if p.projectid is not None:
        live(p.projectid, "Unable to find project [{uuid}]")
        return call.db.accounts[p.projectid.project_account_id]
    account = p.accountid
    if account is None or account.removed is not None:
        raise InvalidParameter(
            "UUID of the destination account is invalid. "
            f"No account was found with UUID [{getattr(account, 'uuid', None) or 'null'}]."
        )
    if account.state != "enabled":
        raise InvalidParameter(
            f"Unable to assign volume to destination account [{access.account_text(account)}], "
            f"as it is in [{account.state}] state."
        )
    return account


@command("checkVolume")
def check_volume(call: Call) -> Generator[float, None, Any]:
    volume: Volume = call.params.id
    live(volume, "Unable to find volume with ID: {id}")
    call.check_access(volume)
    if volume.state != "Ready":
        raise InvalidParameter(f"Volume: {volume.name} is not in Ready state")
    if volume.hypervisor != "KVM":
        raise InvalidParameter("Check and Repair volumes is supported only for KVM hypervisor")
    vm = call.db.vms.get(volume.vm_id)
    if vm is not None and vm.state != "Stopped":
        raise InvalidParameter(f"VM to which the volume {volume.name} is attached should be in stopped state")
    yield 0.3
    completed(call, "VOLUME.CHECK", "checking a volume and repair if needed. Volume Id", volume)
    checked = {"filename": volume.path, "check-errors": "0", "checked": timestamp(call.now)}
    return {"volume": volume_view(call, volume) | {"volumecheckresult": checked}}

"""GPU devices: cards in hosts. Agents of the test hypervisor report some; an admin adds others."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import IllegalArgument, InvalidParameter
from ...listing import equal
from ...model.gpu import GpuDevice
from ...registry import SUCCESS, command
from ..common import uuid_of
from ..instances import life
from . import stock
from .cards import NOT_FOUND as NO_CARD
from .profiles import NOT_FOUND as NO_PROFILE

NOT_FOUND = "GPU device with ID {id} not found"
NO_PARENT = "Parent GPU device with ID {id} not found"
NO_HOST = "Host with ID {id} not found"
KINDS = ("PCI", "MDEV", stock.SPLIT)


def device_view(call: Call, device: GpuDevice) -> dict[str, Any]:
    db = call.db
    card, profile = db.gpu_cards[device.card_id], db.vgpu_profiles[device.profile_id]
    vm = db.vms.get(device.vm_id)
    view = {
        "id": device.uuid,
        "gpucardname": card.name,
        "vgpuprofilename": profile.name,
        "virtualmachineid": vm.uuid if vm else None,
        "virtualmachinename": vm.instance_name if vm else None,
        "vmstate": vm.state if vm else None,
    }
    return view | _for_admins(call, device, card, profile) if call.caller.is_root_admin else view


def _for_admins(call: Call, device: GpuDevice, card: Any, profile: Any) -> dict[str, Any]:
    host = call.db.hosts.get(device.host_id)
    return {
        "busaddress": device.bus_address,
        "gpudevicetype": device.kind,
        "gpucardid": card.uuid,
        "vgpuprofileid": profile.uuid,
        "state": stock.state_of(call.sim, device),
        "managedstate": "Managed" if device.managed else "Unmanaged",
        "numanode": device.numa_node,
        "parentgpudeviceid": uuid_of(call, "gpu_devices", device.parent_id),
        "hostid": host.uuid if host else None,
        "hostname": host.name if host else None,
    }


def _kind(call: Call) -> str | None:
    text = call.params.type
    if text is None:
        return None
    found = next((kind for kind in KINDS if kind.lower() == text.lower()), None)
    if found is None:
        raise IllegalArgument(f"No enum constant org.apache.cloudstack.gpu.GpuDevice.DeviceType.{text}")
    return found


def _parent(call: Call, host_id: int) -> GpuDevice | None:
    if call.params.parentgpudeviceid is None:
        return None
    parent: GpuDevice = live(call.params.parentgpudeviceid, NO_PARENT)
    if parent.host_id != host_id:
        raise InvalidParameter("Parent GPU device must be on the same host")
    return parent


def _check_profile(profile: Any, card: Any) -> None:
    if profile.card_id != card.id:
        raise InvalidParameter(f"vGPU profile {profile.name} does not belong to GPU card {card.name}")


@command("createGpuDevice")
def create_device(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    host = live(p.hostid, NO_HOST)
    if not p.busaddress.strip():
        raise InvalidParameter("Bus address cannot be empty")
    if any(d.bus_address == p.busaddress for d in db.gpu_devices.where(host_id=host.id)):
        raise InvalidParameter(f"GPU device with bus address {p.busaddress} already exists on host {host.name}")
    card, profile = live(p.gpucardid, NO_CARD), live(p.vgpuprofileid, NO_PROFILE)
    _check_profile(profile, card)
    parent, kind = _parent(call, host.id), _kind(call)
    device = db.gpu_devices.add(
        GpuDevice(
            host_id=host.id,
            bus_address=p.busaddress,
            card_id=card.id,
            profile_id=profile.id,
            kind=kind or KINDS[0],
            parent_id=parent.id if parent else None,
            numa_node=p.numanode,
        )
    )
    stock.refresh(call.sim, host)
    call.event("GPU.DEVICE.CREATE", "Successfully completed creating GPU device", device)
    return {"gpudevice": device_view(call, device)}


def _not_in_use(device: GpuDevice, doing: str) -> None:
    if device.vm_id is not None:
        raise InvalidParameter(
            f"Cannot {doing} GPU device {device.uuid} as it is currently allocated to VM {device.vm_id}"
        )


@command("updateGpuDevice")
def update_device(call: Call) -> dict[str, Any]:
    p, db = call.params, call.db
    device = live(p.id, NOT_FOUND)
    _not_in_use(device, "update")
    card = live(p.gpucardid, NO_CARD) if p.gpucardid is not None else db.gpu_cards[device.card_id]
    if p.vgpuprofileid is not None:
        _check_profile(live(p.vgpuprofileid, NO_PROFILE), card)
    parent, kind = _parent(call, device.host_id), _kind(call)
    if parent is not None and parent.id == device.id:
        raise InvalidParameter("GPU device cannot be its own parent")
    device.card_id = card.id
    device.profile_id = p.vgpuprofileid.id if p.vgpuprofileid is not None else device.profile_id
    device.parent_id = parent.id if parent is not None else device.parent_id
    device.kind, device.numa_node = kind or device.kind, p.numanode or device.numa_node
    call.event("GPU.DEVICE.EDIT", "Successfully completed updating GPU device", device)
    return {"gpudevice": device_view(call, device)}


@command("deleteGpuDevice")
def delete_devices(call: Call) -> dict[str, Any]:
    devices = [d for d in call.params.ids if d and d.removed is None]
    if not call.params.ids:
        raise InvalidParameter("GPU device IDs cannot be empty")
    if not devices:
        raise InvalidParameter("No GPU devices found for the provided IDs")
    for device in devices:
        _not_in_use(device, "delete")
    for device in devices:
        call.db.gpu_devices.remove(device)
        stock.refresh(call.sim, call.db.hosts[device.host_id])
    call.event("GPU.DEVICE.DELETE", "Successfully completed Deleting GPU device")
    return SUCCESS


@command("manageGpuDevice", "unmanageGpuDevice")
def manage_devices(call: Call) -> dict[str, Any]:
    managed = call.command == "manageGpuDevice"
    if not call.params.ids:
        raise InvalidParameter("GPU device IDs cannot be empty")
    for device in call.params.ids:
        live(device, NOT_FOUND)
        if device.vm_id is not None:
            raise InvalidParameter(
                f"Cannot change resource state of GPU device {device} as it is in use by VM {device.vm_id}"
            )
    for device in call.params.ids:
        device.managed = managed
        stock.refresh(call.sim, call.db.hosts[device.host_id])
    return SUCCESS


@command("listGpuDevices", "discoverGpuDevices")
def list_devices(call: Call) -> dict[str, Any]:
    """Discovery asks the agent; that of a test host tells of its cards once."""
    p = call.params
    of_host = call.command == "discoverGpuDevices"
    host = live(p.id, NO_HOST) if of_host else p.hostid
    if of_host and host.state != "Up":
        raise InvalidParameter(f"Host [{host}] is not in Up status")
    if of_host and host.hypervisor == "Simulator" and not call.db.gpu_devices.where(host_id=host.id):
        stock.report(call.sim, host)
    return call.listing(
        "gpudevice",
        call.db.gpu_devices,
        device_view,
        where=[
            equal("id", None if of_host else p.id),
            equal("host_id", host),
            equal("card_id", p.gpucardid),
            equal("profile_id", p.vgpuprofileid),
            equal("vm_id", p.virtualmachineid),
        ],
        keyword=("bus_address",),
    )


life.WHEN_EXPUNGED.append(stock.release)

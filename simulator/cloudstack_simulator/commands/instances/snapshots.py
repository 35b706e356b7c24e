"""VM snapshots: disks, and the memory too when asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ...call import Call, live
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import any_of, equal, tagged
from ...model.instances import VMSnapshot
from ...registry import SUCCESS, allocate, check, command
from ...tags import taggable
from ..common import completed, has_notes, owner_fields
from ..volumes.encryption import is_encrypted
from . import guards, life
from .power import the_instance
from .views import instance_view

if TYPE_CHECKING:
    from ...simulator import Simulator

taggable("VMSnapshot", "vm_snapshots")


def snapshot_view(call: Call, snapshot: VMSnapshot) -> dict[str, Any]:
    db = call.db
    vm = db.vms[snapshot.vm_id]
    zone, parent = db.zones[vm.zone_id], db.vm_snapshots.get(snapshot.parent_id)
    return {
        "id": snapshot.uuid,
        "name": snapshot.name,
        "state": snapshot.state,
        "description": snapshot.description,
        "displayname": snapshot.display_name,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "virtualmachineid": vm.uuid,
        "virtualmachinename": vm.name,
        "parent": parent.uuid if parent else None,
        "parentName": parent.display_name if parent else None,
        "current": snapshot.current,
        "type": snapshot.type,
        "created": timestamp(snapshot.created),
        **owner_fields(call, snapshot.account_id),
        "hypervisor": vm.hypervisor,
        "tags": call.sim.tags.full_views(snapshot),
        "hasannotations": has_notes(call, snapshot),
    }


BUSY = "There is other active vm snapshot tasks on the instance, please try again later"


def _is_busy(snapshots: list[Any]) -> bool:
    return any(s.state in ("Creating", "Reverting", "Expunging") for s in snapshots)


@allocate("createVMSnapshot")
def allocate_snapshot(call: Call) -> VMSnapshot:
    p, db = call.params, call.db
    vm = the_instance(
        call, p.virtualmachineid, "Creating VM snapshot failed due to VM:{id} is a system VM or does not exist"
    )
    if p.snapshotmemory and db.service_offerings[vm.service_offering_id].vgpu_profile_id is not None:
        raise InvalidParameter("VM snapshot with MEMORY is not supported for vGPU enabled VMs.")
    stamp = datetime.fromtimestamp(call.now, UTC).strftime("%Y%m%d%H%M%S")
    name = f"{vm.instance_name}_VS_{stamp}"
    display = p.name or name
    existing = db.vm_snapshots.where(vm_id=vm.id)
    capabilities = db.hypervisor_capabilities.where(hypervisor=vm.hypervisor)
    if vm.hypervisor != "Simulator" and not any(c.vm_snapshots for c in capabilities):
        raise InvalidParameter(f"VM snapshot is not enabled for hypervisor type: {vm.hypervisor}")
    if any(s.display_name == display for s in existing):
        raise InvalidParameter(f"Creating VM snapshot failed due to VM snapshot with name{display} already exists")
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter(f"Creating vm snapshot failed due to VM:{vm.id} is not in the running or Stopped state")
    if p.snapshotmemory and vm.state == "Stopped":
        raise InvalidParameter("Can not snapshot memory when VM is not in Running state")
    root = db.volumes.first(vm_id=vm.id, kind="ROOT")
    if p.snapshotmemory and vm.hypervisor == "KVM" and is_encrypted(call.sim, root):
        raise CloudRuntime("Cannot create VM memory snapshots on KVM from encrypted root volumes")
    most = int(call.setting("vmsnapshot.max") or 10)
    if len(existing) >= most:
        raise CloudRuntime(
            f"Creating vm snapshot failed due to a VM can just have : {most} VM snapshots. Please delete old ones"
        )
    if guards.has_busy_snapshots(call.sim, vm):
        raise CloudRuntime(
            "There is other active volume snapshot tasks on the instance to which the volume is attached, please try "
            "again later."
        )
    if _is_busy(existing):
        raise CloudRuntime(BUSY)
    current = next((s for s in existing if s.current), None)
    snapshot: VMSnapshot = db.vm_snapshots.add(
        VMSnapshot(
            vm_id=vm.id,
            name=name,
            display_name=display,
            account_id=vm.account_id,
            description=p.description,
            type="DiskAndMemory" if p.snapshotmemory else "Disk",
            state="Allocated",
            parent_id=current.id if current else None,
        )
    )
    return snapshot


def _same_vm(call: Call) -> Any:
    snapshot = call.created or call.params.vmsnapshotid
    return ("vm", call.db.vms.get(snapshot.vm_id))


@command("createVMSnapshot", sync=_same_vm)
def create(call: Call) -> Any:
    snapshot = call.created
    guards.refuse_share(call.db.vms[snapshot.vm_id])
    snapshot.state = "Creating"
    yield life.STEP
    for other in call.db.vm_snapshots.where(vm_id=snapshot.vm_id):
        other.current = other.id == snapshot.id
    snapshot.state = "Ready"
    completed(call, "VMSNAPSHOT.CREATE", "creating VM snapshot. VM Snapshot Id", snapshot)
    return {"vmsnapshot": snapshot_view(call, snapshot)}


@command("listVMSnapshot")
def list_snapshots(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "vmSnapshot",
        call.db.vm_snapshots,
        snapshot_view,
        where=[
            equal("id", p.vmsnapshotid),
            any_of("id", p.vmsnapshotids) if p.vmsnapshotids else None,
            equal("vm_id", p.virtualmachineid),
            equal("display_name", p.name),
            equal("state", p.state),
            tagged(call, "VMSnapshot"),
        ],
        keyword=("name", "display_name", "description"),
        owned=True,
        newest_first=True,
    )


@check("deleteVMSnapshot", "revertToVMSnapshot")
def not_removed(call: Call) -> None:
    snapshot = call.params.vmsnapshotid
    if snapshot.removed is not None and snapshot.id > 0:
        raise InvalidParameter(f"Unable to find UUID for id [{snapshot.id}] of type [VMSnapshot]")


@command("deleteVMSnapshot", sync=_same_vm)
def delete(call: Call) -> Any:
    snapshot = live(call.params.vmsnapshotid, "unable to find the vm snapshot with id {id}")
    call.check_access(snapshot)
    if snapshot.state not in ("Ready", "Error", "Expunging"):
        raise InvalidParameter(
            f"Can't delete the vm snapshotshot {snapshot} due to it is not in Created or Error, or Expunging State"
        )
    if _is_busy([s for s in call.db.vm_snapshots.where(vm_id=snapshot.vm_id) if s.id != snapshot.id]):
        raise InvalidParameter(BUSY)
    snapshot.state = "Expunging"
    yield life.STEP
    _take_out(call.sim, snapshot)
    completed(call, "VMSNAPSHOT.DELETE", "deleting VM snapshot. VM Snapshot Id", snapshot)
    return SUCCESS


def _take_out(sim: Simulator, snapshot: VMSnapshot) -> None:
    """Remove a snapshot: its children get its parent, and the parent of the current one becomes current."""
    for child in sim.db.vm_snapshots.where(vm_id=snapshot.vm_id):
        if child.parent_id == snapshot.id:
            child.parent_id = snapshot.parent_id
    parent = sim.db.vm_snapshots.get(snapshot.parent_id)
    if snapshot.current and parent is not None:
        parent.current = True
    sim.tags.drop(snapshot)
    sim.db.vm_snapshots.remove(snapshot)


def _drop_all(sim: Simulator, vm: Any) -> None:
    for snapshot in sim.db.vm_snapshots.where(vm_id=vm.id):
        _take_out(sim, snapshot)


life.WHEN_EXPUNGED.append(_drop_all)


@command("revertToVMSnapshot", sync=_same_vm)
def revert(call: Call) -> Any:
    db, snapshot = call.db, live(call.params.vmsnapshotid, "unable to find the vm snapshot with id {id}")
    vm = db.vms[snapshot.vm_id]
    call.check_access(vm)
    if _is_busy(db.vm_snapshots.where(vm_id=vm.id)):
        raise InvalidParameter(BUSY)
    if vm.state not in ("Running", "Stopped"):
        raise InvalidParameter("VM Snapshot reverting failed due to vm is not in the state of Running or Stopped.")
    running, memory = vm.state == "Running", snapshot.type == "DiskAndMemory"
    if running is not memory:
        raise InvalidParameter(
            "VM Snapshot revert not allowed. This will result in VM state change. You can revert running VM to disk "
            "and memory type snapshot and stopped VM to disk type snapshot"
        )
    if snapshot.state != "Ready":
        raise InvalidParameter("VM Snapshot reverting failed due to vm snapshot is not in the state of Created.")
    snapshot.state = "Reverting"
    yield life.STEP
    for other in db.vm_snapshots.where(vm_id=vm.id):
        other.current = other.id == snapshot.id
    snapshot.state = "Ready"
    completed(call, "VMSNAPSHOT.REVERTTO", "reverting to VM snapshot. VM Snapshot Id", snapshot)
    return {"virtualmachine": instance_view(call, vm)}

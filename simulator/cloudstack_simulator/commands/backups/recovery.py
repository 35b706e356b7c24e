"""Out of backups into new things: createVMFromBackup, restoreVolumeFromBackupAndAttachToVM."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter
from ...model.features import Backup
from ...model.instances import Instance
from ...model.volumes import Volume
from ...registry import SUCCESS, allocate, command
from ..instances import deploy, destination, life, wanted_disks
from ..instances.journal import journaled
from ..instances.views import instance_view
from ..volumes import lifecycle as disks
from ..volumes.sizes import GIB
from . import providers


@allocate("createVMFromBackup")
def allocate_from_backup(call: Call) -> Instance:
    p, backup = call.params, _backup_to_use(call)
    volumes = json.loads(backup.volumes)
    _fill_in(call, backup)
    _size_root(call, volumes)
    own = _data_disks(call, volumes)
    if not p.networkids and not p.iptonetworklist:
        _use_networks(call, backup)
    if p.userdata is not None or p.userdataid is not None:
        raise InvalidParameter("User data not supported for instance created from backup")
    vm = deploy.allocate_instance(call)
    for disk in own:
        disks.new_data(call.sim, vm, disk.offering, size=disk.size)
    for name, value in json.loads(backup.vm_details.get("vmsettings", "{}")).items():
        vm.details.setdefault(name, value)
    return vm


def _backup_to_use(call: Call) -> Backup:
    p, backup = call.params, call.params.backupid
    if not backup or backup.removed is not None:
        raise InvalidParameter(f"Backup {backup.id} does not exist")
    call.check_access(backup)
    providers.check_zone(call, call.db.zones[backup.zone_id])
    if not p.zoneid or p.zoneid.removed is not None:
        raise InvalidParameter(f"Unable to find zone by id={p.zoneid.id}")
    offering = call.db.backup_offerings[backup.offering_id]
    if p.zoneid.id != backup.zone_id and not providers.reaches_other_zones(call, offering):
        raise CloudRuntime(
            "Create Instance from Backup on another Zone is not supported by this provider or the Backup Repository."
        )
    if p.diskofferingid is not None and (p.templateid is None or not p.templateid.is_iso):
        raise InvalidParameter(
            "diskofferingid parameter is supported for creating instance from backup only for ISO. For creating VMs "
            "with templates, please use the parameter datadisksdetails"
        )
    return backup


def _fill_in(call: Call, backup: Backup) -> None:
    """What the call leaves out is as the instance was."""
    p, db, kept = call.params, call.db, backup.vm_details
    for parameter, table, what in (
        ("serviceofferingid", db.service_offerings, "Service Offering"),
        ("templateid", db.templates, "Template"),
    ):
        if p[parameter] is None:
            p.set_default(parameter, _kept(table, kept.get(parameter), what))


def _size_root(call: Call, volumes: list[dict[str, Any]]) -> None:
    """The root disk is as large as it was, whatever `rootdisksize` says, unless it gets an offering of its own."""
    p, root = call.params, next((v for v in volumes if v["type"] == "ROOT"), None)
    if root is None:
        raise CloudRuntime("Failed to get the root disk in backed-up volumes info from backup")
    size, offering = _gib(root["size"]), p.diskofferingid if p.templateid.is_iso else p.overridediskofferingid
    if offering is None or (offering.compute_only and not p.templateid.is_iso):
        _size_as_it_was(call, root, size)
        return
    asked = p.size if p.templateid.is_iso else p.rootdisksize
    given = asked if offering.customized else offering.size // GIB
    if given is not None and given < size:
        raise InvalidParameter(
            f"Instance volume root disk size {'null' if asked is None else asked}[GiB] cannot be less than the "
            f"backed-up volume size {size}[GiB]."
        )


def _gib(size: int) -> int:
    return -(-size // GIB)


def _size_as_it_was(call: Call, root: dict[str, Any], size: int) -> None:
    p = call.params
    if not p.templateid.is_iso:
        p.replace("rootdisksize", size)
        return
    offering = call.db.disk_offerings.find(root.get("diskOfferingId") or "")
    if offering is None:
        raise CloudRuntime(
            f"Unable to find the root disk offering with uuid ({root.get('diskOfferingId')}) stored in backup. Please "
            "specify a valid root disk offering id while creating the instance"
        )
    p.replace("diskofferingid", offering)
    p.replace("size", size)


def _data_disks(call: Call, volumes: list[dict[str, Any]]) -> list[wanted_disks.DataDisk]:
    """The data disks as they were, none where the call describes others; these are as many, and none is smaller."""
    own = [v for v in volumes if v["type"] == "DATADISK"]
    described = wanted_disks.of_details(call)
    kept = [wanted_disks.DataDisk(_disk_offering(call, volume), volume["size"]) for volume in own]
    if not described:
        return kept
    if len(described) != len(kept):
        raise InvalidParameter(
            "Unable to create Instance from Backup as the backup has a different number of disks than the Instance."
        )
    for wanted, was in zip(described, kept, strict=True):
        if wanted.size < was.size:
            raise InvalidParameter(
                f"Instance volume size {wanted.size // GIB}[GiB] cannot be less than the backed-up volume size "
                f"{_gib(was.size)}[GiB]."
            )
    return []


def _use_networks(call: Call, backup: Backup) -> None:
    """The networks of the instance; with `preserveip` its addresses too."""
    p, nics = call.params, json.loads(backup.vm_details.get("nics", "[]"))
    if not nics:
        raise CloudRuntime(
            "Backup doesn't contain network information. Please specify at least one valid network while creating "
            "instance"
        )
    networks = [_network(call, nic["networkid"]) for nic in nics]
    if not p.preserveip:
        p.replace("networkids", networks)
        return
    addresses = (("networkid", "networkid"), ("ip", "ipaddress"), ("mac", "macaddress"))
    p.replace(
        "iptonetworklist",
        {str(n): {key: nic[name] for key, name in addresses if name in nic} for n, nic in enumerate(nics)},
    )


def _kept(table: Any, uuid: str | None, what: str) -> Any:
    wanted = "Template/ISO" if what == "Template" else what
    if uuid is None:
        raise CloudRuntime(
            f"Backup doesn't contain a {what} UUID. Please specify a valid {wanted} while creating the Instance"
        )
    row = table.find(uuid)
    if row is None or row.removed is not None:
        raise CloudRuntime(
            f"Unable to find {what} with the UUID stored in the Backup. Please specify a valid {wanted} while "
            "creating the Instance"
        )
    return row


def _network(call: Call, uuid: str) -> Any:
    network = call.db.networks.find(uuid)
    if network is None or network.removed is not None:
        raise CloudRuntime(
            f"Unable to find network with the uuid {uuid} stored in backup. Please specify a valid network id while "
            "creating the instance"
        )
    return network


def _disk_offering(call: Call, volume: dict[str, Any]) -> Any:
    offering = call.db.disk_offerings.find(volume.get("diskOfferingId") or "")
    if offering is None or offering.removed is not None:
        raise CloudRuntime(
            f"Unable to find the disk offering with uuid ({volume.get('diskOfferingId')}) stored in backup. Please "
            "specify a valid disk offering id while creating the instance"
        )
    return offering


@command("createVMFromBackup", sync=lambda call: ("vm", call.created))
@journaled("VM.CREATE.FROM.BACKUP", "creating Instance from Backup", lambda call: call.created)
def create_from_backup(call: Call) -> Any:
    """The instance is started to have its disks made, stopped to have them filled, and started for good."""
    vm = call.created
    try:
        yield from life.start(call, vm, where=destination.of_call(call))
    except ApiError as error:
        deploy.give_up(call, vm)
        raise life.refused(vm, error) from None
    vm.details.pop(deploy.DEPLOYING, None)
    yield from life.stop(call, vm)
    if call.params.get("startvm", True):
        yield from life.start(call, vm)
    return {"virtualmachine": instance_view(call, vm)}


@command("restoreVolumeFromBackupAndAttachToVM")
def restore_volume(call: Call) -> Generator[float, None, dict[str, Any]]:
    backup, vm = _backup_of_volume(call), _vm_to_attach_to(call)
    zone = call.db.zones[backup.zone_id]
    if backup.zone_id != vm.zone_id:
        raise CloudRuntime("Cross zone backup restoration of volume is not allowed")
    call.check_access(backup)
    offering = call.db.backup_offerings[backup.offering_id]
    found = _backed_up(call, backup)
    yield 0.3
    if offering.provider == providers.DUMMY:
        host = call.db.hosts.get(vm.host_id) or next(iter(call.db.hosts.where(zone_id=zone.id, kind="Routing")), None)
        raise CloudRuntime(
            f"Error restoring volume [{found['uuid']}] of VM [{vm.uuid}] to host [{host and host.uuid}] using "
            f"backup provider [{offering.provider}] due to: []."
        )
    _attach(call, vm, found)
    call.event(
        "BACKUP.RESTORE.VOLUME.TO.VM", "Successfully completed restoring VM from backup", vm,
        resource_type="VirtualMachine",
    )  # fmt: skip
    return SUCCESS


def _backup_of_volume(call: Call) -> Backup:
    if not call.params.volumeid:
        raise CloudRuntime("Invalid volume ID passed")
    backup = call.params.backupid
    if not backup or backup.removed is not None:
        raise CloudRuntime("Provided backup not found")
    if backup.status != "BackedUp":
        raise CloudRuntime("Backup should be in BackedUp state")
    providers.check_zone(call, call.db.zones[backup.zone_id])
    return backup


def _vm_to_attach_to(call: Call) -> Instance:
    vm = call.params.virtualmachineid
    if not vm or vm.removed is not None or vm.vm_type != "User":
        raise CloudRuntime(f"Can't find any VM with ID: [{vm.id}].")
    call.check_access(vm)
    if vm.backup_offering_id is not None and not call.setting("backup.enable.attach.detach.of.volumes"):
        raise CloudRuntime("The selected VM has backups, cannot restore and attach volume to the VM.")
    return vm


def _backed_up(call: Call, backup: Backup) -> dict[str, Any]:
    volumes = json.loads(backup.volumes)
    if not volumes:
        raise CloudRuntime("Volumes metadata not found in the backup")
    wanted = call.params.volumeid
    for volume in volumes:
        if volume["uuid"] == wanted:
            return dict(volume)
    raise CloudRuntime(f"Failed to find volume with Id {wanted} in the backed-up volumes metadata")


def _attach(call: Call, vm: Instance, found: dict[str, Any]) -> None:
    """The restored disk comes to the pool of the instance's root disk."""
    source = call.db.volumes.find(found["uuid"])
    root = disks.of_vm(call.sim, vm)[0]
    offering = call.db.disk_offerings.find(found.get("diskOfferingId") or "")
    volume = disks.add(
        call.sim,
        Volume(
            name=f"RestoredVol-{source.name if source is not None else found['uuid']}",
            account_id=vm.account_id,
            zone_id=vm.zone_id,
            size=found["size"],
            disk_offering_id=offering.id if offering is not None else None,
        ),
    )
    disks.put_on(call.sim, volume, call.db.storage_pools[root.pool_id])
    disks.attach(call.sim, volume, vm, disks.free_device(call.sim, vm))

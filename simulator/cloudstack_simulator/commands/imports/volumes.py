"""listVolumesForImport, importVolume, unmanageVolume."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, PermissionDenied, ResourceAllocation, ServerApiError
from ...model.imports import ForeignVolume
from ...model.offerings import DiskOffering
from ...model.volumes import Volume
from ...registry import SUCCESS, command
from ..offerings import usable
from ..volumes import lifecycle, sizes
from ..volumes.view import volume_view

HYPERVISORS = ("KVM", "VMware")
KVM_POOLS = ("NetworkFilesystem", "Filesystem", "RBD")
DEFAULT_OFFERING = "Default Custom Offering for Volume Import"
LOCAL_SUFFIX = " - Local Storage"


def view(call: Call, volume: ForeignVolume) -> dict[str, Any]:
    pool = call.db.storage_pools[volume.pool_id]
    return {
        "path": volume.path,
        "name": volume.path,
        "fullpath": f"/mnt/{pool.uuid}/{volume.path}",
        "format": volume.format,
        "size": volume.size,
        "virtualsize": volume.size,
        "storageid": pool.uuid,
        "storage": pool.name,
        "storagetype": pool.pool_type,
    }


def _pool(pool: Any) -> Any:
    if not pool or pool.removed is not None:
        raise CloudRuntime(f"Storage pool (ID: {pool.id}) does not exist")
    if pool.state in lifecycle.IN_MAINTENANCE:
        raise CloudRuntime(f"Storage pool (name: {pool.name}) is in maintenance")
    if pool.state != "Up":
        raise CloudRuntime(f"Storage pool (ID: {pool.name}) is not Up: {pool.state}")
    return pool


def _check_host(call: Call, pool: Any) -> None:
    """Volumes are looked for by a host that has the pool."""
    hosts = [
        host
        for host in call.db.hosts.where(zone_id=pool.zone_id, kind="Routing")
        if host.state == "Up" and pool.cluster_id in (None, host.cluster_id) and pool.host_id in (None, host.id)
    ]
    if not hosts:
        raise CloudRuntime("No host found to perform volume import")
    hypervisor = hosts[0].hypervisor
    if hypervisor not in HYPERVISORS:
        raise CloudRuntime(f"Importing and unmanaging volume are not supported for hypervisor: {hypervisor}")
    if hypervisor == "KVM" and pool.pool_type not in KVM_POOLS:
        raise CloudRuntime(
            f"Importing and unmanaging volume are not supported for pool type {pool.pool_type} on hypervisor "
            f"{hypervisor}"
        )


@command("listVolumesForImport")
def list_volumes(call: Call) -> dict[str, Any]:
    """All of them, whatever the page; a path finds just one."""
    p, pool = call.params, _pool(call.params.storageid)
    _check_host(call, pool)
    found = [
        volume
        for volume in call.db.foreign_volumes.where(pool_id=pool.id)
        if p.path in (None, volume.path) and (p.keyword or "").lower() in volume.path.lower()
    ]
    return {"count": len(found), "volumeforimport": [view(call, v) for v in found]} if found else {}


@command("importVolume")
def import_volume(call: Call) -> Generator[float, None, dict[str, Any]]:
    p = call.params
    owner = call.owner()
    pool = _pool(p.storageid)
    if not p.path.strip():
        raise CloudRuntime(f"Volume path is null or blank: {p.path}")
    if any(v.path == p.path for v in call.db.volumes.where(pool_id=pool.id)):
        raise CloudRuntime(f"Volume is already managed by CloudStack: {p.path}")
    _check_host(call, pool)
    found = next((v for v in call.db.foreign_volumes.where(pool_id=pool.id) if v.path == p.path), None)
    if found is None:
        raise CloudRuntime(f"Cannot find volume on storage pool: {p.path}")
    _check_limits(call, owner, found)
    offering = _offering(call, owner, pool)
    if offering.customized:
        sizes.check_custom_size(call, found.size // sizes.GIB)
    if not set(offering.tags) <= set(pool.tags):
        raise CloudRuntime(
            f"Disk offering: {offering.uuid} storage tags are not compatible with selected storage pool: {pool.uuid}"
        )
    yield 0.3
    volume = lifecycle.add(
        call.sim,
        Volume(
            name=(p.name or "").strip() or p.path,
            account_id=owner.id,
            zone_id=pool.zone_id,
            size=found.size,
            disk_offering_id=offering.id,
            path=found.path,
        ),
    )
    lifecycle.put_on(call.sim, volume, pool)
    call.db.foreign_volumes.delete(found)
    call.event("VOLUME.IMPORT", f"Successfully imported volume {volume.uuid}", volume)
    return {"volume": volume_view(call, volume)}


def _check_limits(call: Call, owner: Any, found: ForeignVolume) -> None:
    try:
        call.sim.limits.check(owner, "volume")
        call.sim.limits.check(owner, "primary_storage", found.size)
    except ResourceAllocation as error:
        raise ServerApiError(530, f"VM resource allocation error for account: {owner.uuid}. {error.text}") from None


def _offering(call: Call, owner: Any, pool: Any) -> DiskOffering:
    offering, is_local = call.params.diskofferingid, pool.scope == "HOST"
    if offering is None:
        return _default_offering(call, is_local)
    if not offering or offering.removed is not None:
        raise CloudRuntime(f"Disk offering {offering.id} does not exist")
    if offering.state != "Active":
        raise CloudRuntime(f"Disk offering with ID {offering.id} is not active")
    if offering.use_local_storage != is_local:
        wanted = "local" if is_local else "shared"
        raise CloudRuntime(f"Disk offering with ID {offering.id} should use {wanted} storage")
    if offering.encrypt:
        raise CloudRuntime(f"Disk offering with ID {offering.id} should not support volume encryption")
    try:
        usable.check_disk(call, owner, offering, call.db.zones[pool.zone_id])
    except PermissionDenied as error:
        raise CloudRuntime(f"Disk offering with ID {offering.id} is not accessible by owner {owner.name}") from error
    return offering


def _default_offering(call: Call, is_local: bool) -> DiskOffering:
    """The server makes this one when it needs it first."""
    name = DEFAULT_OFFERING + (LOCAL_SUFFIX if is_local else "")
    offerings = call.db.disk_offerings
    found: DiskOffering = offerings.first(name=name) or offerings.add(
        DiskOffering(name=name, display_text=name, customized=True, use_local_storage=is_local)
    )
    return found


@command("unmanageVolume")
def unmanage(call: Call) -> Generator[float, None, dict[str, Any]]:
    volume = call.params.id
    if not volume or volume.removed is not None:
        raise CloudRuntime(f"Volume (ID: {volume.id}) does not exist")
    if volume.state != "Ready":
        raise CloudRuntime(f"Volume (ID: {volume.id}) is not ready")
    if volume.vm_id is not None:
        raise CloudRuntime(f"Volume (ID: {volume.id}) is attached to VM (ID: {volume.vm_id})")
    pool = _pool(call.db.storage_pools[volume.pool_id])
    _check_host(call, pool)
    yield 0.2
    call.db.foreign_volumes.add(ForeignVolume(path=volume.path, pool_id=pool.id, size=volume.size))
    call.event("VOLUME.UNMANAGE", f"Successfully unmanaged volume {volume.uuid}", volume)
    lifecycle.expunge(call.sim, volume)
    return SUCCESS

"""Changing and removing storage pools."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...model.pools import StoragePool
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ...tables import Row
from ..volumes import lifecycle as disks
from . import nfs_options
from .view import pool_view


@command("updateStoragePool")
def update_pool(call: Call) -> dict[str, Any]:
    p = call.params
    pool = live(p.id, "Unable to find storage pool with ID: {id}")
    nfs_options.check_change(call, pool)
    if p.istagarule:
        raise InvalidParameter("The parameter istagarule cannot be set to true as JS interpretation is disabled")
    if p.enabled is not None:
        _switch(pool, enabled=p.enabled)
    pool.name = p.name or pool.name
    if "tags" in p:
        pool.tags = p.tags
        pool.is_tag_rule = False
    pool.details |= flat_map(p.details)
    if p.capacitybytes is not None:
        pool.capacity = p.capacitybytes
        pool.details["capacityBytes"] = str(p.capacitybytes)
    if p.capacityiops is not None:
        pool.capacity_iops = p.capacityiops
        pool.details["capacityIops"] = str(p.capacityiops)
    return {"storagepool": pool_view(call, pool)}


def _switch(pool: StoragePool, *, enabled: bool) -> None:
    before, after, word = ("Disabled", "Up", "enabled") if enabled else ("Up", "Disabled", "disabled")
    if pool.state != before:
        raise InvalidParameter(f"Primary storage {pool} cannot be {word}. Storage pool state : {pool.state}")
    pool.state = after


@command("deleteStoragePool")
def delete_pool(call: Call) -> dict[str, Any]:
    p = call.params
    pool = live(p.id, "Unable to find pool by id {id}")
    if pool.state != "Maintenance":
        raise InvalidParameter(f"Unable to delete storage due to it is not in Maintenance state, pool: {pool}")
    volumes = call.db.volumes.where(pool_id=pool.id)
    if any(not v.destroyed for v in volumes):
        raise CloudRuntime(f"Cannot delete pool {pool} as there are associated non-destroyed vols for this pool")
    if volumes and not p.forced:
        raise CloudRuntime(f"Cannot delete pool {pool} as there are associated vols for this pool")
    for volume in volumes:
        disks.expunge(call.sim, volume)
    _forget(call, pool)
    return SUCCESS


def _forget(call: Call, pool: Row) -> None:
    for copy in call.db.template_pools.where(pool_id=pool.id):
        call.db.template_pools.delete(copy)
    call.db.storage_pools.delete(pool)


@command("syncStoragePool")
def sync_pool(call: Call) -> dict[str, Any]:
    pool = live(
        call.params.id, "Unable to obtain lock on the storage pool record in preparePrimaryStorageForMaintenance()"
    )
    if pool.pool_type != "DatastoreCluster":
        raise InvalidParameter("SyncStoragePool API is currently supported only for storage type of datastore cluster")
    if pool.state not in ("Up", "Disabled"):
        raise InvalidParameter(f"Primary storage {pool} is not ready for syncing, as the status is {pool.state}")
    return {"storagepool": pool_view(call, pool)}


@command("updateStorageCapabilities")
def update_capabilities(call: Call) -> dict[str, Any]:
    pool = live(call.params.id, "Unable to find storage pool with ID: {id}")
    if pool.pool_type != "NetworkFilesystem":
        raise CloudRuntime("Storage capabilities update only supported on NFS storage mounted.")
    if pool.state != "Up":
        raise CloudRuntime("Primary storage is not in the right state to update capabilities")
    cluster = call.db.clusters.get(pool.cluster_id)
    if (cluster.hypervisor if cluster is not None else pool.hypervisor) != "VMware":
        raise CloudRuntime("Storage capabilities update only supported on VMWare.")
    return {"storagepool": pool_view(call, pool)}

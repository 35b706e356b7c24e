"""Changing, moving and removing storage pools."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...model.pools import StoragePool
from ...parameters import flat_map
from ...registry import SUCCESS, command
from ...tables import Row
from ..volumes import lifecycle as disks
from .create import size_on_hosts
from .view import pool_view

ZONE_SCOPE_HYPERVISORS = ("KVM", "VMware", "Simulator")


@command("updateStoragePool")
def update_pool(call: Call) -> dict[str, Any]:
    p = call.params
    pool = live(p.id, "Unable to find storage pool with ID: {id}")
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


@command("changeStoragePoolScope", sync=lambda call: ("pool", call.params.id))
def change_scope(call: Call) -> dict[str, Any]:
    p = call.params
    scope = p.scope.upper()
    if scope not in ("CLUSTER", "ZONE"):
        raise InvalidParameter(f"Invalid scope {p.scope}for Primary storage")
    pool = live(p.id, "Unable to find storage pool with ID: {id}")
    if pool.scope == scope:
        raise InvalidParameter("New scope must be different than the current scope")
    if pool.scope not in ("CLUSTER", "ZONE"):
        raise InvalidParameter("This operation is supported only for Primary storages having scope CLUSTER or ZONE")
    if pool.state != "Disabled":
        raise InvalidParameter(
            f"Scope of the Primary storage with id {pool.uuid} cannot be changed, as it is not in the Disabled state"
        )
    if scope == "ZONE":
        _to_zone(pool)
    else:
        _to_cluster(call, pool)
    call.event(
        "CHANGE.STORAGE.POOL.SCOPE",
        f"Successfully completed changing storage pool scope. Pool Id: {pool.uuid}, scope: {scope}",
        pool,
    )
    return SUCCESS


def _to_zone(pool: StoragePool) -> None:
    if pool.hypervisor not in ZONE_SCOPE_HYPERVISORS:
        raise InvalidParameter(
            f"Primary storage scope change to Zone is not supported for hypervisor type {pool.hypervisor}"
        )
    pool.scope, pool.cluster_id, pool.pod_id = "ZONE", None, None
    pool.capacity = size_on_hosts(pool.hypervisor) or pool.capacity


def _to_cluster(call: Call, pool: StoragePool) -> None:
    p, db = call.params, call.db
    if not p.clusterid:
        raise InvalidParameter("Cluster ID not provided")
    cluster = live(p.clusterid, "Unable to find cluster by id {id}")
    numbers = {v.vm_id for v in db.volumes.where(pool_id=pool.id) if v.vm_id is not None}
    hosts = [db.hosts.get(vm.host_id) for vm in (db.vms.live.get(n) for n in numbers) if vm and vm.host_id]
    outside = sum(h is not None and h.cluster_id != cluster.id for h in hosts)
    if outside:
        raise CloudRuntime(
            f"Cannot change scope of the storage pool [{pool.name}] to cluster [{cluster.name}] as there are "
            f"{outside} VMs "
            "with volumes in this pool that are running on other clusters. All such User VMs must be stopped and "
            "System VMs "
            "must be destroyed before proceeding. Please use the API listAffectedVmsForStorageScopeChange to get "
            "the list."
        )
    pool.scope, pool.cluster_id, pool.pod_id = "CLUSTER", cluster.id, cluster.pod_id


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

"""Moving storage pools between the scopes zone and cluster."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter
from ...model.pools import StoragePool
from ...model.zones import Cluster
from ...registry import SUCCESS, command
from .create import size_on_hosts

ZONE_SCOPE_HYPERVISORS = ("KVM", "VMware", "Simulator")


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
    p = call.params
    if not p.clusterid:
        raise InvalidParameter("Cluster ID not provided")
    cluster = live(p.clusterid, "Unable to find cluster by id {id}")
    outside = _vms_outside(call, pool, cluster)
    if outside:
        raise CloudRuntime(
            f"Cannot change scope of the storage pool [{pool.name}] to cluster [{cluster.name}] as there are "
            f"{len(outside)} VMs with volumes in this pool that are running on other clusters. All such User VMs must "
            "be stopped and System VMs must be destroyed before proceeding. Please use the API "
            "listAffectedVmsForStorageScopeChange to get the list."
        )
    pool.scope, pool.cluster_id, pool.pod_id = "CLUSTER", cluster.id, cluster.pod_id


@command("listAffectedVmsForStorageScopeChange")
def list_affected_vms(call: Call) -> dict[str, Any]:
    p = call.params
    pool = live(p.storageid, "Unable to find storage pool with ID: {id}")
    cluster = live(p.clusterid, "Unable to find the cluster by id={id}")
    return call.listing("virtualmachine", _vms_outside(call, pool, cluster), _vm_view)


def _vms_outside(call: Call, pool: StoragePool, cluster: Cluster) -> list[Any]:
    """VMs with disks on the pool that run outside of a cluster."""
    db = call.db
    users = {v.vm_id for v in db.volumes.where(pool_id=pool.id) if v.vm_id is not None}
    vms = [db.vms.live[number] for number in sorted(users) if number in db.vms.live]
    return [vm for vm in vms if vm.host_id is not None and db.hosts[vm.host_id].cluster_id != cluster.id]


def _vm_view(call: Call, vm: Any) -> dict[str, Any]:
    host = call.db.hosts[vm.host_id]
    cluster = call.db.clusters[host.cluster_id]
    return {
        "id": vm.uuid,
        "name": vm.name,
        "type": vm.vm_type,
        "hostid": host.uuid,
        "hostname": host.name,
        "clusterid": cluster.uuid,
        "clustername": cluster.name,
    }

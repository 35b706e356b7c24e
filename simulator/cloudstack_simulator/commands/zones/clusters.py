"""Clusters."""

from __future__ import annotations

from typing import Any

from ...call import Call, live
from ...errors import CloudRuntime, IllegalArgument, InvalidParameter, PermissionDenied, ServerApiError
from ...listing import equal
from ...model.zones import Cluster
from ...registry import SUCCESS, command
from ..annotations import has_annotations
from ..common import DEFAULT_ARCHITECTURE, access_groups, architecture, in_access_group
from ..extensions import use as extensions
from ..hosts import agents
from ..storage_pools import access as storage_access
from ..urls import parts_of
from . import dedication
from .capacity import cluster_capacities
from .hypervisors import hypervisor_type
from .texts import allocation_state

TYPES = ("CloudManaged", "ExternalManaged")
WITH_SECURITY_GROUPS = ("KVM", "XenServer", "LXC", "Simulator")
MANAGED_STATES = ("Managed", "Unmanaged", "PrepareUnmanaged", "PrepareUnmanagedError")
RATIOS = {"cpuOvercommitRatio": "cpu.overprovisioning.factor", "memoryOvercommitRatio": "mem.overprovisioning.factor"}


def cluster_view(call: Call, cluster: Cluster) -> dict[str, Any]:
    zone, pod = call.db.zones[cluster.zone_id], call.db.pods[cluster.pod_id]
    details = cluster.details | _set_ratios(call, cluster)
    view = {
        "id": cluster.uuid,
        "name": cluster.name,
        "podid": pod.uuid,
        "podname": pod.name,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "hypervisortype": cluster.hypervisor,
        "clustertype": cluster.cluster_type,
        "allocationstate": cluster.allocation_state,
        "managedstate": cluster.managed_state,
        "cpuovercommitratio": details.get("cpuOvercommitRatio"),
        "memoryovercommitratio": details.get("memoryOvercommitRatio"),
        "resourcedetails": details,
        "arch": cluster.arch,
        "storageaccessgroups": ",".join(cluster.storage_access_groups) or None,
        **access_groups(pod=pod, zone=zone),
        "hasannotations": has_annotations(call, cluster),
        **extensions.cluster_fields(call, cluster.id),
    }
    if call.params.showcapacities:
        view["capacity"] = cluster_capacities(call, cluster)
    return view


def _set_ratios(call: Call, cluster: Cluster) -> dict[str, str]:
    """Overcommit ratios that were set for the cluster as settings."""
    found = {}
    for detail, name in RATIOS.items():
        text = call.sim.settings.by_name[name].scoped.get(("Cluster", cluster.id))
        if text is not None:
            found[detail] = text
    return found


@command("listClusters")
def list_clusters(call: Call) -> dict[str, Any]:
    p = call.params
    return call.listing(
        "cluster",
        call.db.clusters,
        cluster_view,
        where=[
            equal("id", p.id),
            equal("name", p.name),
            equal("zone_id", p.zoneid),
            equal("pod_id", p.podid),
            equal("hypervisor", p.hypervisor),
            equal("cluster_type", p.clustertype),
            equal("allocation_state", p.allocationstate),
            equal("managed_state", p.managedstate),
            equal("arch", architecture(p.arch)),
            in_access_group(call),
        ],
        keyword=("name", "hypervisor"),
    )


@command("addCluster")
def add_cluster(call: Call) -> dict[str, Any]:
    p = call.params
    zone = live(p.zoneid, "Can't find zone by the id specified")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation, Zone with specified id is currently disabled")
    pod = live(p.podid, "Can't find pod by id {id}")
    if pod.zone_id != zone.id:
        raise InvalidParameter(f"Pod with specified id doesn't belong to the zone {zone}")
    hypervisor = hypervisor_type(p.hypervisor)
    if zone.security_groups and zone.network_type == "Advanced" and hypervisor not in WITH_SECURITY_GROUPS:
        raise InvalidParameter(f"Don't support hypervisor type {hypervisor} in advanced security enabled zone")
    if p.clustertype not in TYPES:
        raise IllegalArgument(f"No enum constant com.cloud.org.Cluster.ClusterType.{p.clustertype}")
    extensions.check_new_cluster(call, hypervisor)
    state = allocation_state(p.get("allocationstate", "Enabled"))
    arch = architecture(p.arch) or DEFAULT_ARCHITECTURE
    storage_access.check_new(p.storageaccessgroups, pod=pod, zone=zone)
    if call.db.clusters.first(pod_id=pod.id, name=p.clustername):
        raise CloudRuntime(
            f"Unable to create cluster {p.clustername} in pod and data center with specified ids",
            uuids=((pod.uuid, "podId"), (zone.uuid, "dcId")),
        )
    if p.clustertype == "ExternalManaged":
        _refuse_foreign(p.url or "")
    cluster = call.db.clusters.add(
        Cluster(
            name=p.clustername,
            zone_id=zone.id,
            pod_id=pod.id,
            hypervisor=hypervisor,
            cluster_type=p.clustertype,
            allocation_state=state,
            arch=arch,
            details={detail: str(call.setting(name)) for detail, name in RATIOS.items()},
            storage_access_groups=p.get("storageaccessgroups", []),
        )
    )
    extensions.register_new(call, cluster)
    return {"count": 1, "cluster": [cluster_view(call, cluster)]}


def _refuse_foreign(url: str) -> None:
    """Nobody else manages clusters here: whatever the address, there is none at it."""
    parts = parts_of(url)
    if not parts.scheme:
        raise InvalidParameter(f"uri.scheme is null {url}, add http:// as a prefix")
    if parts.scheme == "http" and not parts.hostname:
        raise InvalidParameter("Your host and/or path is wrong.  Make sure it's of the format http://hostname/path")
    raise ServerApiError(530, "Unable to add the external cluster")


@command("updateCluster")
def update_cluster(call: Call) -> dict[str, Any]:
    p = call.params
    cluster = live(p.id, "Unable to find the cluster by id={id}")
    extensions.change_cluster(call, cluster)
    hypervisor = hypervisor_type(p.hypervisor) if p.hypervisor else cluster.hypervisor
    if p.hypervisor and hypervisor == "None":
        raise InvalidParameter(f"Unable to resolve {p.hypervisor} to a supported type")
    if p.clustertype and p.clustertype not in TYPES:
        raise InvalidParameter(f"Unable to resolve {p.clustertype} to a supported type")
    state = allocation_state(p.allocationstate) if p.allocationstate else cluster.allocation_state
    managed = {m.lower(): m for m in MANAGED_STATES}.get((p.managedstate or "managed").lower())
    if managed is None:
        raise InvalidParameter(f"Unable to resolve Managed State '{p.managedstate}' to a supported state")
    arch = architecture(p.arch) or cluster.arch
    _check_arch(call, cluster)
    cluster.name = p.clustername or cluster.name
    cluster.hypervisor, cluster.allocation_state = hypervisor, state
    cluster.cluster_type = p.clustertype or cluster.cluster_type
    cluster.arch = arch
    if p.managedstate and managed != cluster.managed_state:
        cluster.managed_state = managed
        for host in call.db.hosts.where(cluster_id=cluster.id):
            if managed == "Unmanaged":
                agents.disconnect(host)
            else:
                agents.connect_soon(call.sim, host)
    return {"cluster": cluster_view(call, cluster)}


def _check_arch(call: Call, cluster: Cluster) -> None:
    wanted = call.params.arch
    present = sorted({h.arch for h in call.db.hosts.where(cluster_id=cluster.id) if h.arch})
    if wanted and any(arch != wanted for arch in present):
        raise InvalidParameter(f"Cluster has host(s) present with arch type(s): [{', '.join(present)}]")


@command("deleteCluster")
def delete_cluster(call: Call) -> dict[str, Any]:
    cluster = live(call.params.id, "Cluster: {id} does not exist", CloudRuntime)
    if call.db.hosts.where(cluster_id=cluster.id):
        raise CloudRuntime(f"Cluster: {cluster.id} cannot be removed. Cluster still has hosts")
    if call.db.storage_pools.where(cluster_id=cluster.id):
        raise CloudRuntime(f"Cluster: {cluster} cannot be removed. Cluster still has storage pools")
    dedication.release(call.sim, "cluster", cluster)
    extensions.forget_cluster(call, cluster)
    call.db.clusters.remove(cluster)
    return SUCCESS

"""scaleKubernetesCluster."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.kubernetes import KubernetesCluster, KubernetesNode
from ...registry import command
from ..instances import counting, placement, sizes
from . import checks, nodes, service
from .deeds import same_cluster
from .view import cluster_view, nodes_of


@command("scaleKubernetesCluster", sync=same_cluster)
@service.internal
def scale(call: Call) -> Generator[float, None, Any]:
    cluster = service.cluster_of(call, "Invalid Kubernetes cluster ID")
    wanted = checks.node_offerings(call)
    _check(call, cluster, wanted)
    before, cluster.state = cluster.state, "Scaling"
    try:
        _change_offerings(call, cluster, wanted)
        yield 0.2
        yield from _change_size(call, cluster)
    except ApiError:
        cluster.state = "Alert"
        raise
    _set_autoscaling(call, cluster)
    _count(call, cluster)
    cluster.state = before
    call.event("KUBERNETES.CLUSTER.SCALE", "Successfully completed scaling Kubernetes cluster", cluster)
    return {"kubernetescluster": cluster_view(call, cluster)}


def _check(call: Call, cluster: KubernetesCluster, wanted: dict[str, Any]) -> None:
    p, owner = call.params, call.db.accounts[cluster.account_id]
    if p.serviceofferingid is None and not wanted and p.size is None and not p.nodeids and p.autoscalingenabled is None:
        raise InvalidParameter(
            f"Kubernetes cluster {cluster.name} cannot be scaled, either service offering or cluster size or nodeids "
            "to be removed or autoscaling must be passed"
        )
    service.refuse_external(cluster, "Scale")
    if cluster.state not in ("Created", "Running", "Stopped"):
        raise PermissionDenied(f"Kubernetes cluster {cluster.name} is in {cluster.state} state and can not be scaled")
    if p.autoscalingenabled:
        _check_autoscaling(call, cluster, owner)
    if p.nodeids:
        _check_nodes(call, cluster, wanted)
    for kind in service.KINDS:
        offering = wanted.get(kind, p.serviceofferingid)
        if offering is not None:
            _check_offering(call, cluster, kind, offering)
    _check_size(call, cluster, owner)


def _check_autoscaling(call: Call, cluster: KubernetesCluster, owner: Any) -> None:
    p = call.params
    if p.size is not None or p.nodeids:
        raise InvalidParameter("Autoscaling can not be passed along with nodeids or clustersize")
    version = call.db.kubernetes_versions[cluster.version_id]
    if service.numbers(version.semantic_version) < service.numbers(service.OLDEST_AUTOSCALING):
        raise InvalidParameter(f"Autoscaling requires Kubernetes Version {service.OLDEST_AUTOSCALING} or above")
    service.check_endpoint(call)
    if p.minsize is None or p.maxsize is None:
        raise InvalidParameter("Autoscaling requires minsize and maxsize to be passed")
    if p.minsize < 1:
        raise InvalidParameter("Minsize must be at least than 1")
    if p.maxsize <= p.minsize:
        raise InvalidParameter("Maxsize must be greater than minsize")
    checks.most(call, owner, p.maxsize + cluster.control_nodes)


def _check_nodes(call: Call, cluster: KubernetesCluster, wanted: dict[str, Any]) -> None:
    p = call.params
    if p.size is not None or p.serviceofferingid is not None or "WORKER" in wanted:
        raise InvalidParameter("nodeids can not be passed along with clustersize or service offering")
    going = _named(call, cluster)
    if len(going) != len(p.nodeids):
        raise InvalidParameter("Invalid node ids")
    control = sum(n.kind == "CONTROL" for n in going)
    if control >= cluster.control_nodes:
        raise InvalidParameter("Can not remove all control nodes from a cluster")
    if len(going) - control >= cluster.size:
        raise InvalidParameter("Can not remove all nodes from a cluster")


def _named(call: Call, cluster: KubernetesCluster) -> list[KubernetesNode]:
    numbers = {vm.id for vm in call.params.nodeids}
    return [n for n in nodes_of(call, cluster) if n.vm_id in numbers]


def _check_offering(call: Call, cluster: KubernetesCluster, kind: str, offering: Any) -> None:
    version = call.db.kubernetes_versions[cluster.version_id]
    start = f"Kubernetes cluster : {cluster.name} cannot be scaled with service offering : {offering.name}, "
    if not offering or offering.removed is not None:
        raise InvalidParameter(f"Failed to find service offering ID: {offering.id}")
    if offering.cpu is None or offering.memory is None:
        raise InvalidParameter(
            "Custom service offerings are not supported for Kubernetes clusters. Kubernetes cluster : "
            f"{cluster.name}, service offering : {offering.name}"
        )
    if offering.cpu < service.NODE_CPUS or offering.memory < service.NODE_MEMORY:
        raise InvalidParameter(
            f"{start}Kubernetes cluster template(CoreOS) needs minimum {service.NODE_CPUS} vCPUs and "
            f"{service.NODE_MEMORY} MB RAM"
        )
    for have, least, unit in (
        (offering.cpu, version.min_cpu, "vCPUs"),
        (offering.memory, version.min_memory, "MB RAM"),
    ):
        if have < least:
            raise InvalidParameter(
                f"{start}associated Kubernetes version : {version.name} needs minimum {least} {unit}"
            )
    number = cluster.offerings.get(kind, cluster.offering_id)
    existing = call.db.service_offerings.get(number)
    if cluster.state != "Running" or existing is None:
        return
    if offering.memory < existing.memory or offering.cpu * offering.speed < existing.cpu * existing.speed:
        raise CloudRuntime(
            f"Kubernetes cluster cannot be scaled down for service offering. Service offering : {offering.name} offers "
            f"lesser resources as compared to service offering : {existing.name} of Kubernetes cluster : {cluster.name}"
        )


def _check_size(call: Call, cluster: KubernetesCluster, owner: Any) -> None:
    size = call.params.size
    if size is None or size == cluster.size:
        return
    if cluster.state == "Stopped":
        raise PermissionDenied(f"Kubernetes cluster : {cluster.name} is in {cluster.state} state")
    if size < 1:
        raise InvalidParameter(f"Kubernetes cluster : {cluster.name} cannot be scaled for size, {size}")
    checks.most(call, owner, size + cluster.control_nodes)


def _change_offerings(call: Call, cluster: KubernetesCluster, wanted: dict[str, Any]) -> None:
    """Every node of a kind gets the new offering, running or not."""
    default = call.params.serviceofferingid
    if default is None and not wanted:
        return
    if default is not None:
        cluster.offering_id, cluster.offerings = default.id, {}
    cluster.offerings = {**cluster.offerings, **{kind: offering.id for kind, offering in wanted.items()}}
    for node in nodes_of(call, cluster):
        vm = call.db.vms[node.vm_id]
        before = sizes.size_of(call.db, vm)
        vm.service_offering_id = nodes.offering_of(call, cluster, node.kind).id
        counting.change_size(call.sim, vm, before)
        placement.resize(call.sim, vm, before)


def _change_size(call: Call, cluster: KubernetesCluster) -> Generator[float, None, None]:
    size = call.params.size
    if call.params.nodeids:
        going = _named(call, cluster)
    elif size is not None and size < cluster.size:
        going = nodes_of(call, cluster, "WORKER")[size:]
    else:
        going = []
    for node in going:
        yield from nodes.drop(call, node)
    for _number in range(max(0, (size or 0) - cluster.size)):
        yield from nodes.provision(call, cluster, "WORKER")
    if going or (size or 0) > cluster.size:
        yield from nodes.open_ssh(call, cluster)


def _set_autoscaling(call: Call, cluster: KubernetesCluster) -> None:
    p = call.params
    if p.autoscalingenabled is not None:
        cluster.autoscaling = p.autoscalingenabled
        cluster.min_size, cluster.max_size = (p.minsize, p.maxsize) if p.autoscalingenabled else (None, None)


def _count(call: Call, cluster: KubernetesCluster) -> None:
    found = nodes_of(call, cluster)
    cluster.control_nodes = sum(n.kind == "CONTROL" for n in found)
    cluster.etcd_nodes = sum(n.kind == "ETCD" for n in found)
    cluster.size = len(found) - cluster.control_nodes - cluster.etcd_nodes
    each = [sizes.size_of(call.db, call.db.vms[n.vm_id]) for n in found]
    cluster.cores, cluster.memory = sum(s.cpu for s in each), sum(s.memory for s in each)

"""Instances that come to a cluster or leave it: of clusters that others run, and nodes made by hand."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, ServerApiError
from ...model.kubernetes import KubernetesCluster, KubernetesNode
from ...parameters import UUID
from ...registry import SUCCESS, command
from . import service
from .deeds import same_cluster
from .view import cluster_view, nodes_of

INVALID = "Invalid Kubernetes cluster ID specified"


def _instances(call: Call, ids: list[str]) -> list[tuple[str, Any]]:
    """(id as given, the instance or None)"""
    table = call.db.vms
    return [(i, table.find(i) if UUID.fullmatch(i) else table.get(int(i)) if i.isdigit() else None) for i in ids]


def _recount(call: Call, cluster: KubernetesCluster) -> None:
    found = nodes_of(call, cluster)
    cluster.control_nodes = sum(n.kind == "CONTROL" for n in found)
    cluster.size = len(found) - cluster.control_nodes


@command("addVirtualMachinesToKubernetesCluster")
@service.internal
def add_vms(call: Call) -> dict[str, Any]:
    cluster = service.cluster_of(call, INVALID)
    if cluster.type == "CloudManaged":
        raise InvalidParameter("VM cannot be added to a CloudStack managed Kubernetes cluster")
    vms = [vm for _given, vm in _instances(call, call.params.virtualmachineids)]
    for vm in vms:
        if vm is None or vm.removed is not None:
            raise InvalidParameter("Invalid VM ID specified")
        call.check_access(vm)
    members = {n.vm_id for n in nodes_of(call, cluster)}
    for vm in vms:
        if vm.id not in members:
            kind = "CONTROL" if call.params.iscontrolnode else "WORKER"
            call.db.kubernetes_nodes.add(KubernetesNode(cluster_id=cluster.id, vm_id=vm.id, kind=kind))
    _recount(call, cluster)
    return SUCCESS


@command("removeVirtualMachinesFromKubernetesCluster")
@service.internal
def remove_vms(call: Call) -> dict[str, Any]:
    cluster = service.cluster_of(call, INVALID)
    if cluster.type == "CloudManaged":
        raise InvalidParameter("VM cannot be removed from a CloudStack Managed Kubernetes cluster")
    members = {n.vm_id: n for n in nodes_of(call, cluster)}
    rows = []
    for given, vm in _instances(call, call.params.virtualmachineids):
        node = members.get(vm.id) if vm is not None else None
        if node is not None:
            call.db.kubernetes_nodes.delete(node)
            rows.append({"id": vm.uuid, "success": True})
        elif vm is None:
            rows.append({"id": given, "success": False, "displaytext": "Not a valid vm id"})
        else:
            gone = "VM is already removed" if vm.removed is not None else "VM is not part of the cluster"
            rows.append({"id": vm.uuid, "success": False, "displaytext": gone})
    _recount(call, cluster)
    return {"count": len(rows), "removevirtualmachinesfromkubernetescluster": rows} if rows else {}


@command("addNodesToKubernetesCluster", sync=same_cluster)
@service.internal
def add_nodes(call: Call) -> Generator[float, None, dict[str, Any]]:
    """Instances of a template for nodes, whose first network is the cluster's."""
    cluster = service.cluster_of(call, INVALID)
    members = {n.vm_id for n in nodes_of(call, cluster)}
    fit = [
        vm
        for _given, vm in _instances(call, call.params.nodeids)
        if vm is not None and vm.removed is None and vm.id not in members and _suits(call, cluster, vm)
    ]
    if not fit:
        raise CloudRuntime("No valid nodes found to be added to the Kubernetes cluster")
    before, cluster.state = cluster.state, "Importing"
    version = call.db.kubernetes_versions.get(cluster.version_id)
    for vm in fit:
        yield 0.5
        call.db.kubernetes_nodes.add(
            KubernetesNode(
                cluster_id=cluster.id, vm_id=vm.id, kind="WORKER", external=True,
                version=version.semantic_version if version else None,
            )
        )  # fmt: skip
    cluster.size += len(fit)
    cluster.state = before
    return {"kubernetescluster": cluster_view(call, cluster)}


def _suits(call: Call, cluster: KubernetesCluster, vm: Any) -> bool:
    template = call.db.templates.get(vm.template_id)
    nic = next((n for n in call.db.nics.where(vm_id=vm.id) if n.is_default), None)
    return bool(template and template.for_cks and nic is not None and nic.network_id == cluster.network_id)


@command("removeNodesFromKubernetesCluster", sync=same_cluster)
@service.internal
def remove_nodes(call: Call) -> Generator[float, None, dict[str, Any]]:
    """The instances stay, they only are no nodes any longer."""
    cluster = service.cluster_of(call, INVALID)
    known = [vm for _given, vm in _instances(call, call.params.nodeids) if vm is not None and vm.removed is None]
    if not known:
        raise CloudRuntime("No valid nodes found to be removed from the Kubernetes cluster")
    numbers = {vm.id for vm in known}
    going = [n for n in nodes_of(call, cluster) if n.external and n.vm_id in numbers]
    if not going:
        raise ServerApiError(530, f"Failed to remove node(s) from Kubernetes cluster ID: {cluster.id}")
    before, cluster.state = cluster.state, "RemovingNodes"
    for node in going:
        yield 0.5
        call.db.kubernetes_nodes.delete(node)
    cluster.size -= len(going)
    cluster.state = before
    return {"kubernetescluster": cluster_view(call, cluster)}

"""startKubernetesCluster, stopKubernetesCluster, deleteKubernetesCluster, upgradeKubernetesCluster."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from ...call import Call
from ...errors import ApiError, CloudRuntime, InvalidParameter, PermissionDenied
from ...model.kubernetes import KubernetesCluster
from ...registry import SUCCESS, command, on_account_removal
from .. import deputy
from ..images import rows as images
from ..instances import counting, life
from . import nodes, service
from .view import cluster_view, nodes_of

if TYPE_CHECKING:
    from ...model.tenants import Account
    from ...simulator import Simulator

Steps = Generator[float, None, Any]
DELETABLE = ("Running", "Stopped", "Alert", "Error", "Destroying")


def same_cluster(call: Call) -> Any:
    return ("kubernetes", call.params.id)


def _done(call: Call, what: str, doing: str, cluster: KubernetesCluster) -> None:
    call.event(f"KUBERNETES.CLUSTER.{what}", f"Successfully completed {doing} Kubernetes cluster", cluster)


@command("startKubernetesCluster", sync=same_cluster)
@service.internal
def start(call: Call) -> Steps:
    cluster = service.cluster_of(call, "Given Kubernetes cluster was not found")
    service.refuse_external(cluster, "Start")
    if cluster.state not in ("Running", "Starting"):
        cluster.state = "Starting"
        try:
            for node in nodes_of(call, cluster):
                vm = call.db.vms[node.vm_id]
                if vm.state == "Stopped":
                    yield from life.start(call, vm)
        except ApiError:
            cluster.state = "Alert"
            raise CloudRuntime(f"Failed to start Kubernetes cluster: {cluster.name}") from None
        cluster.state = "Running" if nodes.come_up(cluster) else "Alert"
        _done(call, "START", "starting", cluster)
    return {"kubernetescluster": cluster_view(call, cluster)}


@command("stopKubernetesCluster", sync=same_cluster)
@service.internal
def stop(call: Call) -> Steps:
    cluster = service.cluster_of(call, "Failed to find Kubernetes cluster with given ID")
    service.refuse_external(cluster, "Stop")
    if cluster.state not in ("Stopped", "Stopping"):
        cluster.state = "Stopping"
        for node in nodes_of(call, cluster):
            yield from life.stop(call, call.db.vms[node.vm_id])
        cluster.state = "Stopped"
        _done(call, "STOP", "stopping", cluster)
    return SUCCESS


@command("deleteKubernetesCluster", sync=same_cluster)
@service.internal
def delete(call: Call) -> Steps:
    cluster = service.cluster_of(call, "Invalid cluster id specified")
    if cluster.type == "ExternalManaged":
        yield from _clean_external(call, cluster)
    else:
        yield from _destroy(call, cluster)
    for node in call.db.kubernetes_nodes.where(cluster_id=cluster.id):
        call.db.kubernetes_nodes.delete(node)
    call.db.kubernetes_clusters.remove(cluster)
    _done(call, "DELETE", "deleting", cluster)
    return SUCCESS


def _refuse_backed_up(call: Call, cluster: KubernetesCluster) -> None:
    if any(call.db.vms[n.vm_id].backup_offering_id is not None for n in nodes_of(call, cluster)):
        raise CloudRuntime("Unable to delete Kubernetes cluster, as node(s) are associated to a backup offering")


def _clean_external(call: Call, cluster: KubernetesCluster) -> Steps:
    """The instances of a cluster that others run stay, unless they shall go too."""
    p = call.params
    if not (p.cleanup or p.expunge):
        return
    owner = call.db.accounts[cluster.account_id]
    if p.expunge and not call.caller.is_root_admin and not call.setting("allow.user.expunge.recover.vm", owner):
        raise PermissionDenied(
            "Parameter expunge can be passed by Admin only. Or when the allow.user.expunge.recover.vm key is set."
        )
    _refuse_backed_up(call, cluster)
    for node in nodes_of(call, cluster):
        if p.expunge:
            yield from nodes.drop(call, node)
            continue
        vm = call.db.vms[node.vm_id]
        counted = vm.state not in ("Error", "Destroyed")
        yield from life.destroy(call, vm)
        if counted:
            counting.count(call.sim, vm, -1)


def _destroy(call: Call, cluster: KubernetesCluster) -> Steps:
    if cluster.state not in DELETABLE:
        raise CloudRuntime(f"Cannot perform delete operation on cluster: {cluster.name} in state: {cluster.state}")
    _refuse_backed_up(call, cluster)
    cluster.state = "Destroying"
    if not cluster.cleans_network:
        yield from _close_network(call, cluster)
    for node in nodes_of(call, cluster):
        yield from nodes.drop(call, node)
    network = call.db.networks.get(cluster.network_id)
    if cluster.cleans_network and network is not None and network.removed is None:
        yield from deputy.run(call, cluster.account_id, "deleteNetwork", id=network.uuid)


def _close_network(call: Call, cluster: KubernetesCluster) -> Steps:
    yield from nodes.close_ssh(call, cluster)
    for rule in call.db.firewall_rules.where(network_id=cluster.network_id):
        if rule.start_port != service.API_PORT:
            continue
        kind = {"Firewall": "deleteFirewallRule", "LoadBalancing": "deleteLoadBalancerRule"}.get(rule.purpose)
        if kind is not None and rule.removed is None:
            yield from deputy.run(call, cluster.account_id, kind, id=rule.uuid)


@command("upgradeKubernetesCluster", sync=same_cluster)
@service.internal
def upgrade(call: Call) -> Steps:
    service.check_endpoint(call)
    cluster = service.cluster_of(call, "Invalid Kubernetes cluster ID")
    version = _check_upgrade(call, cluster)
    cluster.state = "Upgrading"
    for node in nodes_of(call, cluster):
        yield 0.5
        node.version = version.semantic_version
    cluster.version_id, cluster.state = version.id, "Running"
    _done(call, "UPGRADE", "upgrading", cluster)
    return {"kubernetescluster": cluster_view(call, cluster)}


def _check_upgrade(call: Call, cluster: KubernetesCluster) -> Any:
    version = call.params.kubernetesversionid
    service.refuse_external(cluster, "Upgrade")
    if cluster.state != "Running":
        raise InvalidParameter(f"Kubernetes cluster : {cluster.name} is not in running state")
    if not version or version.removed is not None:
        raise InvalidParameter("Invalid Kubernetes version ID")
    if version.state != "Enabled":
        raise InvalidParameter(f"Kubernetes version ID: {version.uuid} for upgrade is in {version.state} state")
    offering = nodes.offering_of(call, cluster, "WORKER")
    start = f"Kubernetes cluster : {cluster.name} cannot be upgraded with Kubernetes version : {version.name} which "
    for have, least, unit in (
        (offering.cpu, version.min_cpu, "vCPUs"),
        (offering.memory, version.min_memory, "MB RAM"),
    ):
        if have < least:
            raise InvalidParameter(
                f"{start}needs minimum {least} {unit} while associated service offering : {offering.name} offers only "
                f"{have} {unit}"
            )
    _check_step(call.db.kubernetes_versions[cluster.version_id].semantic_version, version.semantic_version)
    iso, zone = call.db.templates.get(version.iso_id), call.db.zones[cluster.zone_id]
    if iso is None or iso.removed is not None:
        raise InvalidParameter(f"Invalid ISO associated with version : {version.name}")
    if not images.is_ready(call.sim, iso, zone):
        raise InvalidParameter(
            f"ISO associated with version : {version.name} is not in Ready state for datacenter : {zone.name}"
        )
    return version


def _check_step(current: str, wanted: str) -> None:
    """Only to the next minor version, or another patch of the same one."""
    now, then = service.numbers(current), service.numbers(wanted)
    about = f"current version: {current}, upgrade version: {wanted}"
    if then == now:
        raise InvalidParameter(f"Kubernetes clusters can not be upgraded, {about}")
    if then < now:
        raise InvalidParameter(f"Kubernetes clusters can not be downgraded, {about}")
    if then[0] != now[0] or then[1] - now[1] > 1:
        raise InvalidParameter(
            f"Kubernetes clusters can be upgraded between next minor or patch version releases, {about}"
        )


@on_account_removal(order=5)
def forget_clusters(sim: Simulator, account: Account) -> None:
    for cluster in sim.db.kubernetes_clusters.where(account_id=account.id):
        for node in sim.db.kubernetes_nodes.where(cluster_id=cluster.id):
            sim.db.kubernetes_nodes.delete(node)
        sim.db.kubernetes_clusters.remove(cluster)

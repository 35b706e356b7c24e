"""How a cluster looks in answers; listKubernetesClusters and getKubernetesClusterConfig."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...clock import timestamp
from ...errors import CloudRuntime, InvalidParameter
from ...listing import equal
from ...model.kubernetes import KubernetesCluster, KubernetesNode
from ...registry import command
from ..common import has_notes, owner_fields
from ..instances.views import instance_view
from . import service

TYPES = ("CloudManaged", "ExternalManaged")
ETCD_PORT = "cloud.kubernetes.etcd.node.start.port"


def cluster_view(call: Call, cluster: KubernetesCluster) -> dict[str, Any]:
    db = call.db
    zone, version = db.zones[cluster.zone_id], db.kubernetes_versions.get(cluster.version_id)
    offering, template = db.service_offerings.get(cluster.offering_id), db.templates.get(cluster.template_id)
    cni = db.user_data.get(cluster.cni_id)
    return {
        "id": cluster.uuid,
        "name": cluster.name,
        "description": cluster.description,
        "zoneid": zone.uuid,
        "zonename": zone.name,
        "masternodes": cluster.control_nodes,
        "controlnodes": cluster.control_nodes,
        "size": cluster.size,
        "etcdnodes": cluster.etcd_nodes,
        "templateid": template.uuid if template else None,
        "serviceofferingid": offering.uuid if offering else None,
        "serviceofferingname": offering.name if offering else None,
        **_own_offerings(call, cluster),
        "cniconfigurationid": cni.uuid if cni else None,
        "cniconfigname": cni.name if cni else None,
        "kubernetesversionid": version.uuid if version else None,
        "kubernetesversionname": version.name if version else None,
        **owner_fields(call, cluster.account_id),
        "keypair": cluster.key_pair,
        "state": cluster.state,
        "cpunumber": str(cluster.cores),
        "memory": str(cluster.memory),
        "endpoint": cluster.endpoint,
        **_network(call, cluster),
        "virtualmachines": [_node_view(call, node) for node in nodes_of(call, cluster)],
        "etcdips": _etcd_ips(call, cluster),
        "hasannotations": has_notes(call, cluster),
        "autoscalingenabled": cluster.autoscaling,
        "minsize": cluster.min_size,
        "maxsize": cluster.max_size,
        "csienabled": cluster.csi,
        "clustertype": cluster.type,
        "created": timestamp(cluster.created),
    }


def nodes_of(call: Call, cluster: KubernetesCluster, kind: str | None = None) -> list[KubernetesNode]:
    """The nodes whose instances are still there, oldest first."""
    found: list[KubernetesNode] = call.db.kubernetes_nodes.where(cluster_id=cluster.id)
    return [n for n in found if kind in (None, n.kind) and call.db.vms[n.vm_id].removed is None]


def _own_offerings(call: Call, cluster: KubernetesCluster) -> dict[str, Any]:
    view = {}
    for kind, number in cluster.offerings.items():
        offering = call.db.service_offerings[number]
        view[f"{kind.lower()}offeringid"] = offering.uuid
        view[f"{kind.lower()}offeringname"] = offering.name
    return view


def _network(call: Call, cluster: KubernetesCluster) -> dict[str, Any]:
    network = call.db.networks.get(cluster.network_id)
    if network is None:
        return {}
    view = {"networkid": network.uuid, "associatednetworkname": network.name}
    addresses = [ip for ip in call.db.ip_addresses.where(network_id=network.id) if ip.is_source_nat]
    if len(addresses) == 1:
        view |= {"ipaddress": addresses[0].address, "ipaddressid": addresses[0].uuid}
    return view


def _node_view(call: Call, node: KubernetesNode) -> dict[str, Any]:
    return {
        **instance_view(call, call.db.vms[node.vm_id], ("nics",)),
        "isexternalnode": node.external,
        "isetcdnode": node.kind == "ETCD",
        "kubernetesnodeversion": node.version,
    }


def _etcd_ips(call: Call, cluster: KubernetesCluster) -> dict[str, str]:
    port = call.setting(ETCD_PORT)
    rules = [r for n in nodes_of(call, cluster, "ETCD") for r in call.db.firewall_rules.where(vm_id=n.vm_id)]
    found = [call.db.ip_addresses[r.ip_id] for r in rules if r.start_port == port]
    return {ip.uuid: ip.address for ip in found}


@command("listKubernetesClusters")
@service.internal
def list_clusters(call: Call) -> dict[str, Any]:
    p = call.params
    if p.clustertype is not None and p.clustertype not in TYPES:
        raise InvalidParameter(
            f"Unable to resolve cluster type {p.clustertype} to a supported value ({', '.join(TYPES)})"
        )
    filters = [equal("id", p.id), equal("name", p.name), equal("state", p.state), equal("type", p.clustertype)]
    return call.listing(
        "kubernetescluster",
        call.db.kubernetes_clusters,
        cluster_view,
        where=filters,
        keyword=("name",),
        owned=True,
    )


@command("getKubernetesClusterConfig")
@service.internal
def get_config(call: Call) -> dict[str, Any]:
    if call.params.id is None:
        raise InvalidParameter("Invalid Kubernetes cluster ID specified")
    cluster = service.cluster_of(call, "Invalid Kubernetes cluster ID specified")
    if cluster.config is None:
        if cluster.state == "Starting":
            raise CloudRuntime(
                f"Setup is in progress for Kubernetes cluster : {cluster.name}, config not available at this moment"
            )
        raise CloudRuntime(f"Config not found for Kubernetes cluster : {cluster.name}")
    return {"clusterconfig": {"id": cluster.uuid, "name": cluster.name, "configdata": cluster.config}}

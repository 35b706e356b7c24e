"""createKubernetesCluster."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from ...access import entity_owner
from ...call import Call
from ...errors import ApiError, CloudRuntime, IllegalArgument
from ...model.kubernetes import KubernetesCluster
from ...registry import allocate, command
from ..instances import made, placement
from . import checks, nodes, service
from .view import TYPES, cluster_view

CONFIG = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: {endpoint}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
preferences: {{}}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
"""


@allocate("createKubernetesCluster")
@service.internal
def allocate_cluster(call: Call) -> KubernetesCluster:
    p = call.params
    p.set_default("clustertype", TYPES[0])
    p.set_default("controlnodes", p.masternodes or 1)
    p.set_default("etcdnodes", 0)
    if p.clustertype not in TYPES:
        raise IllegalArgument(
            f"No enum constant com.cloud.kubernetes.cluster.KubernetesCluster.ClusterType.{p.clustertype}"
        )
    owner = entity_owner(call)
    cluster = _external(call, owner) if p.clustertype == "ExternalManaged" else _managed(call, owner)
    call.event(
        "KUBERNETES.CLUSTER.CREATE", "Successfully created entity for creating Kubernetes cluster", cluster,
        state="Created",
    )  # fmt: skip
    return cluster


def _external(call: Call, owner: Any) -> KubernetesCluster:
    """A cluster that others run; it is written down, and instances can be put into it."""
    p = call.params
    zone = checks.zone(call)
    checks.key_pair(call, owner)
    checks.root_disk(call)
    checks.registry(call)
    network = checks.network(call)
    checks.load_balancer(call, network)
    offering, count = p.serviceofferingid, p.controlnodes + (p.size or 0)
    return _add(
        call, owner, zone, network, type="ExternalManaged", state="Running", size=p.size or 0,
        cores=(offering.cpu or 0) * count if offering else 0, memory=(offering.memory or 0) * count if offering else 0,
    )  # fmt: skip


def _managed(call: Call, owner: Any) -> KubernetesCluster:
    p = call.params
    service.check_endpoint(call)
    checks.sizes(call, owner)
    zone = checks.zone(call)
    network_offering = None if p.networkid is not None else checks.network_offering(call, zone)
    version = checks.version(call, zone)
    own = checks.node_offerings(call)
    offerings = checks.offerings(call, own, version)
    checks.key_pair(call, owner)
    checks.root_disk(call)
    checks.registry(call)
    network = checks.network(call)
    checks.load_balancer(call, network)
    checks.experiments(call)
    counts = {"WORKER": p.size, "CONTROL": p.controlnodes, "ETCD": p.etcdnodes}
    hypervisor = _plan(call, zone, offerings, counts)
    template = made.system_template(call, zone, hypervisor)
    if template is None:
        raise CloudRuntime(f"Not able to find the System or Routing template in ready state for the zone {zone.uuid}")
    if network is not None:
        checks.usable_network(call, network, p.controlnodes + p.size)
    else:
        network = _make_network(call, owner, zone, network_offering)
    return _add(
        call, owner, zone, network, size=p.size, offerings={kind: row.id for kind, row in own.items()},
        template_id=template.id, cleans_network=p.networkid is None, hypervisor=hypervisor,
        cores=sum(counts[kind] * row.cpu for kind, row in offerings.items()),
        memory=sum(counts[kind] * row.memory for kind, row in offerings.items()),
    )  # fmt: skip


def _add(call: Call, owner: Any, zone: Any, network: Any, **more: Any) -> KubernetesCluster:
    p = call.params
    cluster: KubernetesCluster = call.db.kubernetes_clusters.add(
        KubernetesCluster(
            name=p.name,
            description=p.description,
            account_id=owner.id,
            zone_id=zone.id,
            version_id=p.kubernetesversionid.id if p.kubernetesversionid else None,
            offering_id=p.serviceofferingid.id if p.serviceofferingid else None,
            network_id=network.id if network is not None else None,
            control_nodes=p.controlnodes,
            etcd_nodes=p.etcdnodes,
            key_pair=p.keypair,
            root_disk_size=p.noderootdisksize,
            load_balancer=p.externalloadbalanceripaddress,
            csi=bool(p.enablecsi),
            cni_id=p.cniconfigurationid.id if p.cniconfigurationid else None,
            **more,
        )
    )
    return cluster


def _plan(call: Call, zone: Any, offerings: dict[str, Any], counts: dict[str, int]) -> str:
    """The hypervisor of the hosts that take the nodes; refused where they do not have the room."""
    wanted = call.params.hypervisor
    hosts = [
        host
        for host in call.db.hosts.where(zone_id=zone.id, kind="Routing")
        if wanted is None or host.hypervisor.lower() == wanted.lower()
    ]
    chosen = None
    for kind, offering in offerings.items():
        left = {host.id: placement.room(call.sim, host) for host in hosts}
        for _number in range(counts[kind]):
            host = next((h for h in hosts if _fits(left[h.id], offering)), None)
            if host is None:
                raise CloudRuntime(
                    f"Creating Kubernetes cluster failed due to insufficient capacity for {counts[kind]} nodes cluster "
                    f"in zone : {zone.name} with service offering : {offering.name}"
                )
            chosen = chosen or host
            mhz, memory = left[host.id]
            left[host.id] = (mhz - offering.cpu * offering.speed, memory - offering.memory * placement.MIB)
    assert chosen is not None
    return str(chosen.hypervisor)


def _fits(left: tuple[int, int], offering: Any) -> bool:
    return left[0] >= offering.cpu * offering.speed and left[1] >= offering.memory * placement.MIB


def _make_network(call: Call, owner: Any, zone: Any, offering: Any) -> Any:
    sim = call.sim
    status, body = sim.act(
        "createNetwork", sim.system_for(owner), name=f"{call.params.name}-network",
        displaytext=f"{owner.name}-network", zoneid=zone.uuid, networkofferingid=offering.uuid,
    )  # fmt: skip
    if status != 200:
        raise CloudRuntime(f"Unable to create network for the Kubernetes cluster: {call.params.name}")
    return call.db.networks.find(body["createnetworkresponse"]["network"]["id"])


@command("createKubernetesCluster", sync=lambda call: ("kubernetes", call.created))
@service.internal
def create(call: Call) -> Generator[float, None, Any]:
    cluster: KubernetesCluster = call.created
    if cluster.type == "CloudManaged":
        cluster.state = "Starting"
        try:
            yield from _bring_up(call, cluster)
        except ApiError:
            cluster.state = "Error"
            raise
        cluster.state = "Running"
    call.event("KUBERNETES.CLUSTER.CREATE", "Successfully completed creating Kubernetes cluster", cluster)
    return {"kubernetescluster": cluster_view(call, cluster)}


def _bring_up(call: Call, cluster: KubernetesCluster) -> Generator[float, None, None]:
    for kind, count, failed in (
        ("CONTROL", 1, "control VM"),
        ("CONTROL", cluster.control_nodes - 1, "additional control VM"),
        ("WORKER", cluster.size, "node VM"),
        ("ETCD", cluster.etcd_nodes, "etcd VM"),
    ):
        for _number in range(count):
            try:
                yield from nodes.provision(call, cluster, kind)
            except ApiError:
                raise CloudRuntime(
                    f"Provisioning {'the ' if failed == 'control VM' else ''}{failed} failed in the Kubernetes "
                    f"cluster : {cluster.name}"
                ) from None
    yield from nodes.open_network(call, cluster)
    if not nodes.come_up(cluster):
        yield float(call.setting("cloud.kubernetes.cluster.start.timeout", call.db.accounts[cluster.account_id]))
        raise CloudRuntime(
            f"Failed to setup Kubernetes cluster : {cluster.name} is not in usable state as the system is unable to "
            "access control node VMs of the cluster"
        )
    cluster.config = _config(call, cluster)


def _config(call: Call, cluster: KubernetesCluster) -> str:
    """A configuration of the usual form; there is no server behind it, so its keys are just noise."""
    parts = {name: base64.b64encode(call.sim.ids.octets(120)).decode() for name in ("authority", "certificate", "key")}
    return CONFIG.format(endpoint=cluster.endpoint.rstrip("/"), **parts)

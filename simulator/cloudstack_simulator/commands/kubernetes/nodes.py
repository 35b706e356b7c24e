"""The nodes of clusters: instances of the owner, and the rules that lead to them."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...call import Call
from ...errors import CloudRuntime
from ...model.instances import Instance
from ...model.kubernetes import KubernetesCluster, KubernetesNode
from .. import deputy
from ..instances import guards, made
from ..volumes.sizes import GIB
from . import service
from .view import nodes_of

Steps = Generator[float, None, None]
WORDS = {"CONTROL": "control", "WORKER": "node", "ETCD": "etcd"}
LONGEST_PREFIX = 43
HTTPS_NAME = "api-lb"


def come_up(cluster: KubernetesCluster) -> bool:
    """Whether anything answers in the nodes: the test hypervisor has no guests."""
    return cluster.hypervisor != "Simulator"


def offering_of(call: Call, cluster: KubernetesCluster, kind: str) -> Any:
    return call.db.service_offerings[cluster.offerings.get(kind, cluster.offering_id)]


def provision(call: Call, cluster: KubernetesCluster, kind: str) -> Generator[float, None, Instance]:
    """Make and start one more node."""
    db = call.db
    size = cluster.root_disk_size * GIB if cluster.root_disk_size else None
    vm = made.add(call, _new(call, cluster, kind), db.networks[cluster.network_id], root_size=size)
    node = db.kubernetes_nodes.add(
        KubernetesNode(cluster_id=cluster.id, vm_id=vm.id, kind=kind, version=_version(call, cluster))
    )
    try:
        yield from made.start(call, vm)
    except CloudRuntime:
        db.kubernetes_nodes.delete(node)
        raise
    return vm


def _version(call: Call, cluster: KubernetesCluster) -> str | None:
    version = call.db.kubernetes_versions.get(cluster.version_id)
    return version.semantic_version if version is not None else None


def _new(call: Call, cluster: KubernetesCluster, kind: str) -> Instance:
    template = call.db.templates[cluster.template_id]
    prefix = "".join(c if c.isalnum() else "-" for c in cluster.name.lower())[:LONGEST_PREFIX].strip("-")
    name = f"{prefix}-{WORDS[kind]}-{call.sim.ids.octets(6).hex()}"
    details = {}
    if cluster.key_pair:
        key = call.db.ssh_keys.first(account_id=cluster.account_id, name=cluster.key_pair)
        details = {"SSH.PublicKey": key.public_key, "SSH.KeyPairNames": key.name} if key is not None else {}
    return Instance(
        name=name,
        vm_type="User",
        account_id=cluster.account_id,
        zone_id=cluster.zone_id,
        service_offering_id=offering_of(call, cluster, kind).id,
        template_id=template.id,
        hypervisor=cluster.hypervisor or template.hypervisor,
        details=details,
        serves=guards.NODE,
    )


def open_network(call: Call, cluster: KubernetesCluster) -> Steps:
    """Lead to the API and to SSH on every node, and tell where the API is."""
    ip = _public_ip(call, cluster)
    if ip is None:
        first = call.db.vms[nodes_of(call, cluster, "CONTROL")[0].vm_id]
        (nic,) = (n for n in call.db.nics.where(vm_id=first.id) if n.is_default)
        cluster.endpoint = f"https://{cluster.load_balancer or nic.address}:{service.API_PORT}/"
        return
    cluster.endpoint = f"https://{ip.address}:{service.API_PORT}/"
    yield from _open_port(call, cluster, ip, service.API_PORT, service.API_PORT)
    yield from _balance(call, cluster, ip)
    yield from open_ssh(call, cluster)


def _public_ip(call: Call, cluster: KubernetesCluster) -> Any:
    addresses = call.db.ip_addresses.where(network_id=cluster.network_id)
    return next((ip for ip in addresses if ip.is_source_nat), None)


def _open_port(call: Call, cluster: KubernetesCluster, ip: Any, start: int, end: int) -> Steps:
    yield from deputy.run(
        call,
        cluster.account_id,
        "createFirewallRule",
        ipaddressid=ip.uuid,
        protocol="tcp",
        startport=start,
        endport=end,
    )


def _balance(call: Call, cluster: KubernetesCluster, ip: Any) -> Steps:
    network = call.db.networks[cluster.network_id]
    rule = yield from deputy.run(
        call, cluster.account_id, "createLoadBalancerRule", name=HTTPS_NAME, publicipid=ip.uuid, algorithm="roundrobin",
        publicport=service.API_PORT, privateport=service.API_PORT, openfirewall="false", networkid=network.uuid,
    )  # fmt: skip
    members = [call.db.vms[n.vm_id].uuid for n in nodes_of(call, cluster, "CONTROL")]
    yield from deputy.run(
        call, cluster.account_id, "assignToLoadBalancerRule", id=rule["id"], virtualmachineids=",".join(members)
    )


def open_ssh(call: Call, cluster: KubernetesCluster) -> Steps:
    """One port for each node, from 2222 on; nodes that went leave no gap."""
    ip = _public_ip(call, cluster)
    if ip is None:
        return
    yield from close_ssh(call, cluster)
    vms = [call.db.vms[n.vm_id] for n in nodes_of(call, cluster)]
    yield from _open_port(call, cluster, ip, service.SSH_PORT, service.SSH_PORT + len(vms) - 1)
    for index, vm in enumerate(vms):
        yield from deputy.run(
            call, cluster.account_id, "createPortForwardingRule", ipaddressid=ip.uuid, protocol="tcp",
            virtualmachineid=vm.uuid, publicport=service.SSH_PORT + index, privateport=22, openfirewall="false",
        )  # fmt: skip


def close_ssh(call: Call, cluster: KubernetesCluster) -> Steps:
    ip = _public_ip(call, cluster)
    if ip is None:
        return
    for rule in call.db.firewall_rules.where(ip_id=ip.id):
        if (rule.start_port or 0) >= service.SSH_PORT and rule.start_port != service.API_PORT:
            kind = {"Firewall": "deleteFirewallRule", "PortForwarding": "deletePortForwardingRule"}.get(rule.purpose)
            if kind is not None:
                yield from deputy.run(call, cluster.account_id, kind, id=rule.uuid)


def drop(call: Call, node: KubernetesNode) -> Steps:
    """Expunge a node's instance."""
    yield from made.drop(call, call.db.vms[node.vm_id])
    call.db.kubernetes_nodes.delete(node)

"""What is asked of a new cluster, in the server's order."""

from __future__ import annotations

from typing import Any

from ... import net
from ...call import Call
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied
from ...model.kubernetes import KubernetesVersion
from ..images import rows as images
from ..networks import services
from . import service

SERVICES = {
    "UserData": "userdata",
    "Dhcp": "DHCP",
    "Firewall": "firewall",
    "PortForwarding": "port forwarding",
}
PURPOSES = ("Firewall", "PortForwarding")


def zone(call: Call) -> Any:
    row = call.params.zoneid
    if not row or row.removed is not None:
        raise InvalidParameter(f"Unable to find zone by ID: {row.id}")
    if row.allocation_state == "Disabled":
        raise PermissionDenied(f"Cannot perform this operation, zone ID: {row.uuid} is currently disabled")
    return row


def sizes(call: Call, owner: Any) -> None:
    p = call.params
    if p.controlnodes < 1:
        raise InvalidParameter(f"Invalid cluster control nodes count: {p.controlnodes}")
    if p.size is None or p.size < 1:
        raise InvalidParameter(f"Invalid cluster size: {'null' if p.size is None else p.size}")
    most(call, owner, p.controlnodes + p.size)


def most(call: Call, owner: Any, nodes: int) -> None:
    limit = call.setting("cloud.kubernetes.cluster.max.size", owner)
    if nodes > limit:
        raise InvalidParameter(f"Maximum cluster size can not exceed {limit}. Please contact your administrator")


def network_offering(call: Call, zone_row: Any) -> Any:
    """The offering of networks that are made for clusters; with a network of its own a cluster needs none."""
    name = call.setting("cloud.kubernetes.cluster.network.offering")
    offering = call.db.network_offerings.first(name=name) if name else None
    if (
        offering is None
        or offering.state != "Enabled"
        or "SourceNat" not in offering.services
        or not offering.egress_allow
        or (offering.zone_ids and zone_row.id not in offering.zone_ids)
    ):
        raise CloudRuntime("Kubernetes service has not been configured properly to provision Kubernetes clusters")
    return offering


def version(call: Call, zone_row: Any) -> KubernetesVersion:
    p, found = call.params, call.params.kubernetesversionid
    if found is None or not found or found.removed is not None:
        raise InvalidParameter("Unable to find given Kubernetes version in supported versions")
    if found.state != "Enabled":
        raise InvalidParameter(f"Kubernetes version ID: {found.uuid} is in {found.state} state")
    if found.zone_id not in (None, zone_row.id):
        raise InvalidParameter(f"Kubernetes version ID: {found.uuid} is not available for zone ID: {zone_row.uuid}")
    if p.controlnodes > 1 and service.numbers(found.semantic_version) < service.numbers(service.OLDEST_HA):
        raise InvalidParameter(
            f"HA support is available only for Kubernetes version {service.OLDEST_HA} and above. Given version ID: "
            f"{found.uuid} is {found.semantic_version}"
        )
    iso = call.db.templates.get(found.iso_id)
    if iso is None or iso.removed is not None:
        raise InvalidParameter(f"Invalid ISO associated with version ID: {found.uuid}")
    if not images.is_ready(call.sim, iso, zone_row):
        raise InvalidParameter(
            f"ISO associated with version ID: {found.uuid} is not in Ready state for datacenter ID: {zone_row.uuid}"
        )
    return found


def node_offerings(call: Call) -> dict[str, Any]:
    """Offerings by kind of node, as `nodeofferings` maps them."""
    found = {}
    for _index, entry in sorted((call.params.nodeofferings or {}).items()):
        kind, uuid = entry.get("node") or "", entry.get("offering") or ""
        if not kind or not uuid:
            raise InvalidParameter(f"Incomplete Node Type to Service Offering ID mapping: '{kind}' -> '{uuid}'")
        if kind.upper() not in service.KINDS:
            raise InvalidParameter(f"The provided value '{kind}' for Node Type is invalid")
        offering = call.db.service_offerings.find(uuid)
        if offering is None or offering.removed is not None:
            raise InvalidParameter(f"Cannot find a service offering with ID {uuid}")
        found[kind.upper()] = offering
    return found


def offerings(call: Call, own: dict[str, Any], wanted: KubernetesVersion) -> dict[str, Any]:
    """The checked offering of every kind of node that the cluster has."""
    found = {}
    for kind in service.KINDS:
        if kind == "ETCD" and not call.params.etcdnodes:
            continue
        offering = own.get(kind, call.params.serviceofferingid)
        if offering is None or not offering or offering.removed is not None:
            raise InvalidParameter(
                "When serviceofferingid is not specified, service offerings for each node type must be specified in "
                "the nodeofferings parameter."
            )
        reason = unsuitable(offering, wanted)
        if reason is not None:
            raise InvalidParameter(
                f"Given service offering ID: {offering} for {kind} nodes is not suitable for the Kubernetes cluster "
                f"version {wanted} - {reason}"
            )
        found[kind] = offering
    return found


def unsuitable(offering: Any, wanted: KubernetesVersion) -> str | None:
    if offering.cpu is None or offering.memory is None:
        return f"Custom service offerings are not supported for creating clusters, service offering ID: {offering.uuid}"
    start = f"Kubernetes cluster cannot be created with service offering ID: {offering.uuid}, "
    if offering.cpu < service.NODE_CPUS or offering.memory < service.NODE_MEMORY:
        return (
            f"{start}Kubernetes cluster template needs minimum {service.NODE_CPUS} vCPUs and {service.NODE_MEMORY} "
            "MB RAM"
        )
    if offering.cpu < wanted.min_cpu:
        return f"{start}Kubernetes version ID: {wanted.uuid} needs minimum {wanted.min_cpu} vCPUs"
    if offering.memory < wanted.min_memory:
        return f"{start}associated Kubernetes version ID: {wanted.uuid} needs minimum {wanted.min_memory} MB RAM"
    return None


def key_pair(call: Call, owner: Any) -> None:
    name = call.params.keypair
    if name and call.db.ssh_keys.first(account_id=owner.id, name=name) is None:
        raise InvalidParameter(f"Given SSH key pair with name: {name} was not found for the account {owner.name}")


def root_disk(call: Call) -> None:
    size = call.params.noderootdisksize
    if size is not None and size <= 0:
        raise InvalidParameter("Invalid value for noderootdisksize")


def registry(call: Call) -> None:
    """A private registry needs all of its parameters."""
    p = call.params
    given = [p.dockerregistryusername, p.dockerregistrypassword, p.dockerregistryurl]
    if not any(given):
        return
    if not all(given):
        raise InvalidParameter(
            "All the docker private registry parameters (username, password, url) required are specified"
        )
    if "://" not in p.dockerregistryurl:
        raise InvalidParameter("Invalid docker registry url specified")


def network(call: Call) -> Any:
    row = call.params.networkid
    if row is not None and (not row or row.removed is not None):
        raise InvalidParameter("Unable to find network with given ID")
    return row


def load_balancer(call: Call, own_network: Any) -> None:
    address = call.params.externalloadbalanceripaddress
    if not address:
        return
    if not net.is_ip4(address) and not net.is_ip6(address):
        raise InvalidParameter("Invalid external load balancer IP address")
    if call.params.clustertype == "ExternalManaged":
        return
    if own_network is None:
        raise InvalidParameter(
            "externalloadbalanceripaddress parameter must be specified along with networkid parameter"
        )
    if own_network.guest_type != "Shared":
        raise InvalidParameter(
            "externalloadbalanceripaddress parameter must be specified when network type is not Shared or is ROUTED "
            "network"
        )


def experiments(call: Call) -> None:
    p, name = call.params, "cloud.kubernetes.cluster.experimental.features.enabled"
    if any((p.dockerregistryurl, p.dockerregistryusername, p.dockerregistrypassword)) and not call.setting(name):
        raise CloudRuntime(
            "Private registry for the Kubernetes cluster is an experimental feature. Use "
            f"{name} configuration for enabling experimental features"
        )


def usable_network(call: Call, own: Any, nodes: int) -> None:
    """Refuse a network of the caller's that cannot serve a cluster, or serves one already."""
    db = call.db
    if own.guest_type == "Isolated":
        if db.kubernetes_clusters.where(network_id=own.id):
            raise InvalidParameter(f"Network ID: {own.uuid} is already under use by another Kubernetes cluster")
        _check_services(call, own)
        if own.state != "Allocated" and own.vpc_id is None:
            _check_rules(call, own, nodes)
    elif call.params.controlnodes > 1 and not call.params.externalloadbalanceripaddress:
        raise InvalidParameter(
            f"Multi-control nodes, HA Kubernetes cluster with {own.guest_type} network ID: {own.uuid} needs an "
            "external load balancer IP address. externalloadbalanceripaddress parameter can be used"
        )


def _check_services(call: Call, own: Any) -> None:
    for name, words in SERVICES.items():
        if name == "Firewall" and own.vpc_id is not None:
            continue
        if not services.supports(call.db, own, name):
            raise InvalidParameter(
                f"Network ID: {own.uuid} does not support {words} that is required for Kubernetes cluster"
            )


def _check_rules(call: Call, own: Any, nodes: int) -> None:
    db = call.db
    ip = next((ip for ip in db.ip_addresses.where(network_id=own.id) if ip.is_source_nat), None)
    if ip is None:
        raise InvalidParameter(
            f"Network ID: {own.uuid} does not have a source NAT IP associated with it. To provision a Kubernetes "
            "Cluster, source NAT IP is required"
        )
    for rule in db.firewall_rules.where(ip_id=ip.id):
        if rule.purpose not in PURPOSES or (rule.protocol or "").lower() != "tcp":
            continue
        start, end = rule.start_port or 1, rule.end_port or rule.start_port or 65535
        text = f"Network: {own} has conflicting {rule.purpose.lower()} rules to provision Kubernetes cluster for "
        if start <= service.API_PORT <= end:
            raise InvalidParameter(f"{text}API access")
        if max(service.SSH_PORT, start) <= min(service.SSH_PORT + nodes - 1, end):
            raise InvalidParameter(f"{text}node VM SSH access")

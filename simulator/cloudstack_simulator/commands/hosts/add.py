"""Adding hosts. Every known hypervisor is taken; the agent is up when the answer comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ... import net
from ...call import Call, live
from ...errors import CloudRuntime, InvalidParameter, PermissionDenied, ServerApiError
from ...model.hosts import Host
from ...model.zones import Cluster, Pod
from ...registry import command
from ..extensions.use import external_details
from ..hypervisors import is_fake
from ..storage_pools import access as storage_access
from ..storage_pools.local import add_local_pool
from ..zones.hypervisors import hypervisor_type
from .view import host_view

if TYPE_CHECKING:
    from ...simulator import Simulator

GIB = 1 << 30
PASSWORDLESS = ("BareMetal", "Simulator", "External")
SPAN_OF_ADDRESSES = 20


@dataclass(frozen=True)
class Machine:
    """What a host of some hypervisor is made of."""

    cpus: int
    speed: int
    memory: int
    sockets: int | None
    version: str
    details: tuple[tuple[str, str], ...] = ()


MACHINES = {
    "Simulator": Machine(4, 8000, 8 * GIB, None, "4.22.0.0-SNAPSHOT"),
    "KVM": Machine(
        32, 2600, 256 * GIB, 2, "10.0.0",
        (("Host.OS", "Ubuntu"), ("Host.OS.Version", "24.04"), ("secured", "true")),
    ),
}  # fmt: skip
OTHER = Machine(32, 2600, 256 * GIB, 2, "8.0.0")


def fingerprint(password: str) -> str:
    """How a simulated cloud remembers a password: in a form that tells nobody what it is."""
    return hashlib.sha256(password.encode()).hexdigest()


@command("addHost")
def add_host(call: Call) -> dict[str, Any]:
    p = call.params
    if p.clusterid is not None and (not p.clusterid or p.clusterid.removed is not None):
        raise InvalidParameter(
            "can not find cluster for specified clusterId", uuids=((str(p.clusterid.id), "clusterId"),)
        )
    zone = live(p.zoneid, "Can't find zone by id {id}")
    if zone.allocation_state == "Disabled" and not call.caller.is_root_admin:
        raise PermissionDenied("Cannot perform this operation, Zone with specified id is currently disabled")
    pod = live(p.podid, "Can't find pod by id {id}")
    if pod.zone_id != zone.id:
        raise InvalidParameter(f"Pod with specified pod {pod} doesn't belong to the zone with specified zone {zone}")
    if p.clusterid and p.clustername:
        raise InvalidParameter("Can't specify cluster by both id and name")
    hypervisor = hypervisor_type(p.hypervisor)
    if hypervisor in ("None", "Any"):
        raise ServerApiError(530, f"Do not support HypervisorType {p.hypervisor} for {p.url}")
    _check_credentials(call, hypervisor)
    parts = _url(p.url, hypervisor)
    cluster = _cluster(call, pod, hypervisor)
    storage_access.check_new(p.storageaccessgroups, cluster=cluster, pod=pod, zone=zone)
    name = f"SimulatedAgent.{call.sim.ids.uuid()}" if is_fake(hypervisor) else str(parts.hostname)
    if not is_fake(hypervisor) and call.db.hosts.first(name=name, kind="Routing"):
        raise _not_found(p.url)
    host = add(call.sim, cluster, name, p.url, _address(call.sim, pod, hypervisor, parts), p.get("hosttags", []))
    host.storage_access_groups = p.get("storageaccessgroups", [])
    if hypervisor == "External":
        host.details |= external_details(call)
    host.username = p.username
    host.stored_password = host.own_password = fingerprint(p.password or "")
    return {"count": 1, "host": [host_view(call, host)]}


def _check_credentials(call: Call, hypervisor: str) -> None:
    p = call.params
    if hypervisor in PASSWORDLESS:
        return
    if not p.username:
        text = "Username need to be provided." if hypervisor == "KVM" else "Username and Password need to be provided."
        raise InvalidParameter(text)
    if not p.password and hypervisor != "KVM":
        raise InvalidParameter("Username and Password need to be provided.")


def _url(text: str, hypervisor: str) -> Any:
    """The parts of an address at which hosts of the hypervisor are looked for."""
    parts = urlsplit(text)
    try:
        valid = not parts.scheme or (bool(parts.hostname) and parts.port is not False)
    except ValueError:
        valid = False
    if not valid:
        raise InvalidParameter(f"{text} is not a valid uri")
    if parts.scheme != "http" or (is_fake(hypervisor) and "sim" not in parts.netloc):
        raise _not_found(text)
    return parts


def _not_found(url: str) -> ServerApiError:
    return ServerApiError(530, f"Unable to add the host: Cannot find the server resources at {url}")


def _cluster(call: Call, pod: Pod, hypervisor: str) -> Cluster:
    """The cluster by id or name; one of the host's own when neither is given or the name is new."""
    p, db = call.params, call.db
    if p.clusterid:
        cluster = p.clusterid
    else:
        name = p.clustername or f"Standalone-{p.url}"
        cluster = db.clusters.first(pod_id=pod.id, name=name)
        if cluster is None:
            cluster = db.clusters.add(
                Cluster(
                    name=name,
                    zone_id=pod.zone_id,
                    pod_id=pod.id,
                    hypervisor=hypervisor,
                    details={"cpuOvercommitRatio": "1", "memoryOvercommitRatio": "1"},
                )
            )
    if cluster.hypervisor != hypervisor:
        raise InvalidParameter(
            f"Can't add host whose hypervisor type is: {hypervisor} into cluster: {cluster} whose hypervisor type is: "
            f"{cluster.hypervisor}"
        )
    found: Cluster = cluster
    return found


def _address(sim: Simulator, pod: Pod, hypervisor: str, url: Any) -> str:
    """The host's address: the one in its url; of fake ones one of the first of the pod's network, by chance."""
    if not is_fake(hypervisor) and net.is_ip4(url.hostname):
        return str(url.hostname)
    network = net.cidr(pod.cidr)
    if network is None:
        raise CloudRuntime(f"Pod {pod} has no network")
    first = int(network.network_address) + 2
    span = range(first, min(first + SPAN_OF_ADDRESSES, int(network.broadcast_address)))
    used = {host.address for host in sim.db.hosts.where(pod_id=pod.id)}
    free = [text for text in map(net.address, span) if text not in used] or [net.address(first)]
    return str(sim.choose("address", free, pod=pod))


def add(sim: Simulator, cluster: Cluster, name: str, url: str, address: str, tags: list[str]) -> Host:
    """Take a host in, with its local storage where the zone uses such."""
    machine = MACHINES.get(cluster.hypervisor, OTHER)
    zone = sim.db.zones[cluster.zone_id]
    host: Host = sim.db.hosts.add(
        Host(
            name=name,
            kind="Routing",
            zone_id=cluster.zone_id,
            pod_id=cluster.pod_id,
            cluster_id=cluster.id,
            hypervisor=cluster.hypervisor,
            url=url,
            address=address,
            cpu_number=machine.cpus,
            cpu_speed=machine.speed,
            cpu_sockets=machine.sockets,
            memory=machine.memory,
            hypervisor_version=machine.version,
            tags=tags,
            arch=cluster.arch,
            last_ping=sim.clock.now(),
            details=dict(machine.details),
        )
    )
    if zone.local_storage:
        add_local_pool(sim, host)
    return host

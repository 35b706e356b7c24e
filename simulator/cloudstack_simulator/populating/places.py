"""The ground of a large cloud: a zone made with the API's own commands, and its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import net
from ..commands.hosts import add
from ..scenarios.sandbox import Builder

if TYPE_CHECKING:
    from ..model.hosts import Host
    from ..simulator import Simulator
    from .wanted import Wanted

ZONE = "Populated"
PODS = 12
CLUSTER_HOSTS = 16
FIRST_VXLAN = 100_000
SPARE_ADDRESSES = 200
CORES, MHZ, MEMORY = 64, 2600, 512 << 30
POOL_SIZE = 100 << 40
SETTLING = 60.0
"""Seconds until the system VMs and the templates are there."""


def build(sim: Simulator, name: str, wanted: Wanted) -> list[Host]:
    """Zone, physical network, pods, clusters, pools and hosts; returns the hosts."""
    builder = Builder(sim)
    zone = builder.do(
        "createZone", name=name, networktype="Advanced", dns1="10.3.0.1", internaldns1="10.3.0.2",
        guestcidraddress="10.1.1.0/24",
    )["zone"]["id"]  # fmt: skip
    _network(builder, name, zone, wanted)
    hosts: list[Host] = []
    per_pod = max(2 * CLUSTER_HOSTS, -(-wanted.hosts // PODS))
    for number in range(-(-wanted.hosts // per_pod)):
        hosts += _pod(builder, name, zone, number, min(per_pod, wanted.hosts - len(hosts)), wanted.hypervisor)
    builder.do("addImageStore", zoneid=zone, name=f"{name}-images", provider="NFS", url=f"nfs://10.3.0.9/{name}")
    builder.do("updateZone", id=zone, allocationstate="Enabled")
    sim.advance(SETTLING)
    return hosts


def prefix_of(zone: str) -> str:
    """What tells the names in further zones apart from those in the first one."""
    return "" if zone == ZONE else f"{zone.lower()}-"


def _network(builder: Builder, name: str, zone: str, wanted: Wanted) -> None:
    last = FIRST_VXLAN + max(wanted.routers, 1) + SPARE_ADDRESSES
    network = builder.do(
        "createPhysicalNetwork", zoneid=zone, name=f"{name}-net", vlan=f"{FIRST_VXLAN}-{last}", isolationmethods="VXLAN"
    )["physicalnetwork"]["id"]
    for traffic in ("Guest", "Management", "Public"):
        builder.do("addTrafficType", physicalnetworkid=network, traffictype=traffic)
    builder.do("updatePhysicalNetwork", id=network, state="Enabled")
    db = builder.sim.db
    here = db.physical_networks.known(network)
    for provider in db.service_providers.where(physical_network_id=here.id):
        for element in db.router_elements.where(provider_id=provider.id):
            builder.do("configureVirtualRouterElement", id=element.uuid, enabled="true")
        if provider.name in ("VirtualRouter", "VpcVirtualRouter"):
            builder.do("updateNetworkServiceProvider", id=provider.uuid, state="Enabled")
    first = net.number("10.200.0.10")
    builder.do(
        "createVlanIpRange", zoneid=zone, vlan="50", gateway="10.200.0.1", netmask="255.255.0.0",
        startip=net.address(first), endip=net.address(first + wanted.routers + SPARE_ADDRESSES),
        forvirtualnetwork="true",
    )  # fmt: skip


def _pod(builder: Builder, where: str, zone: str, number: int, count: int, hypervisor: str) -> list[Host]:
    prefix = prefix_of(where)
    base = f"172.{16 + number}"
    pod = builder.do(
        "createPod", zoneid=zone, name=f"pod-{number + 1}", gateway=f"{base}.0.1", netmask="255.255.0.0",
        startip=f"{base}.0.10", endip=f"{base}.0.250",
    )["pod"]["id"]  # fmt: skip
    hosts: list[Host] = []
    for first in range(0, count, CLUSTER_HOSTS):
        name = f"{prefix}pod-{number + 1}-cluster-{first // CLUSTER_HOSTS + 1}"
        place = {"zoneid": zone, "podid": pod}
        made = builder.do("addCluster", **place, clustername=name, hypervisor=hypervisor, clustertype="CloudManaged")
        place["clusterid"] = made["cluster"][0]["id"]
        cluster = builder.sim.db.clusters.find(place["clusterid"])
        for position in range(first, min(first + CLUSTER_HOSTS, count)):
            address = net.address(net.number(f"{base}.1.0") + position)
            hosts.append(_host(builder.sim, cluster, f"{prefix}host-{number + 1}-{position + 1:04}", address))
        pool = builder.do("createStoragePool", **place, name=f"{name}-storage", url=f"nfs://10.3.0.9/{name}")
        builder.sim.db.storage_pools.known(pool["storagepool"]["id"]).capacity = POOL_SIZE
    return hosts


def _host(sim: Simulator, cluster: Any, name: str, address: str) -> Host:
    host = add.add(sim, cluster, name, f"http://{name}", address, [])
    host.cpu_number, host.cpu_speed, host.memory = CORES, MHZ, MEMORY
    host.measured = True
    return host

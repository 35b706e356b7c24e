"""The zone of the recorded server (`--zone sandbox`), built with the API's own commands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..commands.appliances.zone_watch import look_after
from ..commands.gpu import stock
from ..commands.zones.capacity import count
from ..model.appliances import CONSOLE_PROXY, SECONDARY_STORAGE_VM
from ..registry import start_zone

if TYPE_CHECKING:
    from ..model.hosts import Host
    from ..simulator import Simulator

SERVER = "10.147.28.6"
HOST_ADDRESSES = ("172.16.15.21", "172.16.15.2", "172.16.15.8", "172.16.15.14")
EXPORTS = f"nfs://{SERVER}:/export/home/sandbox"
RESTARTS = 3
"""How often the recorded server was started again after its zone was made."""
BETWEEN = 2.0
"""Seconds between one system VM and the other."""
SETTLING = 30.0
"""Seconds until the system VMs and their agents are up."""


class Builder:
    """Runs commands as the admin and insists that they succeed."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def do(self, command: str, **params: Any) -> dict[str, Any]:
        """The content of the answer; of an asynchronous command: the job's result."""
        status, body = self.sim.call(command, **params)
        content: dict[str, Any] = next(iter(body.values()))
        if status == 200 and "jobid" in content:
            self.sim.settle()
            job = self.sim.db.jobs.known(content["jobid"])
            status, content = (200 if job.status == 1 else job.result_code), job.result
        if status != 200:
            raise RuntimeError(f"{command} failed: {content}")
        return content


@start_zone("sandbox", order=50)
def build(sim: Simulator) -> None:
    """Zone `Sandbox-simulator` with its pod, two clusters of two hosts, pools, image store and system VMs."""
    builder = Builder(sim)
    zone = builder.do(
        "createZone",
        name="Sandbox-simulator",
        networktype="Advanced",
        dns1=SERVER,
        internaldns1=SERVER,
        guestcidraddress="10.1.1.0/24",
    )["zone"]["id"]
    _add_network(builder, zone)
    _add_pod(builder, zone)
    builder.do("addImageStore", zoneid=zone, name="SS0", provider="NFS", url=f"{EXPORTS}/secondary")
    builder.do("updateZone", id=zone, allocationstate="Enabled")
    for host, address in zip(sim.db.hosts, HOST_ADDRESSES, strict=True):
        host.address = address
    _add_system_vms(sim)


@start_zone("sandbox", order=95)
def settle_in(sim: Simulator) -> None:
    """What the recorded server knew after some time: statistics, GPUs, capacities."""
    hosts = sim.db.hosts.where(kind="Routing")
    for _restart in range(RESTARTS):
        _reconnect_agents(sim)
    for host in hosts:
        stock.report(sim, host)
        host.measured = False
    while not all(host.measured for host in hosts):
        sim.advance(1.0)
    count(sim)
    for pool in sim.db.storage_pools:
        pool.allocated = 0
    sim.counters.reset()


def _reconnect_agents(sim: Simulator) -> None:
    """Agents of system VMs are new rows each time the server has been started."""
    for agent in sim.db.hosts:
        if agent.kind != "Routing":
            sim.db.hosts.remove(agent)
            sim.db.hosts.add(replace(agent, id=0, uuid="", created=0.0, removed=None, _table=None))


def _add_network(builder: Builder, zone: str) -> None:
    network = builder.do(
        "createPhysicalNetwork", zoneid=zone, name="Sandbox-pnet", vlan="100-200", isolationmethods="VLAN"
    )["physicalnetwork"]["id"]
    for traffic in ("Guest", "Management", "Public"):
        builder.do("addTrafficType", physicalnetworkid=network, traffictype=traffic)
    builder.do("updatePhysicalNetwork", id=network, state="Enabled")
    db = builder.sim.db
    for element in db.router_elements:
        builder.do("configureVirtualRouterElement", id=element.uuid, enabled="true")
    for lb_element in db.internal_lb_elements:
        builder.do("configureInternalLoadBalancerElement", id=lb_element.uuid, enabled="true")
    for provider in db.service_providers.where(state="Disabled"):
        if provider.name != "SecurityGroupProvider":
            builder.do("updateNetworkServiceProvider", id=provider.uuid, state="Enabled")


def _add_pod(builder: Builder, zone: str) -> None:
    pod = builder.do(
        "createPod",
        zoneid=zone,
        name="POD0",
        gateway="172.16.15.1",
        netmask="255.255.255.0",
        startip="172.16.15.2",
        endip="172.16.15.200",
    )["pod"]["id"]
    builder.do(
        "createVlanIpRange",
        zoneid=zone,
        vlan="50",
        gateway="192.168.2.1",
        netmask="255.255.255.0",
        startip="192.168.2.2",
        endip="192.168.2.200",
        forvirtualnetwork="true",
    )
    for number in range(2):
        _add_cluster(builder, zone, pod, number)


def _add_cluster(builder: Builder, zone: str, pod: str, number: int) -> None:
    place = {"zoneid": zone, "podid": pod}
    cluster = builder.do(
        "addCluster", **place, clustername=f"C{number}", hypervisor="Simulator", clustertype="CloudManaged"
    )["cluster"][0]["id"]
    place["clusterid"] = cluster
    for host in range(2):
        builder.do(
            "addHost", **place, hypervisor="Simulator", url=f"http://sim/c{number}/h{host}", username="root",
            password=builder.sim.admin_password,
        )  # fmt: skip
    for pool in range(2 * number, 2 * number + 2):
        builder.do("createStoragePool", **place, name=f"PS{pool}", url=f"{EXPORTS}/primary{pool}")


def _add_system_vms(sim: Simulator) -> None:
    """The secondary storage VM on the second host, then the console proxy on the fourth, as they were recorded."""
    hosts = [host for host in sim.db.hosts if host.kind == "Routing"]
    for kind, place in ((SECONDARY_STORAGE_VM, 1), (CONSOLE_PROXY, 3)):
        _leave_only(hosts, hosts[place])
        look_after(sim, sim.db.zones.first(), (kind,))
        _leave_only(hosts, None)
        sim.advance(BETWEEN)
    for host in hosts:
        host.resource_state = "Enabled"
    sim.advance(SETTLING)


def _leave_only(hosts: list[Host], chosen: Host | None) -> None:
    for host in hosts:
        host.resource_state = "Enabled" if host is chosen else "Disabled"

"""Simulators whose clock stands still, and clouds in them that are built call by call, as an operator would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from cloudstack_simulator import Simulator


class Operator:
    """Calls commands, waits for their jobs and insists on what was expected."""

    def __init__(self, sim: Simulator, caller: Any = None) -> None:
        self.sim = sim
        self.caller = caller

    def _outcome(self, command: str, params: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """(200 or the error's code, content) of a call or of the job that it starts."""
        status, body = self.sim.call(command, self.caller, **params)
        content = next(iter(body.values()))
        job = self.sim.db.jobs.find(content["jobid"]) if status == 200 and "jobid" in content else None
        if job is None:
            return status, content
        self.sim.settle()
        return (200 if job.status == 1 else job.result_code), job.result

    def do(self, command: str, **params: Any) -> dict[str, Any]:
        status, content = self._outcome(command, params)
        assert status == 200, f"{command}: {content}"
        return content

    def refused(self, command: str, **params: Any) -> tuple[int, str]:
        status, content = self._outcome(command, params)
        assert status != 200, f"{command} was not refused: {content}"
        return status, content["errortext"]

    def rows(self, command: str, **params: Any) -> list[dict[str, Any]]:
        found = self.do(command, **params)
        return next((value for value in found.values() if isinstance(value, list)), [])

    def only(self, command: str, **params: Any) -> dict[str, Any]:
        (row,) = self.rows(command, **params)
        return row


@dataclass
class Cloud:
    """A zone of KVM hosts and the ids of what is in it."""

    op: Operator
    zone: str = ""
    pod: str = ""
    cluster: str = ""
    guest_network: str = ""
    management_network: str = ""
    hosts: list[str] = field(default_factory=list)
    pool: str = ""
    store: str = ""

    @property
    def sim(self) -> Simulator:
        return self.op.sim

    def add_host(self, number: int, **more: Any) -> str:
        host = self.op.do(
            "addHost", zoneid=self.zone, podid=self.pod, clusterid=self.cluster, hypervisor="KVM", username="root",
            password="of-the-host", url=f"http://10.0.0.{number}", **more,
        )["host"][0]  # fmt: skip
        self.hosts.append(host["id"])
        return str(host["id"])

    def enable(self) -> None:
        """Enable the zone and wait until its system VMs and their agents are there."""
        self.op.do("updateZone", id=self.zone, allocationstate="Enabled")
        self.sim.advance(120)

    def deploy(self, name: str, **more: Any) -> dict[str, Any]:
        """An instance in an isolated network of its own."""
        offering = self.op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]
        network = self.op.do(
            "createNetwork", name=name, displaytext=name, zoneid=self.zone, networkofferingid=offering["id"]
        )["network"]
        size = self.op.rows("listServiceOfferings", name="Small Instance")[0]
        template = self.op.rows("listTemplates", templatefilter="all", name="golden")[0]
        found: dict[str, Any] = self.op.do(
            "deployVirtualMachine", name=name, zoneid=self.zone, templateid=template["id"], networkids=network["id"],
            serviceofferingid=size["id"], **more,
        )["virtualmachine"]  # fmt: skip
        return found

    def register_template(self) -> dict[str, Any]:
        system = self.op.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]
        template: dict[str, Any] = self.op.do(
            "registerTemplate", name="golden", displaytext="golden", zoneid=self.zone, format="QCOW2",
            hypervisor="KVM", ostypeid=system["id"], url="http://images.example.com/golden.qcow2",
        )["template"][0]  # fmt: skip
        self.sim.advance(30)
        return template


@pytest.fixture
def sim() -> Simulator:
    """A server as after installation."""
    return Simulator(seed=1)


@pytest.fixture(scope="module")
def sandbox() -> Simulator:
    """The recorded clean zone, shared by the tests of a module."""
    return Simulator(zone="sandbox", seed=1)


@pytest.fixture
def people(sim: Simulator) -> dict[str, Any]:
    """Callers by name: admin; owner (domain admin of /a), ann and bob (users in /a), eve (user in /a/deep)."""
    make: Callable[..., tuple[int, Any]] = sim.call
    a = make("createDomain", name="a")[1]["createdomainresponse"]["domain"]["id"]
    deep = make("createDomain", name="deep", parentdomainid=a)[1]["createdomainresponse"]["domain"]["id"]
    callers = {"admin": sim.admin}
    for name, kind, domain in (("owner", 2, a), ("ann", 0, a), ("bob", 0, a), ("eve", 0, deep)):
        status, _body = make(
            "createAccount", username=name, accounttype=kind, domainid=domain, email="e@example.com",
            firstname="F", lastname="L", password="password-of-" + name,
        )  # fmt: skip
        assert status == 200
        callers[name] = sim.auth.caller_of(sim.db.users.first(username=name))
    return callers


@pytest.fixture(scope="session")
def operator() -> type[Operator]:
    """The class, for worlds that outlive a test."""
    return Operator


@pytest.fixture
def op(sim: Simulator) -> Operator:
    return Operator(sim)


@pytest.fixture
def bare(op: Operator) -> Cloud:
    """A zone with two physical networks, a pod and a public range; it has no cluster yet and is disabled."""
    cloud = Cloud(op)
    cloud.zone = op.do(
        "createZone", name="north", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.0.0.53",
        guestcidraddress="10.1.1.0/24",
    )["zone"]["id"]  # fmt: skip
    cloud.management_network, cloud.guest_network = (
        op.do("createPhysicalNetwork", zoneid=cloud.zone, name=name, isolationmethods="VLAN", tags=name, **more)[
            "physicalnetwork"
        ]["id"]
        for name, more in (("mgmt", {}), ("guest", {"vlan": "500-599"}))
    )
    traffic = (("Management", cloud.management_network), ("Public", cloud.management_network))
    for kind, network in (*traffic, ("Guest", cloud.guest_network)):
        op.do("addTrafficType", physicalnetworkid=network, traffictype=kind, kvmnetworklabel="cloudbr0")
    for network in (cloud.management_network, cloud.guest_network):
        op.do("updatePhysicalNetwork", id=network, state="Enabled")
    for provider in op.rows("listNetworkServiceProviders", physicalnetworkid=cloud.guest_network):
        if provider["name"] in ("VirtualRouter", "VpcVirtualRouter"):
            element = op.only("listVirtualRouterElements", nspid=provider["id"])
            op.do("configureVirtualRouterElement", id=element["id"], enabled="true")
            op.do("updateNetworkServiceProvider", id=provider["id"], state="Enabled")
    cloud.pod = op.do(
        "createPod", zoneid=cloud.zone, name="rack", gateway="10.0.0.1", netmask="255.255.255.0", startip="10.0.0.50",
        endip="10.0.0.99",
    )["pod"]["id"]  # fmt: skip
    op.do(
        "createVlanIpRange", zoneid=cloud.zone, vlan="untagged", gateway="203.0.113.1", netmask="255.255.255.0",
        startip="203.0.113.10", endip="203.0.113.100", forvirtualnetwork="true",
    )  # fmt: skip
    return cloud


@pytest.fixture
def cloud(bare: Cloud) -> Cloud:
    """The zone with a cluster of two KVM hosts, primary and secondary storage; still disabled."""
    place = {"zoneid": bare.zone, "podid": bare.pod}
    bare.cluster = bare.op.do(
        "addCluster", **place, clustername="kvm", hypervisor="KVM", clustertype="CloudManaged"
    )["cluster"][0]["id"]  # fmt: skip
    for number in (11, 12):
        bare.add_host(number)
    bare.pool = bare.op.do(
        "createStoragePool", **place, clusterid=bare.cluster, name="primary", url="nfs://10.0.0.5/primary"
    )["storagepool"]["id"]
    bare.store = bare.op.do(
        "addImageStore", zoneid=bare.zone, name="secondary", provider="NFS", url="nfs://10.0.0.5/secondary"
    )["imagestore"]["id"]
    return bare


@pytest.fixture
def running(cloud: Cloud) -> Cloud:
    """The zone enabled, with its system VMs up and a template to make instances from."""
    cloud.enable()
    cloud.register_template()
    return cloud

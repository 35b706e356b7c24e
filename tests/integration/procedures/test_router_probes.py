"""What answers behind a router before it is renewed must answer afterwards, seen from outside."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.integration.resources.conftest import Cloud
from ansible_collections.cloudstack.ops.tests.support.balancers import enable_internal_balancers
from cloudstack_simulator.commands.appliances.ageing import age

UPGRADE = "virtual_router_upgrade"
OFFERING = {"name": "big router", "displaytext": "b", "issystem": True, "systemvmtype": "domainrouter", "cpunumber": 1,
            "cpuspeed": 500, "memory": 1024}  # fmt: skip


class Forwarding(Cloud):
    """Two old routers; behind the first one an instance answers at port 22, and a load balancer at port 80."""

    def __init__(self) -> None:
        super().__init__(rate=None, public_ports=True, populate="hosts=2,vms=2,routers=2,hypervisor=KVM")
        age(self.running.sim)
        self.router = min(self.client.list("listRouters", {"listall": True}), key=lambda row: row["name"])
        network = {"associatednetworkid": self.router["guestnetworkid"]}
        (ip,) = self.client.list("listPublicIpAddresses", {**network, "issourcenat": True, "listall": True})
        self.ip = ip["ipaddress"]
        (vm,) = self.client.list("listVirtualMachines", {"networkid": self.router["guestnetworkid"], "listall": True})
        self.instance = vm["id"]
        ports = {"protocol": "tcp", "publicport": 22, "privateport": 22, "virtualmachineid": self.instance}
        self.client.run("createPortForwardingRule", {"ipaddressid": ip["id"], **ports})
        balanced = {"algorithm": "roundrobin", "name": "web", "publicport": 80, "privateport": 80}
        rule = self.client.run("createLoadBalancerRule", {"publicipid": ip["id"], "openfirewall": True, **balanced})
        self.client.run(
            "assignToLoadBalancerRule", {"id": rule["loadbalancer"]["id"], "virtualmachineids": self.instance}
        )

    def addresses(self) -> dict[str, str]:
        with urllib.request.urlopen(f"{self.running.url}/simulator/public-ports", timeout=5) as answer:
            return json.load(answer)["addresses"]

    def renew(self, module: str = UPGRADE, *, check: bool = False, **more: Any) -> dict[str, Any]:
        given = {"retries": 0, "step_timeout": 120, "probe_addresses": self.addresses()}
        return self.run(module, check=check, **{**given, **more})

    def lose_rules(self) -> None:
        self.running.sim.faults.add({"do": "rules-lost"})


@pytest.fixture
def cloud() -> Iterator[Forwarding]:
    found = Forwarding()
    yield found
    found.close()


def lines(result: dict[str, Any]) -> str:
    return result["diff"]["prepared"]


def test_what_answered_answers_again(cloud):
    planned = cloud.renew(check=True)
    assert cloud.changes == 0
    assert lines(planned).count("connects to") == 1
    assert f"  connects to {cloud.ip}:22, {cloud.ip}:80 before and after\n" in lines(planned)
    done = cloud.renew(probe_rules="required")
    assert done["counts"] == {"done": 2}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (UPGRADE, {}),
        (UPGRADE, {"method": "reboot"}),
        ("virtual_router_offering", {"offering": "big router", "method": "router"}),
        ("default_system_offering", {"offering": "big router", "system_vm_type": "domainrouter", "canaries": 0}),
    ],
    ids=["restart", "reboot", "offering", "default offering"],
)
def test_a_new_router_without_its_rules_is_a_failure(cloud, module, options):
    cloud.client.run("createServiceOffering", OFFERING)
    cloud.lose_rules()
    failed = cloud.renew(module, **options)
    states = {target["name"]: target["state"] for target in failed["report"]["targets"]}
    assert failed["failed"]
    assert states[cloud.router["name"]] == "unsafe"
    assert f"an answer of {cloud.ip}:22, {cloud.ip}:80" in failed["msg"]


def test_what_did_not_answer_before_is_nobodys_fault(cloud):
    cloud.client.run("stopVirtualMachine", {"id": cloud.instance, "forced": True})
    cloud.lose_rules()
    failed = cloud.renew()
    assert f"an answer of {cloud.ip}:80" in failed["msg"]
    assert f"{cloud.ip}:22" not in failed["msg"]


def test_without_a_way_there_nothing_is_asked_for_and_nothing_done_where_that_is_wanted(cloud):
    elsewhere = dict.fromkeys(cloud.addresses(), "127.0.0.1:1")
    unproved = cloud.renew(probe_addresses=elsewhere, probe_rules="required", names=[cloud.router["name"]])
    assert (unproved["counts"], cloud.changes) == ({"failed": 1}, 0)
    assert "answers from here, so nothing was done" in unproved["msg"]
    cloud.lose_rules()
    assert cloud.renew(probe_addresses=elsewhere)["counts"] == {"done": 2}


def test_the_operator_names_what_counts_or_looks_at_nothing(cloud):
    network = cloud.router["guestnetworkname"]
    planned = cloud.renew(check=True, probe_targets={network: [f"{cloud.ip}:80"]})
    assert f"connects to {cloud.ip}:80 before" in lines(planned)
    for wrong in ("203.0.113.7:443", ["203.0.113.7"], [443]):
        with pytest.raises(InvalidInput) as caught:
            cloud.renew(probe_targets={network: wrong})
        assert (caught.value.option, cloud.changes) == ("probe_targets", 0)
    cloud.lose_rules()
    assert cloud.renew(probe_rules="never")["counts"] == {"done": 2}


def test_static_nat_and_rules_of_vpcs_are_looked_at_too(cloud):
    run, rows = cloud.client.run, cloud.client.list
    network = cloud.router["guestnetworkid"]
    own = run("associateIpAddress", {"networkid": network})["ipaddress"]
    run("enableStaticNat", {"ipaddressid": own["id"], "virtualmachineid": cloud.instance})
    run("createFirewallRule", {"ipaddressid": own["id"], "protocol": "tcp", "startport": 8443, "endport": 8450})
    run("createFirewallRule", {"ipaddressid": own["id"], "protocol": "udp", "startport": 53, "endport": 53})

    zone = rows("listZones")[0]["id"]
    enable_internal_balancers(cloud.client)
    offerings = {row["name"]: row["id"] for row in (*rows("listVPCOfferings"), *rows("listNetworkOfferings"))}
    wanted = {"name": "v", "displaytext": "v", "cidr": "10.9.0.0/16", "zoneid": zone,
              "vpcofferingid": offerings["Default VPC offering"]}  # fmt: skip
    vpc = run("createVPC", wanted)["vpc"]["id"]
    tier = {"name": "tier", "zoneid": zone, "vpcid": vpc, "gateway": "10.9.1.1", "netmask": "255.255.255.0",
            "networkofferingid": offerings["DefaultIsolatedNetworkOfferingForVpcNetworks"]}  # fmt: skip
    tier = run("createNetwork", tier)["network"]["id"]
    vm = rows("listVirtualMachines", {"id": cloud.instance, "listall": True})[0]
    deployed = run("deployVirtualMachine", {"zoneid": zone, "templateid": vm["templateid"], "networkids": tier,
                                            "serviceofferingid": vm["serviceofferingid"]})  # fmt: skip
    address = run("associateIpAddress", {"vpcid": vpc})["ipaddress"]
    ports = {"protocol": "tcp", "publicport": 25, "privateport": 25, "networkid": tier,
             "virtualmachineid": deployed["virtualmachine"]["id"], "ipaddressid": address["id"]}  # fmt: skip
    run("createPortForwardingRule", ports)
    age(cloud.running.sim)

    told = lines(cloud.renew(check=True))
    assert f"connects to {cloud.ip}:22, {cloud.ip}:80, {own['ipaddress']}:8443 before" in told
    assert f"connects to {address['ipaddress']}:25 before" in told
    assert cloud.renew(probe_rules="required", vpc="v")["counts"] == {"done": 1}

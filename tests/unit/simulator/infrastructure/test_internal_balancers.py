"""Load balancer rules on guest addresses, and the VMs that serve them."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator.commands.appliances.ageing import age


@pytest.fixture
def tier(running: Any) -> dict[str, Any]:
    """A tier of a VPC that balances internally, and an instance in it."""
    op = running.op
    for provider in op.rows(
        "listNetworkServiceProviders", physicalnetworkid=running.guest_network, name="InternalLbVm"
    ):
        element = op.only("listInternalLoadBalancerElements", nspid=provider["id"])
        op.do("configureInternalLoadBalancerElement", id=element["id"], enabled="true")
        op.do("updateNetworkServiceProvider", id=provider["id"], state="Enabled")
    offering = op.rows("listVPCOfferings", name="Default VPC offering")[0]["id"]
    vpc = op.do(
        "createVPC", name="v", displaytext="v", zoneid=running.zone, vpcofferingid=offering, cidr="10.20.0.0/16"
    )["vpc"]["id"]
    inner = op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingForVpcNetworksWithInternalLB")[0]["id"]
    network = op.do(
        "createNetwork", name="t", displaytext="t", zoneid=running.zone, networkofferingid=inner, vpcid=vpc,
        gateway="10.20.1.1", netmask="255.255.255.0",
    )["network"]["id"]  # fmt: skip
    vm = op.do(
        "deployVirtualMachine", name="one", zoneid=running.zone, networkids=network,
        serviceofferingid=op.rows("listServiceOfferings", name="Small Instance")[0]["id"],
        templateid=op.rows("listTemplates", templatefilter="all", name="golden")[0]["id"],
    )["virtualmachine"]["id"]  # fmt: skip
    return {"network": network, "vm": vm}


def rule_of(tier: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": "lb", "networkid": tier["network"], "sourceipaddressnetworkid": tier["network"], "scheme": "internal",
        "sourceport": 80, "instanceport": 8080, "algorithm": "roundrobin", **more,
    }  # fmt: skip


def test_the_first_member_brings_a_vm_that_goes_with_the_last_rule(running: Any, tier: dict[str, Any]) -> None:
    op = running.op
    made = op.do("createLoadBalancer", **rule_of(tier))["loadbalancer"]
    assert made["loadbalancerrule"] == [{"sourceport": 80, "instanceport": 8080, "state": "Add"}]
    assert op.rows("listInternalLoadBalancerVMs") == []
    op.do("assignToLoadBalancerRule", id=made["id"], virtualmachineids=tier["vm"])
    vm = op.only("listInternalLoadBalancerVMs", networkid=tier["network"])
    assert (vm["state"], vm["role"], vm["guestipaddress"]) == ("Running", "INTERNAL_LB_VM", made["sourceipaddress"])
    assert vm["name"].startswith("b-")
    assert [r["id"] for r in op.rows("listRouters", listall="true")] != [vm["id"]]
    shown = op.only("listLoadBalancers", id=made["id"])
    assert [i["id"] for i in shown["loadbalancerinstance"]] == [tier["vm"]]
    assert op.rows("listLoadBalancerRules") == []
    stopped = op.do("stopInternalLoadBalancerVM", id=vm["id"])["internalloadbalancervm"]
    assert stopped["state"] == "Stopped"
    assert op.do("startInternalLoadBalancerVM", id=vm["id"])["internalloadbalancervm"]["state"] == "Running"
    second = op.do("createLoadBalancer", **rule_of(tier, sourceport=81, sourceipaddress=made["sourceipaddress"]))
    op.do("deleteLoadBalancer", id=made["id"])
    assert len(op.rows("listInternalLoadBalancerVMs")) == 1
    op.do("deleteLoadBalancer", id=second["loadbalancer"]["id"])
    assert op.rows("listInternalLoadBalancerVMs") == []
    assert op.rows("listLoadBalancers") == []


def test_a_hidden_rule_is_listed_when_asked_for(running: Any, tier: dict[str, Any]) -> None:
    op = running.op
    hidden = op.do("createLoadBalancer", **rule_of(tier, fordisplay="false"))["loadbalancer"]["id"]
    assert op.rows("listLoadBalancers") == []
    assert op.only("listLoadBalancers", fordisplay="false")["id"] == hidden
    op.do("updateLoadBalancer", id=hidden, fordisplay="true")
    assert op.only("listLoadBalancers")["id"] == hidden


@pytest.mark.parametrize(
    ("changed", "code", "named"),
    [
        ({"scheme": "public"}, 431, "Supported value is internal"),
        ({"algorithm": "best"}, 431, "Invalid algorithm: best"),
        ({"sourceport": 70000}, 431, "Invalid value for source port: 70000"),
        ({"instanceport": -1}, 431, "Invalid value for instance port: -1"),
        ({"sourceipaddress": "192.0.2.7"}, 431, "not in the network's CIDR subnet"),
        ({}, 537, "conflicts with rule"),
        ({"networkid": "other"}, 537, "New rule is for a different network than what's specified in rule "),
    ],
)
def test_rules_that_are_refused(
    running: Any, tier: dict[str, Any], changed: dict[str, Any], code: int, named: str
) -> None:
    op = running.op
    first = op.do("createLoadBalancer", **rule_of(tier))["loadbalancer"]
    if "networkid" in changed:
        shown = op.only("listNetworks", id=tier["network"])
        other = op.do(
            "createNetwork", name="o", zoneid=running.zone, networkofferingid=shown["networkofferingid"],
            vpcid=shown["vpcid"], gateway="10.20.2.1", netmask="255.255.255.0",
        )["network"]["id"]  # fmt: skip
        changed = {"networkid": other}
    again = {"sourceipaddress": first["sourceipaddress"], "sourceipaddressnetworkid": tier["network"]} | changed
    told = running.op.refused("createLoadBalancer", **rule_of(tier, **again))
    assert (told[0], named in told[1]) == (code, True), told


def test_a_host_in_maintenance_hands_the_vm_on(running: Any, tier: dict[str, Any]) -> None:
    op = running.op
    rule = op.do("createLoadBalancer", **rule_of(tier))["loadbalancer"]["id"]
    op.do("assignToLoadBalancerRule", id=rule, virtualmachineids=tier["vm"])
    before = op.only("listInternalLoadBalancerVMs")
    op.do("prepareHostForMaintenance", id=before["hostid"])
    running.sim.advance(300)
    assert op.only("listHosts", id=before["hostid"])["resourcestate"] == "Maintenance"
    after = op.only("listInternalLoadBalancerVMs", id=before["id"])
    assert after["state"] == "Running"
    assert after["hostid"] != before["hostid"]
    op.do("destroyVirtualMachine", id=tier["vm"], expunge="true")
    op.do("deleteNetwork", id=tier["network"])
    assert op.rows("listInternalLoadBalancerVMs") == []


def test_what_restarts_of_the_vpc_and_its_tiers_do_to_the_vms_in_it(running: Any, tier: dict[str, Any]) -> None:
    """Only the routers of a VPC are renewed; its load balancers have the new release from their next start on."""
    op = running.op
    rule = op.do("createLoadBalancer", **rule_of(tier))["loadbalancer"]["id"]
    op.do("assignToLoadBalancerRule", id=rule, virtualmachineids=tier["vm"])
    age(running.sim)
    before = op.only("listInternalLoadBalancerVMs")
    assert (before["softwareversion"], before["vpcname"]) == ("4.20.1.0", "v")
    told = op.refused("restartNetwork", id=tier["network"], cleanup="true")
    assert told == (431, "Cannot restart a VPC tier with cleanup, please restart the whole VPC.")
    op.do("restartVPC", id=before["vpcid"], cleanup="true")
    assert op.only("listRouters", listall="true", vpcid=before["vpcid"])["softwareversion"] == "4.22.0.0"
    assert op.only("listInternalLoadBalancerVMs")["softwareversion"] == "4.20.1.0"
    op.do("stopInternalLoadBalancerVM", id=before["id"])
    op.do("startInternalLoadBalancerVM", id=before["id"])
    assert op.only("listInternalLoadBalancerVMs")["softwareversion"] == "4.22.0.0"


def test_a_vpc_is_patched_through_its_tiers_only(running: Any, tier: dict[str, Any]) -> None:
    op = running.op
    offering = op.rows("listVPCOfferings", name="Default VPC offering")[0]["id"]
    bare = op.do(
        "createVPC", name="bare", displaytext="bare", zoneid=running.zone, vpcofferingid=offering, cidr="10.30.0.0/16"
    )["vpc"]["id"]
    age(running.sim, template="4.22.0")
    for vpc in op.rows("listVPCs"):
        op.do("restartVPC", id=vpc["id"], livepatch="true", cleanup="false")
    versions = {row["vpcid"]: row["softwareversion"] for row in op.rows("listRouters", listall="true")}
    assert versions.pop(bare) == "4.20.1.0"
    assert set(versions.values()) == {"4.22.0.0"}

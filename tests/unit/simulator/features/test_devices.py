"""Devices that nobody has, global load balancer rules, Open vSwitch, Swift, and settings of container networks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cloudstack_simulator.commands.physical.devices import PROVIDERS
from tests.unit.simulator.conftest import Cloud, Operator

GIVEN = {
    "url": "https://10.0.0.9", "username": "u", "password": "p", "hostname": "h", "nat": "true", "tftpdir": "/t",
    "dhcpservertype": "DNSMASQ", "pxeservertype": "KICK_START", "pingdir": "/p", "pingstorageserverip": "10.0.0.8",
    "networkdevicetype": "NetscalerMPXLoadBalancer", "transportzoneuuid": "z",
}  # fmt: skip


@pytest.mark.parametrize("command", PROVIDERS)
def test_a_device_needs_its_provider_and_then_is_not_there(bare: Cloud, command: str) -> None:
    op, network, name = bare.op, bare.guest_network, PROVIDERS[command]
    known = {row["name"] for row in op.rows("listNetworkServiceProviders", physicalnetworkid=network)}
    if name not in known:
        code, text = op.refused(command, physicalnetworkid=network, **GIVEN)
        assert (code, f"Network Service Provider: {name} is not enabled in the physical network" in text) == (530, True)
        op.do("addNetworkServiceProvider", physicalnetworkid=network, name=name)
    assert "not modelled" in op.refused(command, physicalnetworkid=network, **GIVEN)[1]


def test_a_netscaler_is_of_a_known_type(bare: Cloud) -> None:
    given = {**GIVEN, "networkdevicetype": "Toaster"}
    told = bare.op.refused("addNetscalerLoadBalancer", physicalnetworkid=bare.guest_network, **given)
    assert told == (431, "Invalid Netscaler device type")


def test_ids_of_devices_name_nothing(op: Operator) -> None:
    code, text = op.refused("deleteNetscalerLoadBalancer", lbdeviceid="11111111-2222-3333-4444-555555555555")
    assert (code, "entity does not exist" in text) == (431, True)


def test_cloudian_is_off(op: Operator) -> None:
    told = op.do("cloudianIsEnabled")["cloudianisenabled"]
    assert told == {"enabled": False, "url": "https://cmc.cloudian.com:8443/Cloudian/"}


def test_open_vswitch_has_an_element_where_networks_are_isolated_by_gre(bare: Cloud) -> None:
    op = bare.op
    assert op.rows("listOvsElements") == []
    network = op.do("createPhysicalNetwork", zoneid=bare.zone, name="gre", isolationmethods="GRE")["physicalnetwork"]
    element = op.only("listOvsElements")
    provider = {"id": element["nspid"], "state": "Enabled"}
    assert "Provider is not ready" in op.refused("updateNetworkServiceProvider", **provider)[1]
    assert op.do("configureOvsElement", id=element["id"], enabled="true")["ovselement"]["enabled"] is True
    op.do("updateNetworkServiceProvider", **provider)
    assert op.only("listNetworkServiceProviders", physicalnetworkid=network["id"], name="Ovs")["state"] == "Enabled"


def test_swift_is_an_image_store_of_the_region(bare: Cloud) -> None:
    op = bare.op
    made = op.do("addSwift", url="http://10.0.0.7/swift", account="a", username="u", key="k")["secondarystorage"]
    assert (made["providername"], made["scope"]) == ("Swift", "REGION")
    assert op.only("listSwifts")["id"] == made["id"]
    assert "same provider Swift" in op.refused("addImageStore", provider="NFS", url="nfs://a/b", zoneid=bare.zone)[1]


def test_a_container_network_is_kept_like_user_data_and_apart_from_it(op: Operator) -> None:
    text = base64.b64encode(b"kind: Calico").decode()
    made = op.do("registerCniConfiguration", name="calico", cniconfig=text, params="asn")["cniconfig"]
    assert (made["userdata"], made["params"]) == (text, "asn")
    assert "already exists" in op.refused("registerCniConfiguration", name="calico", cniconfig=text)[1]
    assert op.only("listCniConfiguration")["id"] == made["id"]
    assert op.rows("listUserData") == []
    op.do("deleteCniConfiguration", id=made["id"])
    assert op.rows("listCniConfiguration") == []
    kinds = [event["type"] for event in op.rows("listEvents", keyword="CNI")]
    assert kinds == ["REGISTER.CNI.CONFIG", "DELETE.CNI.CONFIG"]


RULE = {"name": "shop", "gslbdomainname": "shop", "gslbservicetype": "tcp", "regionid": 1}


@pytest.fixture
def named(op: Operator) -> Operator:
    op.do("updateConfiguration", name="cloud.dns.name", value="cloud.example.com")
    return op


def test_global_rules_need_the_clouds_name(op: Operator) -> None:
    code, text = op.refused("createGlobalLoadBalancerRule", **RULE)
    assert (code, text) == (431, "GSLB service is not enabled in region : Local")


def test_a_global_rule_is_made_changed_and_removed(named: Operator, people: dict[str, Any]) -> None:
    made = named.do("createGlobalLoadBalancerRule", **RULE)["globalloadbalancer"]
    assert (made["gslbdomainname"], made["gslblbmethod"]) == ("shop.cloud.example.com", "roundrobin")
    assert "is in use" in named.refused("createGlobalLoadBalancerRule", **RULE)[1]
    changed = named.do("updateGlobalLoadBalancerRule", id=made["id"], gslblbmethod="leastconn")["globalloadbalancer"]
    assert changed["gslblbmethod"] == "leastconn"
    assert named.refused("listGlobalLoadBalancerRules")[1].startswith("Invalid arguments. At least one")
    assert named.only("listGlobalLoadBalancerRules", regionid=1)["id"] == made["id"]
    ann = Operator(named.sim, people["ann"])
    assert ann.rows("listGlobalLoadBalancerRules", regionid=1) == []
    assert ann.refused("listGlobalLoadBalancerRules", id=made["id"])[0] == 531
    told = ann.refused("deleteGlobalLoadBalancerRule", id=made["id"])
    assert told == (530, "Failed to delete Global Load Balancer rule.")
    named.do("deleteGlobalLoadBalancerRule", id=made["id"])
    assert named.rows("listGlobalLoadBalancerRules", regionid=1) == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"gslblbmethod": "random"}, "Invalid Algorithm: random"),
        ({"gslbstickysessionmethodname": "cookie"}, "Invalid persistence: cookie"),
        ({"gslbservicetype": "icmp"}, "Invalid service type: icmp"),
        ({"regionid": 9}, "Invalid region ID: 9"),
    ],
)
def test_global_rules_that_are_refused(named: Operator, params: dict[str, str], text: str) -> None:
    assert named.refused("createGlobalLoadBalancerRule", **{**RULE, **params}) == (431, text)


def test_no_zone_takes_part_in_a_global_rule(named: Operator, running: Cloud) -> None:
    rule = named.do("createGlobalLoadBalancerRule", **RULE)["globalloadbalancer"]["id"]
    vm = running.deploy("web")
    address = named.rows("listPublicIpAddresses", associatednetworkid=vm["nic"][0]["networkid"])[0]["id"]
    balancer = named.do(
        "createLoadBalancerRule", publicipid=address, name="web", algorithm="roundrobin", publicport=80, privateport=80
    )["loadbalancer"]["id"]
    assign = {"id": rule, "loadbalancerrulelist": balancer}
    assert "GSLB service is not enabled in the Zone:1" in named.refused("assignToGlobalLoadBalancerRule", **assign)[1]
    assert "is not assigned to global" in named.refused("removeFromGlobalLoadBalancerRule", **assign)[1]
    assert "does not exist" in named.refused("assignToGlobalLoadBalancerRule", id=rule, loadbalancerrulelist=rule)[1]
    both = {"id": rule, "loadbalancerrulelist": f"{balancer},{rule}"}
    assert "does not exist" in named.refused("assignToGlobalLoadBalancerRule", **both)[1]
    named.sim.db.global_rules.find(rule).account_id = 1
    assert "not belong to same account" in named.refused("assignToGlobalLoadBalancerRule", **both)[1]
    slow = {"lbruleid": balancer, "responsetimeout": 9}
    assert "is not supported by LB Provider" in named.refused("createLBHealthCheckPolicy", **slow)[1]
    assert "Monitor interval" in named.refused("createLBHealthCheckPolicy", **slow, intervaltime=8)[1]
    assert named.refused("updateLBHealthCheckPolicy", id="5") == (431, "Fail to find stickiness policy with 5")
    assert named.refused("deleteLBHealthCheckPolicy", id="5") == (431, "Invalid HealthCheck policy id value: 5")

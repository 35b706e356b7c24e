"""Load balancer rules: stickiness, source CIDRs, members."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def rule(running: Any) -> dict[str, Any]:
    op = running.op
    offering = op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
    network = op.do("createNetwork", name="n", zoneid=running.zone, networkofferingid=offering)["network"]["id"]
    ip = op.do("associateIpAddress", networkid=network)["ipaddress"]["id"]
    made: dict[str, Any] = op.do(
        "createLoadBalancerRule", publicipid=ip, algorithm="roundrobin", name="lb", publicport=80, privateport=8080,
        protocol="tcp", cidrlist="10.0.0.0/8,192.0.2.7",
    )["loadbalancer"]  # fmt: skip
    return made


def test_a_new_stickiness_policy_takes_the_place_of_the_one_before(running: Any, rule: dict[str, Any]) -> None:
    op = running.op
    params = {"param[0].name": "Cookie-Name", "param[0].value": "c", "param[1].name": "indirect"}
    for name in ("first", "second"):
        op.do("createLBStickinessPolicy", lbruleid=rule["id"], name=name, methodname="lbcookie", **params)
    (policy,) = op.only("listLBStickinessPolicies", lbruleid=rule["id"])["stickinesspolicy"]
    assert (policy["name"], policy["params"]) == ("second", {"Cookie-Name": "c", "indirect": "null"})


@pytest.mark.parametrize(
    ("method", "params", "named"),
    [
        ("LbCookie", {"param[0].name": "x"}, "Failed : Stickiness policy does not support param name :x"),
        ("LbCookie", {"param[0].name": "mode"}, "Failed : Value expected for the Param :mode"),
        ("LbCookie", {"param[0].key": "mode"}, "Failed : Stickiness policy does not support param name :null"),
    ],
)
def test_stickiness_that_is_refused(
    running: Any, rule: dict[str, Any], method: str, params: dict[str, str], named: str
) -> None:
    told = running.op.refused("createLBStickinessPolicy", lbruleid=rule["id"], name="n", methodname=method, **params)
    assert told == (431, named)


def test_new_rules_take_single_addresses_and_changed_ones_networks_only(running: Any, rule: dict[str, Any]) -> None:
    op = running.op
    assert rule["cidrlist"] == "10.0.0.0/8 192.0.2.7"
    told = op.refused("updateLoadBalancerRule", id=rule["id"], cidrlist="192.0.2.7")
    assert told == (431, "Invalid CIDR list: 192.0.2.7")
    changed = op.do("updateLoadBalancerRule", id=rule["id"], cidrlist="10.1.0.0/16,10.2.0.0/16")["loadbalancer"]
    assert changed["cidrlist"] == "10.1.0.0/16,10.2.0.0/16"


def test_members_are_asked_of_balancers_only(running: Any, rule: dict[str, Any]) -> None:
    other = running.op.do("createFirewallRule", ipaddressid=rule["publicipid"], protocol="tcp", startport=1, endport=2)
    code, text = running.op.refused("listLoadBalancerRuleInstances", id=other["firewallrule"]["id"])
    assert (code, text.startswith("Unable to find the load balancer with ID [")) == (530, True)

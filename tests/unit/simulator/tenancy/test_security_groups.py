"""Security groups: rules that are refused, in the server's order, and what rules come out as."""

from __future__ import annotations

from typing import Any

import pytest

RULE = {"securitygroupname": "web", "protocol": "tcp", "startport": 22, "endport": 22, "cidrlist": "0.0.0.0/0"}
FRIENDS = {"usersecuritygrouplist[0].account": "ann", "usersecuritygrouplist[0].group": "default"}


@pytest.fixture(scope="module", autouse=True)
def groups(world: Any) -> None:
    world.do("createSecurityGroup", name="web")
    world.do("createSecurityGroup", name="hers", by="ann")


@pytest.mark.parametrize(
    ("params", "refusal"),
    [
        ({**RULE, "securitygroupname": "no"}, (431, "Unable to find security group no for account id=2")),
        ({**RULE, "securitygroupname": None}, (431, "Either securityGroupId or securityGroupName is required by")),
        ({**RULE, "cidrlist": None, "protocol": "odd"}, (431, "At least one cidr or at least one security group")),
        ({**RULE, "cidrlist": "x", "protocol": "odd"}, (431, "Invalid cidr x")),
        ({**RULE, "protocol": "odd"}, (431, "Invalid protocol odd")),
        ({**RULE, "protocol": "300"}, (431, "Invalid protocol number: 300")),
        ({**RULE, "protocol": "all"}, (431, "Cannot specify startPort or endPort without specifying protocol")),
        ({**RULE, "startport": None}, (431, "Invalid port range specified, startPort = null, endPort = 22")),
        ({**RULE, "startport": 0, "endport": None}, (431, "Invalid port range specified, startPort = 0, endPort = nu")),
        ({**RULE, "startport": 23}, (431, "Invalid port range 23:22")),
        ({**RULE, "endport": 70000}, (431, "Invalid port numbers 22:70000")),
        ({**RULE, "startport": -1}, (431, "Invalid port range -1:22")),
        ({**RULE, **FRIENDS, "cidrlist": None}, (431, "Nonexistent account: ann when trying to authorize")),
    ],
)  # fmt: skip
def test_a_rule_that_is_refused(world: Any, params: dict[str, Any], refusal: tuple[int, str]) -> None:
    code, text = world.refused("authorizeSecurityGroupIngress", **params)
    assert (code, refusal[1] in text) == (refusal[0], True), text


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({**RULE, "startport": 0, "endport": 0}, ("tcp", 0, 65535)),
        ({**RULE, "protocol": "1"}, ("icmp", -1, -1)),
        ({"cidrlist": "2001:db8::/64"}, ("all", 0, 0)),
        ({**RULE, "protocol": "47"}, ("47", 0, 0)),
    ],
)
def test_what_a_rule_comes_out_as(world: Any, params: dict[str, Any], shown: tuple[str, int, int]) -> None:
    answer = world.do("authorizeSecurityGroupIngress", **{**params, "securitygroupname": "web"})
    (rule,) = answer["securitygroup"]["ingressrule"]
    ports = ("icmptype", "icmpcode") if shown[0] == "icmp" else ("startport", "endport")
    assert (rule["protocol"], *(rule[name] for name in ports)) == shown
    assert world.refused("revokeSecurityGroupIngress", id=rule["ruleid"], by="bob")[0] == 530
    world.do("revokeSecurityGroupIngress", id=rule["ruleid"])

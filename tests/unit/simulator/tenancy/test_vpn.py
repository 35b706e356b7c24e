"""VPNs: ports of a remote access VPN, ranges of its clients, customer gateways that change, order of lists."""

from __future__ import annotations

from typing import Any

import pytest

POLICY = "aes128-sha1;modp1536"
CUSTOMER = {"gateway": "203.0.113.9", "cidrlist": "10.5.0.0/24", "ipsecpsk": "key", "ikepolicy": POLICY,
            "esppolicy": POLICY}  # fmt: skip


def _source_nat(world: Any) -> Any:
    network = world.row("@networks:iso")
    return next(ip for ip in world.sim.db.ip_addresses.where(network_id=network.id) if ip.is_source_nat)


def test_a_remote_access_vpn_keeps_its_ports_and_opens_the_firewall(world: Any) -> None:
    ip = _source_nat(world).uuid
    vpn = world.do("createRemoteAccessVpn", publicipid=ip, iprange="10.2.0.1-10.2.0.9")["remoteaccessvpn"]
    assert vpn["iprange"] == "10.2.0.2-10.2.0.9"
    opened = world.rows("listFirewallRules", ipaddressid=ip)
    assert sorted((r["protocol"], r["startport"]) for r in opened) == [("udp", 500), ("udp", 1701), ("udp", 4500)]
    rule = {"ipaddressid": ip, "publicport": 500, "privateport": 500, "virtualmachineid": "@vms:one"}
    assert world.refused("createPortForwardingRule", protocol="udp", **rule)[0] == 537
    world.do("createPortForwardingRule", protocol="tcp", openfirewall="false", **rule)
    world.do("deleteRemoteAccessVpn", publicipid=ip)
    assert world.rows("listFirewallRules", ipaddressid=ip) == []


@pytest.mark.parametrize(
    ("command", "params", "part"),
    [
        ("createRemoteAccessVpn", {"iprange": "10.2.0.1"}, "IP range [10.2.0.1] is an invalid IP range."),
        ("createRemoteAccessVpn", {"iprange": "10.2.0.1-x"}, "One or both IPs sets in the range [10.2.0.1-x]"),
        ("createRemoteAccessVpn", {"iprange": "10.2.0.9-10.2.0.1"}, "Range of IPs [10.2.0.9-10.2.0.1] is invalid."),
        (
            "createRemoteAccessVpn",
            {"iprange": "10.1.1.5-10.1.1.9"},
            "overlaps with guest ip range 10.1.1.1-10.1.1.254",
        ),
        ("removeVpnUser", {"username": "nobody"}, "Could not find VPN user=[nobody]. VPN owner id=[2]"),
        ("createVpnCustomerGateway", {**CUSTOMER, "ikelifetime": 90000}, "The IKE lifetime 90000 of vpn connection"),
        (
            "createVpnCustomerGateway",
            {**CUSTOMER, "cidrlist": "10.5.0.0/24,10.5.0.0/16"},
            "10.5.0.0/24 is overlapped with another subnet 10.5.0.0/16",
        ),
    ],
)
def test_what_is_refused(world: Any, command: str, params: dict[str, Any], part: str) -> None:
    more = {"publicipid": _source_nat(world).uuid} if command == "createRemoteAccessVpn" else {}
    code, text = world.refused(command, **more, **params)
    assert (code, part in text) == (431, True), text


def test_what_an_update_of_a_customer_gateway_leaves_out_is_set_back(world: Any) -> None:
    for name in ("first", "second"):
        world.do("createVpnCustomerGateway", name=name, dpd="true", ikelifetime=100, **CUSTOMER)
    assert [g["name"] for g in world.rows("listVpnCustomerGateways")] == ["second", "first"]
    gateway = world.rows("listVpnCustomerGateways", keyword="first")[0]["id"]
    shown = world.do("updateVpnCustomerGateway", id=gateway, **CUSTOMER)["vpncustomergateway"]
    assert (shown["name"], shown["dpd"], shown["ikelifetime"]) == ("VPN-203.0.113.9", False, 86400)


def test_users_of_a_vpn_are_listed_by_name(world: Any) -> None:
    for name in ("zoe", "amy", "Bea"):
        world.do("addVpnUser", username=name, password="secret-word")
    assert [user["username"] for user in world.rows("listVpnUsers")] == ["amy", "Bea", "zoe"]

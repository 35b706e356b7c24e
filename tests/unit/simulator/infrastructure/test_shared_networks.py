"""Shared networks: private VLANs, IPv6."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def shared(running: Any) -> dict[str, Any]:
    """The parameters of a shared network with VLAN 801."""
    offering = running.op.only("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"]
    return {
        "name": "shared", "zoneid": running.zone, "networkofferingid": offering, "vlan": "801",
        "gateway": "172.31.1.1", "netmask": "255.255.255.0", "startip": "172.31.1.10", "endip": "172.31.1.50",
    }  # fmt: skip


def test_a_private_vlan_shows_both_of_its_vlans_and_its_type(running: Any, shared: dict[str, Any]) -> None:
    made = running.op.do("createNetwork", **shared, isolatedpvlan="802")["network"]
    assert (made["broadcastdomaintype"], made["broadcasturi"], made["vlan"]) == ("Pvlan", "pvlan://801-i802", "N/A")
    more = shared | {"gateway": "172.31.2.1", "startip": "172.31.2.10", "endip": "172.31.2.50"}
    for changed, text in (
        ({"isolatedpvlan": "803"}, "Network with primary vlan 801 and secondary vlan 803 type Isolated already exists"),
        ({"vlan": "802"}, "Network with vlan 802 already exists or overlaps with other network pvlans"),
        ({"isolatedpvlan": "x"}, "The secondary VLAN ID: x is not in numeric format"),
        ({"isolatedpvlantype": "community"}, "Private VLAN ID has not been set"),
    ):
        _code, said = running.op.refused("createNetwork", **(more | changed))
        assert said.startswith(text)
    other = running.op.do("createNetwork", **more, isolatedpvlan="803", isolatedpvlantype="community")["network"]
    assert other["broadcasturi"] == "pvlan://801-c803"


def test_ipv6_of_a_shared_network_reaches_its_range_and_its_nics(running: Any, shared: dict[str, Any]) -> None:
    op = running.op
    six = {"ip6gateway": "2001:db8::1", "ip6cidr": "2001:db8::/64", "startipv6": "2001:db8::10"}
    assert "IPv6 DNS" in op.refused("createNetwork", **shared, **six)[1]
    op.do("updateZone", id=running.zone, ip6dns1="2001:db8::53")
    made = op.do("createNetwork", **shared, **six, endipv6="2001:db8::50")["network"]
    assert (made["ip6gateway"], made["ip6cidr"]) == ("2001:db8::1", "2001:db8::/64")
    found = op.only("listVlanIpRanges", networkid=made["id"])
    assert (found["startipv6"], found["endipv6"]) == ("2001:db8::10", "2001:db8::50")
    vm = op.do(
        "deployVirtualMachine", zoneid=running.zone, networkids=made["id"], macaddress="02:01:00:cc:00:01",
        templateid=op.only("listTemplates", templatefilter="self")["id"],
        serviceofferingid=op.only("listServiceOfferings", name="Small Instance")["id"],
    )["virtualmachine"]  # fmt: skip
    assert vm["nic"][0]["ip6address"] == "2001:db8::1:ff:fecc:1"

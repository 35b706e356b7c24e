"""Zones and what is in them: details, search order, edge zones, addresses in any notation."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput

DNS = {"dns1": "192.0.2.1", "internal_dns1": "192.0.2.2"}
POD = {"gateway": "10.40.0.1", "netmask": "255.255.255.0", "start_ip": "10.40.0.10"}


@pytest.fixture(scope="module", name="zone")
def _zone(cloud):
    cloud.run("zone", name="z", network_type="Advanced", **DNS)
    return cloud


def test_details_and_search_order_are_kept_apart(zone):
    wish = {"name": "z", "details": {"colour": "blue"}, "dns_search_order": ["a.example", "b.example"]}
    assert zone.run("zone", **wish)["changed"] is True
    assert zone.run("zone", **wish)["changed"] is False
    turned = zone.run("zone", name="z", dns_search_order=["b.example", "a.example"])
    assert [change["option"] for change in turned["plan"]["changes"]] == ["dns_search_order"]
    assert zone.run("zone", name="z", details={"colour": "blue"})["changed"] is False


def test_an_ipv6_address_may_be_written_in_any_way(zone):
    zone.run("zone", name="z", dns1_ipv6="2001:db8::1")
    again = zone.run("zone", name="z", dns1_ipv6="2001:0DB8:0:0::0001")
    assert (again["changed"], zone.calls) == (False, 1)


@pytest.mark.parametrize(("kind", "options", "option"), [
    ("zone", {"name": "z", "dns2": "192.0.2"}, "dns2"),
    ("zone", {"name": "z", "dns1_ipv6": "192.0.2.1"}, "dns1_ipv6"),
    ("zone", {"name": "z", "guest_cidr_address": "10.1.1.0"}, "guest_cidr_address"),
    ("pod", {"name": "p", "zone": "z", **POD, "start_ip": "10.41.0.10"}, "start_ip"),
    ("pod", {"name": "p", "zone": "z", **POD, "end_ip": "10.40.0.2"}, "end_ip"),
    ("pod", {"name": "p", "zone": "z", **POD, "netmask": "255.0.255.0"}, "netmask"),
    ("pod", {"name": "p", "zone": "z", "gateway": "10.40.0.1"}, "netmask"),
    ("vlan_ip_range", {"zone": "z", "start_ip": "10.1.1.1", "start_ipv6": "10.1.1.1"}, "start_ipv6"),
])  # fmt: skip
def test_wrong_addresses_are_named_before_any_change(zone, kind, options, option):
    with pytest.raises(InvalidInput) as caught:
        zone.run(kind, **options)
    assert (caught.value.option, zone.changes) == (option, 0)


def test_a_pod_of_an_edge_zone_needs_no_addresses(cloud):
    cloud.run("zone", name="edge", network_type="Advanced", is_edge=True, **DNS)
    assert cloud.run("pod", name="p", zone="edge", check=True)["changed"] is True

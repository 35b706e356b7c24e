"""Ranges that share addresses are refused in check mode too, and the other range is named."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import IN_CLUSTER, PLACE, ZONE, StorageCloud

POD = {key: IN_CLUSTER[key] for key in ("zone", "pod")}
MASK = {"netmask": "255.255.255.0"}
PUBLIC = {**PLACE, "physical_network": "guest", "gateway": "198.51.100.1", **MASK, "vlan": "50",
          "for_virtual_network": True}  # fmt: skip


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    """Zone north: public 198.51.100.10 - 200 in VLAN 50, management 10.0.0.50 - 99 of the pod rack."""
    return StorageCloud()


@pytest.mark.parametrize(
    ("module", "wish", "other"),
    [
        ("vlan_ip_range", {**PUBLIC, "start_ip": "198.51.100.190", "end_ip": "198.51.100.220"},
         "the range 198.51.100.10 - 198.51.100.200 (VLAN 50)"),
        # One public range in another VLAN is none the less in the way.
        ("vlan_ip_range", {**PUBLIC, "start_ip": "198.51.100.20", "vlan": "51"}, "(VLAN 50)"),
        ("vlan_ip_range", {**PUBLIC, "start_ip": "10.0.0.90", "end_ip": "10.0.0.120", "gateway": "10.0.0.1"},
         "the management range 10.0.0.50 - 10.0.0.99 of pod rack"),
        ("management_ip_range", {**POD, "start_ip": "10.0.0.99", "end_ip": "10.0.0.110", "gateway": "10.0.0.1", **MASK},
         "the management range 10.0.0.50 - 10.0.0.99 of pod rack"),
        ("storage_ip_range", {**POD, "start_ip": "10.0.0.90", "end_ip": "10.0.0.110", "gateway": "10.0.0.1", **MASK},
         "the management range 10.0.0.50 - 10.0.0.99 of pod rack"),
    ],
)  # fmt: skip
def test_the_other_range_is_named_and_nothing_is_sent(cloud, module, wish, other):
    for check in (True, False):
        with pytest.raises(InvalidInput, match="shares addresses with") as caught:
            cloud.run(module, check=check, **wish)
        assert other in str(caught.value) and "remove the other range first" in str(caught.value)
        assert (caught.value.obj or "").endswith(wish["start_ip"])
        assert (caught.value.option, cloud.changes) == ("end_ip" if "end_ip" in wish else "start_ip", 0)


def test_a_range_grows_up_to_the_next_one_and_not_into_it(cloud):
    second = {**PUBLIC, "start_ip": "198.51.100.210", "end_ip": "198.51.100.220"}
    cloud.run("vlan_ip_range", **second)
    first = {**PUBLIC, "start_ip": "198.51.100.10"}
    with pytest.raises(InvalidInput, match=r"shares addresses with the range 198\.51\.100\.210"):
        cloud.run("vlan_ip_range", end_ip="198.51.100.215", **first)
    assert cloud.changes == 0
    assert cloud.run("vlan_ip_range", end_ip="198.51.100.209", **first)["changed"]
    assert not cloud.run("vlan_ip_range", end_ip="198.51.100.209", **first)["changed"]


def test_shared_networks_in_vlans_of_their_own_may_have_the_same_addresses(cloud):
    offering = cloud.one("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"]
    same = {"gateway": "10.9.0.1", **MASK, "startip": "10.9.0.10", "endip": "10.9.0.20"}
    physical = cloud.one("listPhysicalNetworks", name="guest")["id"]
    for vlan in ("700", "701"):
        cloud.do("createNetwork", name=f"shared{vlan}", displaytext="shared", zoneid=cloud.zone, vlan=vlan,
                 networkofferingid=offering, physicalnetworkid=physical, **same)  # fmt: skip
    wish = {"zone": ZONE, "network": "shared701", "vlan": "701", "start_ip": "10.9.0.21", "gateway": "10.9.0.1", **MASK,
            "for_virtual_network": False}  # fmt: skip
    assert cloud.run("vlan_ip_range", end_ip="10.9.0.30", **wish)["changed"]
    again = {**wish, "network": "shared700", "vlan": "700", "start_ip": "10.9.0.25"}
    assert cloud.run("vlan_ip_range", end_ip="10.9.0.35", **again)["changed"]

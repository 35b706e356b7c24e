"""Ranges of addresses and VLANs: single ones, tagged ones, and what tells one from another."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Drift, InvalidInput

ZONE = {"zone": "Sandbox-simulator"}
POD = {**ZONE, "pod": "POD0"}
MASK = {"netmask": "255.255.255.0"}


@pytest.mark.parametrize("vlan", [{}, {"vlan": "30"}], ids=["untagged", "tagged"])
def test_a_management_range_goes_with_or_without_a_vlan(cloud, vlan):
    wish = {"start_ip": "172.16.15.210", **POD, "end_ip": "172.16.15.220", "gateway": "172.16.15.1", **MASK, **vlan}
    assert cloud.run("management_ip_range", **wish)["changed"] is True
    assert cloud.run("management_ip_range", **wish)["changed"] is False
    gone = {"start_ip": "172.16.15.210", **POD, "state": "absent"}
    assert cloud.run("management_ip_range", **gone)["changed"] is True
    assert cloud.run("management_ip_range", **gone)["changed"] is False


def test_a_storage_range_cannot_grow(cloud):
    zone = {"name": "ranges", "network_type": "Advanced", "dns1": "192.0.2.1", "internal_dns1": "192.0.2.1"}
    cloud.run("zone", **zone)
    cloud.run("physical_network", name="all", zone="ranges")
    cloud.run("traffic_type", traffic_type="Storage", physical_network="all", zone="ranges")
    cloud.run("pod", name="p", zone="ranges", gateway="10.50.0.1", **MASK, start_ip="10.50.0.10", end_ip="10.50.0.20")
    wish = {"start_ip": "10.60.0.10", "zone": "ranges", "pod": "p", "gateway": "10.60.0.1", **MASK}
    cloud.run("storage_ip_range", **wish, end_ip="10.60.0.20")
    with pytest.raises(Drift, match="end_ip"):
        cloud.run("storage_ip_range", **wish, end_ip="10.60.0.30")
    assert cloud.changes == 0


@pytest.mark.parametrize(("vlan", "stored"), [
    (["800", "805-807", "806-810"], "800-800,805-810"), ("801", "801-801"), (["801"], "801-801"),
])  # fmt: skip
def test_vlans_are_sent_as_ranges_and_compared_as_ranges(cloud, vlan, stored):
    cloud.run("zone", name="vlans", network_type="Advanced", dns1="192.0.2.1", internal_dns1="192.0.2.1")
    cloud.run("physical_network", name="n", zone="vlans", vlan=vlan)
    listed = [row for row in cloud.client.list("listPhysicalNetworks") if row["zonename"] == "vlans"]
    assert [row["vlan"] for row in listed] == [stored]
    again = cloud.run("physical_network", name="n", zone="vlans", vlan=vlan)
    assert (again["changed"], cloud.calls) == (False, 1)


def test_a_public_range_is_told_by_its_start_or_its_id(cloud):
    listed = cloud.client.list("listVlanIpRanges")[0]
    for state in ("present", "absent"):
        with pytest.raises(InvalidInput, match="first address"):
            cloud.run("vlan_ip_range", **ZONE, state=state)
        assert cloud.changes == 0
    extended = cloud.run("vlan_ip_range", id=listed["id"], end_ip="192.168.2.210")
    assert extended["resource"]["end_ip"] == "192.168.2.210"
    assert cloud.run("vlan_ip_range", **ZONE, start_ip=listed["startip"], end_ip="192.168.2.210")["changed"] is False


def test_no_range_takes_the_address_of_a_machine(cloud):
    """The server would give it to a system VM as well."""
    zone = cloud.client.list("listZones")[0]["id"]
    store = {"name": "nfs", "provider": "NFS", "zoneid": zone, "url": "nfs://172.16.15.215/secondary"}
    cloud.client.run("addImageStore", store)
    wish = {**POD, "gateway": "172.16.15.1", **MASK}
    for first, last, whose in (("1", "9", "its gateway"), ("210", "220", "image store nfs")):
        with pytest.raises(InvalidInput, match=whose):
            cloud.run("management_ip_range", start_ip=f"172.16.15.{first}", end_ip=f"172.16.15.{last}", **wish)
        with pytest.raises(InvalidInput, match=whose):
            cloud.run("pod", name="p2", start_ip=f"172.16.15.{first}", end_ip=f"172.16.15.{last}",
                      gateway="172.16.15.1", **MASK, **ZONE)  # fmt: skip
    assert cloud.changes == 0
    cloud.run("management_ip_range", start_ip="172.16.15.210", end_ip="172.16.15.214", **wish)
    with pytest.raises(InvalidInput, match="image store nfs"):
        cloud.run("management_ip_range", start_ip="172.16.15.210", end_ip="172.16.15.220", **wish)

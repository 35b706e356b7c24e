"""GPU devices of hosts, and IPv6 prefixes of zones."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def device(cloud: Any) -> dict[str, str]:
    """Parameters of a device that has been made, and its id."""
    op = cloud.op
    card = op.do("createGpuCard", name="A", deviceid="1eb8", devicename="T4", vendorid="10de", vendorname="N")[
        "gpucard"
    ]["id"]
    profile = op.only("listVgpuProfiles", gpucardid=card)["id"]
    given = {"hostid": cloud.hosts[0], "busaddress": "0000:01:00.0", "gpucardid": card, "vgpuprofileid": profile}
    made = op.do("createGpuDevice", **given)["gpudevice"]
    assert (made["state"], made["managedstate"], made["gpudevicetype"]) == ("Free", "Managed", "PCI")
    return {**given, "id": made["id"]}


def test_a_device_counts_for_its_host_while_it_is_managed(cloud: Any, device: dict[str, str]) -> None:
    op = cloud.op
    assert op.only("listHosts", id=cloud.hosts[0])["gputotal"] == 1
    op.do("unmanageGpuDevice", ids=device["id"])
    assert op.only("listGpuDevices", id=device["id"])["managedstate"] == "Unmanaged"
    assert op.only("listHosts", id=cloud.hosts[0])["gputotal"] == 0
    op.do("manageGpuDevice", ids=device["id"])
    assert op.rows("discoverGpuDevices", id=cloud.hosts[0]) == op.rows("listGpuDevices", hostid=cloud.hosts[0])
    assert op.rows("listGpuDevices", hostid=cloud.hosts[1]) == []
    assert "in use by one or more GPU devices" in op.refused("deleteGpuCard", id=device["gpucardid"])[1]
    assert "in use by one or more GPU devices" in op.refused("deleteVgpuProfile", id=device["vgpuprofileid"])[1]
    op.do("deleteGpuDevice", ids=device["id"])
    assert op.rows("listGpuDevices") == []
    op.do("deleteGpuCard", id=device["gpucardid"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({}, "GPU device with bus address 0000:01:00.0 already exists on host"),
        ({"busaddress": " "}, "Bus address cannot be empty"),
        ({"busaddress": "2", "type": "ISA"}, "No enum constant"),
    ],
)
def test_devices_that_are_refused(cloud: Any, device: dict[str, str], changed: dict[str, str], named: str) -> None:
    given = {key: value for key, value in device.items() if key != "id"}
    assert named in cloud.op.refused("createGpuDevice", **(given | changed))[1]


def test_a_device_is_no_parent_of_itself_nor_of_one_elsewhere(cloud: Any, device: dict[str, str]) -> None:
    op = cloud.op
    assert op.refused("updateGpuDevice", id=device["id"], parentgpudeviceid=device["id"]) == (
        431,
        "GPU device cannot be its own parent",
    )
    elsewhere = {k: v for k, v in device.items() if k != "id"} | {"hostid": cloud.hosts[1]}
    code, text = op.refused("createGpuDevice", **elsewhere, parentgpudeviceid=device["id"])
    assert (code, text) == (431, "Parent GPU device must be on the same host")
    assert op.do("updateGpuDevice", id=device["id"], numanode="1")["gpudevice"]["numanode"] == "1"


def test_prefixes_of_a_zone_do_not_overlap(bare: Any) -> None:
    op = bare.op
    made = op.do("createGuestNetworkIpv6Prefix", zoneid=bare.zone, prefix="2001:db8::/56")["guestnetworkipv6prefix"]
    assert (made["totalsubnets"], made["availablesubnets"], made["usedsubnets"]) == (256, 256, 0)
    for prefix, named in (
        ("2001:db8:0:1::/64", "overlaps with the existing IPv6 prefix 2001:db8::/56"),
        ("2001:db8:1::/80", "IPv6 prefix must be /64 or less"),
        ("nonsense", "can not parse"),
    ):
        assert named in op.refused("createGuestNetworkIpv6Prefix", zoneid=bare.zone, prefix=prefix)[1]
    assert op.rows("listGuestNetworkIpv6Prefixes", zoneid=bare.zone) == [made]
    op.do("deleteGuestNetworkIpv6Prefix", id=made["id"])
    assert op.rows("listGuestNetworkIpv6Prefixes") == []


def test_agents_of_test_hosts_report_their_cards_once(cloud: Any) -> None:
    op = cloud.op
    cloud.sim.db.hosts.find(cloud.hosts[0]).hypervisor = "Simulator"
    for _again in range(2):
        assert len(op.rows("discoverGpuDevices", id=cloud.hosts[0])) == 24
    assert [card["name"] for card in op.rows("listGpuCards")] == [
        "Simulator Graphics Card Basic", "Simulator Graphics Card Pro",
    ]  # fmt: skip
    shown = op.only("listHosts", id=cloud.hosts[0])
    kinds = {kind["vgputype"]: kind["maxcapacity"] for kind in shown["gpugroup"][1]["vgpu"]}
    assert (shown["gputotal"], shown["gpuused"]) == (20, 0)
    assert kinds == {"sim-2q": 8, "sim-4q": 4, "passthrough": 0, "sim-8q": 4}

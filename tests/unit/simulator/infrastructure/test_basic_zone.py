"""Basic zones: one guest network, a range of addresses per pod, security groups."""

from __future__ import annotations

from typing import Any

import pytest

SHARED = "DefaultSharedNetworkOfferingWithSGService"


@pytest.fixture
def basic(op: Any) -> dict[str, str]:
    """Ids by name of a Basic zone with one pod, not enabled."""
    found = {
        "zone": op.do("createZone", name="basic", networktype="Basic", dns1="192.0.2.53", internaldns1="10.0.0.53")[
            "zone"
        ]["id"],
    }
    network = op.do("createPhysicalNetwork", zoneid=found["zone"], name="flat")["physicalnetwork"]["id"]
    for traffic in ("Guest", "Management"):
        op.do("addTrafficType", physicalnetworkid=network, traffictype=traffic)
    op.do("updatePhysicalNetwork", id=network, state="Enabled")
    for provider in op.rows("listNetworkServiceProviders", physicalnetworkid=network):
        if provider["name"] == "VirtualRouter":
            element = op.only("listVirtualRouterElements", nspid=provider["id"])
            op.do("configureVirtualRouterElement", id=element["id"], enabled="true")
        if provider["name"] in ("VirtualRouter", "SecurityGroupProvider"):
            op.do("updateNetworkServiceProvider", id=provider["id"], state="Enabled")
    found["offering"] = op.only("listNetworkOfferings", name=SHARED)["id"]
    found["network"] = op.do(
        "createNetwork", zoneid=found["zone"], name="guests", displaytext="guests", networkofferingid=found["offering"]
    )["network"]["id"]
    add_pod(op, found, 0)
    op.do("addImageStore", zoneid=found["zone"], name="secondary", provider="NFS", url="nfs://10.0.0.5/secondary")
    return found


def add_pod(op: Any, basic: dict[str, str], number: int) -> str:
    """A pod with its own subnet, a range of guest addresses, a host and a pool."""
    subnet = {"gateway": f"10.0.{number}.1", "netmask": "255.255.255.0"}
    pod = op.do(
        "createPod", zoneid=basic["zone"], name=f"rack-{number}", **subnet, startip=f"10.0.{number}.50",
        endip=f"10.0.{number}.99",
    )["pod"]["id"]  # fmt: skip
    op.do(
        "createVlanIpRange", podid=pod, networkid=basic["network"], **subnet, startip=f"10.0.{number}.100",
        endip=f"10.0.{number}.150", forvirtualnetwork="false",
    )  # fmt: skip
    place = {"zoneid": basic["zone"], "podid": pod}
    place["clusterid"] = op.do(
        "addCluster", **place, clustername=f"c-{number}", hypervisor="KVM", clustertype="CloudManaged"
    )["cluster"][0]["id"]  # fmt: skip
    op.do("addHost", **place, hypervisor="KVM", url=f"http://10.0.{number}.10", username="root", password="of-the-host")
    op.do("createStoragePool", **place, name=f"pool-{number}", url=f"nfs://10.0.{number}.5/primary")
    return str(pod)


def test_a_basic_zone_has_security_groups_whatever_is_asked_for(op: Any) -> None:
    zone = {"networktype": "Basic", "dns1": "192.0.2.53", "internaldns1": "10.0.0.53"}
    assert op.do("createZone", **zone, name="unasked")["zone"]["securitygroupsenabled"] is True
    asked = op.do("createZone", **zone, name="refused", securitygroupenabled="false")["zone"]
    assert asked["securitygroupsenabled"] is True


def test_instances_get_addresses_of_their_pod_and_the_default_security_group(op: Any, basic: dict[str, str]) -> None:
    add_pod(op, basic, 1)
    op.do("updateZone", id=basic["zone"], allocationstate="Enabled")
    op.sim.advance(180)
    system_vms = op.rows("listSystemVms")
    assert {vm["state"] for vm in system_vms} == {"Running"}
    size = op.only("listServiceOfferings", name="Small Instance")["id"]
    (template,) = [t for t in op.rows("listTemplates", templatefilter="all") if t["templatetype"] == "BUILTIN"]
    deploy = {"zoneid": basic["zone"], "templateid": template["id"], "serviceofferingid": size}
    taken = [vm["publicip"] for vm in system_vms]
    for _number in range(6):
        vm = op.do("deployVirtualMachine", **deploy)["virtualmachine"]
        (nic,) = vm["nic"]
        host = op.only("listHosts", id=vm["hostid"])
        assert nic["ipaddress"].rpartition(".")[0] == nic["gateway"].rpartition(".")[0]
        assert nic["ipaddress"].split(".")[2] == host["podname"].removeprefix("rack-")
        assert [group["name"] for group in vm["securitygroup"]] == ["default"]
        taken.append(nic["ipaddress"])
    assert len(set(taken)) == len(taken)
    code, text = op.refused("deployVirtualMachine", **deploy, networkids=basic["network"])
    assert (code, "Basic zone" in text) == (431, True)
    the_nic = {"virtualmachineid": vm["id"], "nicid": nic["id"]}
    for command, expected in (("removeNicFromVirtualMachine", 431), ("updateDefaultNicForVirtualMachine", 530)):
        code, text = op.refused(command, **the_nic)
        assert (code, "has a NetworkType of Basic" in text) == (expected, True)


def test_a_basic_zone_has_one_guest_network(op: Any, basic: dict[str, str]) -> None:
    code, text = op.refused(
        "createNetwork", zoneid=basic["zone"], name="more", displaytext="more", networkofferingid=basic["offering"]
    )
    assert (code, "more than one Guest network" in text) == (431, True)


def test_a_basic_zone_has_no_guest_vlans_and_no_guest_cidr(op: Any, basic: dict[str, str]) -> None:
    network = op.only("listPhysicalNetworks", zoneid=basic["zone"])["id"]
    code, _text = op.refused("updatePhysicalNetwork", id=network, vlan="100-200")
    assert code == 431
    code, _text = op.refused(
        "createZone", name="b", networktype="Basic", dns1="192.0.2.53", internaldns1="10.0.0.53",
        guestcidraddress="10.1.1.0/24",
    )  # fmt: skip
    assert code == 431

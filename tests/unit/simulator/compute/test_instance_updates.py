"""updateVirtualMachine: details, sizes, what it hides, NICs and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest


def custom(place: Any) -> str:
    return str(
        place.op.do("createServiceOffering", name="free", displaytext="free", customized="true")["serviceoffering"][
            "id"
        ]
    )


SIZES = {"details[0].cpuNumber": "2", "details[0].cpuSpeed": "100", "details[0].memory": "128"}


def test_details_take_the_place_of_the_earlier_ones(place: Any) -> None:
    key = place.op.do("createSSHKeyPair", name="k")["keypair"]["name"]
    vm = place.deploy("web", keypair=key, keyboard="uk", startvm="false")
    place.op.do("updateVirtualMachine", id=vm["id"], **{"details[0].a": "1", "details[1].b": "2"})
    assert place.look(vm)["details"] == {"a": "1"}


def test_an_open_offering_wants_all_sizes_again(place: Any) -> None:
    order = place.order("web", serviceofferingid=custom(place), startvm="false")
    assert place.op.refused("deployVirtualMachine", **order, **{"details[0].foo": "x"})[1] == (
        "Invalid cpu cores value, specify a value between 1 and 2147483647"
    )
    vm = place.op.do("deployVirtualMachine", **order, **SIZES)["virtualmachine"]
    for given, word in (({"details[0].a": "1"}, "cpu cores"), ({**SIZES, "details[0].memory": "0"}, "memory")):
        code, text = place.op.refused("updateVirtualMachine", id=vm["id"], **given)
        assert (code, f"Failed to update VM, due to: Invalid {word} value" in text) == (530, True), text
    place.op.do("updateVirtualMachine", id=vm["id"], **SIZES | {"details[0].cpuNumber": "3"})
    assert (place.look(vm)["cpunumber"], place.count("cpu")) == (3, 3)


def test_a_destroyed_instance_is_still_renamed(place: Any) -> None:
    vm = place.deploy("web")
    place.op.do("destroyVirtualMachine", id=vm["id"])
    assert place.op.do("updateVirtualMachine", id=vm["id"], displayname="old")["virtualmachine"]["displayname"] == "old"


def test_what_is_hidden_does_not_count(place: Any) -> None:
    vm = place.deploy("web", startvm="false")
    for shown, counted in (("false", 0), ("true", 1)):
        place.op.do("updateVirtualMachine", id=vm["id"], displayvm=shown)
        assert place.count("user_vm") == counted
        disk = place.cloud.sim.db.volumes.first(vm_id=place.cloud.sim.db.vms.find(vm["id"]).id)
        assert disk.display is (shown == "true")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"details[0].extraconfig": "a"}, "'extraconfig' should not be included in details as key"),
        ({"name": "other"}, "The vm with hostName other already exists in the network domain"),
        (
            {"dhcpoptionsnetworklist[0].networkid": "odd", "dhcpoptionsnetworklist[0].mtu": "9"},
            "VM does not has a nic in the Network (odd)",
        ),
    ],
)
def test_whatever_is_wrong_the_update_failed(place: Any, given: dict[str, str], text: str) -> None:
    vm = place.deploy("web", startvm="false")
    place.deploy("other", startvm="false")
    code, said = place.op.refused("updateVirtualMachine", id=vm["id"], **given)
    assert (code, said.startswith(f"Failed to update VM, due to: {text}")) == (530, True), said


def test_rules_follow_an_address(place: Any) -> None:
    op, vm = place.op, place.deploy("web")
    ip = op.do("associateIpAddress", networkid=place.network)["ipaddress"]["id"]
    op.do(
        "createPortForwardingRule", ipaddressid=ip, virtualmachineid=vm["id"], protocol="tcp", publicport=22,
        privateport=22,
    )  # fmt: skip
    nic = vm["nic"][0]["id"]
    op.do("stopVirtualMachine", id=vm["id"])
    assert op.refused("updateVmNicIp", nicid=nic, ipaddress="x") == (530, "Invalid ip address x")
    shown = op.do("updateVmNicIp", nicid=nic, ipaddress="10.1.1.200")["virtualmachine"]
    assert ("templateid" in shown, "hostid" in shown, shown["nic"][0]["ipaddress"]) == (False, False, "10.1.1.200")
    assert op.only("listPortForwardingRules", ipaddressid=ip)["vmguestip"] == "10.1.1.200"


def test_nics_come_with_options_and_standard_addresses(place: Any) -> None:
    op, vm = place.op, place.deploy("web", startvm="false")
    offering = op.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
    other = op.do("createNetwork", name="two", displaytext="two", zoneid=place.cloud.zone, networkofferingid=offering)[
        "network"
    ]["id"]
    order = {"virtualmachineid": vm["id"], "networkid": other}
    for mac in ("no", "01:00:00:00:00:01"):
        assert op.refused("addNicToVirtualMachine", **order, macaddress=mac)[1].startswith("Mac address is not ")
    op.do("addNicToVirtualMachine", **order, macaddress="2:0:0:0:AA:1", **{"dhcpoptions[0].dhcp:66": "t"})
    nic = op.only("listNics", virtualmachineid=vm["id"], networkid=other)
    assert (nic["macaddress"], nic["extradhcpoption"][0]["extradhcpoptionname"]) == ("02:00:00:00:aa:01", "tftp-server")
    text = op.rows("listEvents", type="NIC.CREATE")[0]["description"]
    assert text == f"Successfully completed Creating Nic. Vm Id: {vm['id']} Network Id: {other}"


def test_secondary_addresses_come_in_their_order_and_stay_while_used(place: Any) -> None:
    op, vm = place.op, place.deploy("web")
    nic = vm["nic"][0]["id"]
    made = [op.do("addIpToNic", nicid=nic, ipaddress=a)["nicsecondaryip"] for a in ("10.1.1.90", "10.1.1.80")]
    shown = op.only("listNics", virtualmachineid=vm["id"])["secondaryip"]
    assert [s["ipaddress"] for s in shown] == ["10.1.1.90", "10.1.1.80"]
    ip = op.do("associateIpAddress", networkid=place.network)["ipaddress"]["id"]
    op.do("enableStaticNat", ipaddressid=ip, virtualmachineid=vm["id"], vmguestip="10.1.1.90")
    assert op.refused("removeIpFromNic", id=made[0]["id"]) == (431, "Removing guest ip from nic failed")
    op.do("removeIpFromNic", id=made[1]["id"])
    assert len(place.look(vm)["nic"][0]["secondaryip"]) == 1

"""What belongs to instances: NICs, snapshots, keys, user data, groups, owners."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives import serialization

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def vm(place: Place) -> dict[str, Any]:
    return place.deploy("web")


def network(place: Place, name: str, gateway: str = "10.20.0.1", netmask: str = "255.255.255.0") -> str:
    offering = place.op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    made = place.op.do(
        "createNetwork", name=name, displaytext=name, zoneid=place.cloud.zone, networkofferingid=offering,
        gateway=gateway, netmask=netmask,
    )["network"]  # fmt: skip
    return str(made["id"])


def nics(place: Place, vm: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = place.look(vm)["nic"]
    return found


class TestNics:
    def test_a_second_nic_can_become_the_default_and_the_first_go(self, place: Place, vm: dict[str, Any]) -> None:
        other = network(place, "other")
        place.op.do("addNicToVirtualMachine", virtualmachineid=vm["id"], networkid=other)
        first, second = nics(place, vm)
        assert (first["isdefault"], second["networkid"], second["deviceid"]) == (True, other, "1")
        assert place.op.refused("removeNicFromVirtualMachine", virtualmachineid=vm["id"], nicid=first["id"])[0] == 431
        place.op.do("updateDefaultNicForVirtualMachine", virtualmachineid=vm["id"], nicid=second["id"])
        place.op.do("removeNicFromVirtualMachine", virtualmachineid=vm["id"], nicid=first["id"])
        (left,) = nics(place, vm)
        assert (left["id"], left["isdefault"]) == (second["id"], True)

    def test_of_a_destroyed_instance_none_comes_or_goes(self, place: Place, vm: dict[str, Any]) -> None:
        order = {"virtualmachineid": vm["id"], "networkid": network(place, "other")}
        place.op.do("addNicToVirtualMachine", **order)
        second = nics(place, vm)[1]["id"]
        place.op.do("destroyVirtualMachine", id=vm["id"])
        order["networkid"] = network(place, "third")
        for refused in (
            place.op.refused("addNicToVirtualMachine", **order),
            place.op.refused("removeNicFromVirtualMachine", virtualmachineid=vm["id"], nicid=second),
        ):
            assert (refused[0], "network, is not in the right state" in refused[1]) == (530, True)
        assert len(nics(place, vm)) == 2

    def test_a_new_address_in_a_shared_network_comes_with_gateway_and_netmask(self, place: Place) -> None:
        offering = place.op.only("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"]
        shared = place.op.do(
            "createNetwork", name="shared", zoneid=place.cloud.zone, networkofferingid=offering, vlan="800",
            gateway="172.31.0.1", netmask="255.255.255.0", startip="172.31.0.10", endip="172.31.0.20",
        )["network"]["id"]  # fmt: skip
        vm = place.deploy("late", startvm="false", networkids=shared)
        assert "gateway" not in nics(place, vm)[0], "it has no address before it starts"
        place.op.do("updateVmNicIp", nicid=nics(place, vm)[0]["id"], ipaddress="172.31.0.15")
        (nic,) = nics(place, vm)
        assert (nic["ipaddress"], nic["gateway"], nic["netmask"]) == ("172.31.0.15", "172.31.0.1", "255.255.255.0")

    def test_a_small_network_runs_out_of_addresses(self, place: Place) -> None:
        small = network(place, "small", netmask="255.255.255.248")
        for number in range(5):
            place.deploy(f"vm{number}", networkids=small)
        code, text = place.op.refused("deployVirtualMachine", **place.order("vm6", networkids=small))
        assert (code, "Unable to acquire Guest IP address" in text) == (530, True)

    def test_an_address_is_free_again_when_its_instance_is_gone(self, place: Place, vm: dict[str, Any]) -> None:
        address = vm["nic"][0]["ipaddress"]
        place.op.refused("deployVirtualMachine", **place.order("twin", ipaddress=address))
        place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
        assert place.deploy("heir", ipaddress=address)["nic"][0]["ipaddress"] == address

    @pytest.mark.parametrize(
        ("mac", "text"),
        [
            ("02:01", "is not valid"),
            ("zz:01:00:00:00:01", "is not valid"),
            ("01:00:5e:00:00:01", "not unicast"),
        ],
    )
    def test_a_mac_address_must_be_one_of_a_single_card(self, place: Place, mac: str, text: str) -> None:
        code, said = place.op.refused("deployVirtualMachine", **place.order("web", macaddress=mac))
        assert (code, text in said) == (431, True)

    def test_an_address_that_a_rule_leads_to_stays(self, place: Place, vm: dict[str, Any]) -> None:
        nic = nics(place, vm)[0]["id"]
        second = place.op.do("addIpToNic", nicid=nic)["nicsecondaryip"]
        ip = place.op.do("associateIpAddress", networkid=place.network)["ipaddress"]["id"]
        place.op.do(
            "createPortForwardingRule", ipaddressid=ip, protocol="tcp", publicport=80, privateport=80,
            virtualmachineid=vm["id"], vmguestip=second["ipaddress"],
        )  # fmt: skip
        assert place.op.refused("removeIpFromNic", id=second["id"])[0] == 431
        place.op.do("deletePortForwardingRule", id=place.op.only("listPortForwardingRules")["id"])
        place.op.do("removeIpFromNic", id=second["id"])
        assert "secondaryip" not in nics(place, vm)[0] or not nics(place, vm)[0]["secondaryip"]


class TestSnapshots:
    def take(self, place: Place, vm: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = place.op.do("createVMSnapshot", virtualmachineid=vm["id"], name=name, **more)[
            "vmsnapshot"
        ]
        return made

    def test_they_form_a_chain(self, place: Place, vm: dict[str, Any]) -> None:
        for name in ("one", "two", "three"):
            self.take(place, vm, name, snapshotmemory="true")
        rows = {row["displayname"]: row for row in place.op.rows("listVMSnapshot", virtualmachineid=vm["id"])}
        assert [rows[n].get("parentName") for n in ("one", "two", "three")] == [None, "one", "two"]
        place.op.do("deleteVMSnapshot", vmsnapshotid=rows["two"]["id"])
        place.op.do("revertToVMSnapshot", vmsnapshotid=rows["one"]["id"])
        rows = {row["displayname"]: row for row in place.op.rows("listVMSnapshot", virtualmachineid=vm["id"])}
        assert (rows["three"]["parentName"], rows["one"]["current"], rows["three"]["current"]) == ("one", True, False)

    def test_memory_and_state_must_agree_to_revert(self, place: Place, vm: dict[str, Any]) -> None:
        disk = self.take(place, vm, "disk")
        assert place.op.refused("revertToVMSnapshot", vmsnapshotid=disk["id"])[0] == 431
        place.op.do("stopVirtualMachine", id=vm["id"])
        place.op.do("revertToVMSnapshot", vmsnapshotid=disk["id"])
        assert place.op.refused("createVMSnapshot", virtualmachineid=vm["id"], snapshotmemory="true")[0] == 431

    def test_their_number_is_limited(self, place: Place, vm: dict[str, Any]) -> None:
        place.op.do("updateConfiguration", name="vmsnapshot.max", value="2")
        for name in ("one", "two"):
            self.take(place, vm, name)
        assert place.op.refused("createVMSnapshot", virtualmachineid=vm["id"], name="three")[0] == 530

    def test_they_go_with_their_instance_and_keep_its_nics(self, place: Place, vm: dict[str, Any]) -> None:
        self.take(place, vm, "one")
        other = network(place, "other")
        assert place.op.refused("addNicToVirtualMachine", virtualmachineid=vm["id"], networkid=other)[0] == 431
        place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
        assert place.op.rows("listVMSnapshot") == []


class TestKeys:
    def test_a_made_pair_fits_together(self, place: Place) -> None:
        made = place.op.do("createSSHKeyPair", name="mine")["keypair"]
        private = serialization.load_pem_private_key(made["privatekey"].encode(), None)
        public = private.public_key().public_bytes(
            serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
        ).decode()  # fmt: skip
        digest = hashlib.md5(base64.b64decode(public.split()[1]), usedforsecurity=False).hexdigest()
        assert made["fingerprint"].replace(":", "") == digest
        assert "privatekey" not in place.op.only("listSSHKeyPairs", name="mine")

    def test_an_instance_keeps_the_names_of_its_keys(self, place: Place) -> None:
        for name in ("one", "two"):
            place.op.do("createSSHKeyPair", name=name)
        vm = place.deploy("web", keypairs="one,two")
        assert place.look(vm)["keypairs"] == "one,two"
        assert place.op.refused("deployVirtualMachine", **place.order("web2", keypairs="one,three"))[0] == 431


class TestUserData:
    @pytest.mark.parametrize("text", ["not base64!", "====", "%zz"])
    def test_it_is_base64(self, place: Place, text: str) -> None:
        assert place.op.refused("deployVirtualMachine", **place.order("web", userdata=text))[0] == 431
        assert place.op.rows("listVirtualMachines") == []

    def test_a_registered_one_cannot_go_while_an_instance_uses_it(self, place: Place) -> None:
        text = base64.b64encode(b"#!/bin/sh").decode()
        known = place.op.do("registerUserData", name="boot", userdata=text)["userdata"]["id"]
        vm = place.deploy("web", userdataid=known)
        assert (
            place.op.do("getVirtualMachineUserData", virtualmachineid=vm["id"])["virtualmachineuserdata"]["userdata"]
            == text
        )
        assert place.op.refused("deleteUserData", id=known)[0] in (431, 530)
        place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
        place.op.do("deleteUserData", id=known)


def test_an_empty_group_is_left_when_its_instance_goes(place: Place) -> None:
    vm = place.deploy("web", group="front")
    assert place.look(vm)["group"] == "front"
    place.op.do("updateVirtualMachine", id=vm["id"], group="")
    assert "group" not in place.look(vm)
    assert [row["name"] for row in place.op.rows("listInstanceGroups")] == ["front"]

"""Parameters of a deployment that end up in details, NICs and disks of the instance."""

from __future__ import annotations

from typing import Any

import pytest

GIB = 1 << 30


@pytest.fixture
def templates_size(place: Any) -> int:
    """GB of the template's disk."""
    place.cloud.sim.db.templates.find(place.template).size = 2 * GIB
    return 2


def root(place: Any, vm: dict[str, Any]) -> int:
    return int(place.op.only("listVolumes", virtualmachineid=vm["id"], type="ROOT")["size"]) // GIB


def test_boot_and_nic_settings_are_kept_as_details(place: Any) -> None:
    place.cloud.sim.db.templates.find(place.template).hypervisor = "Simulator"
    vm = place.deploy(
        "web", boottype="uefi", bootmode="Secure", nicmultiqueuenumber="4", nicpackedvirtqueuesenabled="true",
        iodriverpolicy="native", iothreadsenabled="true", keyboard="uk", startvm="false",
    )  # fmt: skip
    assert place.look(vm)["details"] == {
        "UEFI": "SECURE", "nic.multiqueue.number": "4", "nic.packed.virtqueues.enabled": "true", "keyboard": "uk",
        "deployvm": "true",
    }  # fmt: skip


def test_a_template_gives_its_details(place: Any) -> None:
    template = place.cloud.sim.db.templates.find(place.template)
    template.details = {"UEFI": "LEGACY", "rootDiskController": "scsi"}
    vm = place.deploy("web", boottype="BIOS", bootmode="legacy", **{"details[0].rootDiskController": "ide"})
    shown = place.look(vm)["details"]
    assert ("UEFI" in shown, "BIOS" in shown, shown["rootDiskController"]) == (False, False, "ide")


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ({"boottype": "pxe"}, 431, "Invalid bootType pxeSpecified for vm bad Valid values are: [UEFI, BIOS]"),
        (
            {"boottype": "UEFI"},
            431,
            "bootmode must be specified for the VM with boot type: UEFI. Valid values are: [LEGACY, SECURE]",
        ),
        (
            {"boottype": "UEFI", "bootmode": "x"},
            431,
            "Invalid bootmode: x specified for VM: bad. Valid values are: [LEGACY, SECURE]",
        ),
        ({"details[0].minIops": "5"}, 431, "Either 'Min IOPS' and 'Max IOPS' must both be specified or neither be"),
        ({"details[0].extraconfig-1": "a"}, 431, "detail name should not start with extraconfig"),
        ({"details[0].rootdisksize": "x"}, 431, "Root disk size should be a positive number."),
        ({"rootdisksize": "1"}, 431, "Unsupported: rootdisksize override (1 GB) is smaller than template size"),
        ({"ipaddress": "10.1.1.400"}, 431, "Invalid specified IPv4 address 10.1.1.400"),
        ({"macaddress": "01:00:00:00:00:01"}, 431, "Mac address is not unicast: 01:00:00:00:00:01"),
        ({"dhcpoptionsnetworklist[0].dhcp:66": "t"}, 431, "No networkid specified when providing extra dhcp options."),
        (
            {"dhcpoptionsnetworklist[0].networkid": "@", "dhcpoptionsnetworklist[0].odd": "t"},
            431,
            "Dhcp option odd not supported.",
        ),
        (
            {"dhcpoptionsnetworklist[0].networkid": "other", "dhcpoptionsnetworklist[0].dhcp:66": "t"},
            431,
            "VM does not has a nic in the Network (other) that is specified in the extra dhcp options.",
        ),
        (
            {"datadiskofferinglist[0].datadisktemplateid": "odd"},
            431,
            "Unable to translate and find entity with datadisktemplateid odd",
        ),
        (
            {"nicnetworklist[0].nic": "101", "nicnetworklist[0].network": "@"},
            431,
            "nicnetworklist can't be specified along with networkids, ipaddress, iptonetworklist",
        ),
    ],
)  # fmt: skip
def test_a_parameter_is_refused(place: Any, templates_size: int, more: dict[str, str], code: int, text: str) -> None:
    given = {key: place.network if value == "@" else value for key, value in more.items()}
    found = place.op.refused("deployVirtualMachine", **place.order("bad", **given))
    assert (found[0], found[1][: len(text)]) == (code, text)


def test_the_size_of_the_root_disk(place: Any, templates_size: int) -> None:
    """The offering's size wins over the given one; details of the call over its parameter."""
    large = place.op.do(
        "createServiceOffering", name="l", displaytext="l", cpunumber=1, cpuspeed=100, memory=128, rootdisksize=7
    )["serviceoffering"]["id"]
    fixed = place.deploy("fixed", rootdisksize="9", serviceofferingid=large)
    assert (root(place, fixed), place.look(fixed)["details"]["rootdisksize"]) == (7, "7")
    both = place.deploy("both", **{"rootdisksize": "9", "details[0].rootdisksize": "8"})
    assert (root(place, both), place.look(both)["details"]["rootdisksize"]) == (8, "8")
    same = place.deploy("same", rootdisksize=str(templates_size))
    assert (root(place, same), "rootdisksize" in place.look(same)["details"]) == (2, False)


def test_dhcp_options_are_shown_with_the_nic(place: Any) -> None:
    vm = place.deploy(
        "web", **{
            "dhcpoptionsnetworklist[0].networkid": place.network, "dhcpoptionsnetworklist[0].dhcp:114": "u",
            "dhcpoptionsnetworklist[0].mtu": "9",
        }
    )  # fmt: skip
    shown = [{"extradhcpoptionname": n, "extradhcpoptioncode": c, "extradhcpvalue": v} for n, c, v in (
        ("url", 114, "u"), ("mtu", 26, "9"),
    )]  # fmt: skip
    assert vm["nic"][0]["extradhcpoption"] == shown
    place.op.do(
        "updateVirtualMachine", id=vm["id"], **{
            "dhcpoptionsnetworklist[0].networkid": place.network, "dhcpoptionsnetworklist[0].url": "v",
        }
    )  # fmt: skip
    nic = place.op.only("listNics", virtualmachineid=vm["id"])
    assert [o["extradhcpvalue"] for o in nic["extradhcpoption"]] == ["v", "9"]


def test_extra_configuration_needs_a_hypervisor_that_takes_it(place: Any) -> None:
    """The instance is there all the same."""
    op = place.op
    order = place.order("web", extraconfig="a%3Db")
    assert op.refused("deployVirtualMachine", **order)[0] == 431
    op.do("updateConfiguration", name="enable.additional.vm.configuration", value="true")
    place.cloud.sim.db.templates.find(place.template).hypervisor = "Simulator"
    text = "This hypervisor Simulator is not supported for use with this feature"
    assert op.refused("deployVirtualMachine", **order | {"name": "web2"}) == (530, text)
    assert [vm["state"] for vm in op.rows("listVirtualMachines", keyword="web")] == ["Stopped", "Stopped"]


def test_an_instance_of_another_account_is_its_first_users(place: Any) -> None:
    made = place.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )["account"]  # fmt: skip
    order = {k: v for k, v in place.order("hers").items() if k != "networkids"}
    order |= {"account": "ann", "domainid": made["domainid"]}
    code, text = place.op.refused("deployVirtualMachine", **order)
    assert (code, "does not have permission to launch instances from template" in text) == (531, True)
    place.op.do("updateTemplatePermissions", id=place.template, op="add", accounts="ann")
    vm = place.op.do("deployVirtualMachine", **order)["virtualmachine"]
    assert (vm["username"], vm["userid"]) == ("ann", made["user"][0]["id"])


def test_user_data_gets_its_padding(place: Any) -> None:
    op = place.op
    vm = place.deploy("web", userdata="I2Nsb3Vk LWNvbmZpZw", startvm="false")
    assert op.do("getVirtualMachineUserData", virtualmachineid=vm["id"])["virtualmachineuserdata"]["userdata"] == (
        "I2Nsb3VkLWNvbmZpZw=="
    )
    assert (
        op.refused("deployVirtualMachine", **place.order("bad", userdata="a,b"))[1] == "User data is not base64 encoded"
    )
    op.do("updateConfiguration", name="vm.userdata.max.length", value="8")
    text = "User data has exceeded configurable max length : 8"
    assert op.refused("deployVirtualMachine", **place.order("bad", userdata="I2Nsb3VkLWNv"))[1] == text


def test_user_data_in_an_address_is_shorter(place: Any) -> None:
    sim = place.cloud.sim
    order = {"command": "registerUserData", "name": "long", "userdata": "QUJD" * 1024}
    status, body = sim.handle_as(order, method="GET")
    assert (status, body["registeruserdataresponse"]["errortext"]) == (
        431, "User data is too long for an http GET request",
    )  # fmt: skip
    assert sim.handle_as(order, method="POST")[0] == 200


def test_private_templates_are_for_those_who_were_given_them(place: Any) -> None:
    op = place.op
    op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )  # fmt: skip
    ann = type(op)(op.sim, op.sim.auth.caller_of(op.sim.db.users.first(username="ann")))
    order = {k: v for k, v in place.order("hers").items() if k != "networkids"}
    assert ann.refused("deployVirtualMachine", **order)[0] == 531
    op.do("updateTemplatePermissions", id=place.template, ispublic="true")
    vm = ann.do("deployVirtualMachine", **order)["virtualmachine"]["id"]
    op.do("updateTemplatePermissions", id=place.template, ispublic="false")
    code, text = ann.refused("restoreVirtualMachine", virtualmachineid=vm, templateid=place.template)
    assert (code, "does not have permission to launch instances from template" in text) == (530, True)
    ann.do("restoreVirtualMachine", virtualmachineid=vm)

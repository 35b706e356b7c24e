"""What a deployment may ask for besides a size and a network, and what a restore makes of the root disk."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

GIB = 1 << 30


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def custom(place: Any) -> str:
    return str(place.op.only("listDiskOfferings", name="Custom")["id"])


def test_data_disks_come_with_their_sizes_and_devices(place: Any, custom: str) -> None:
    small = place.op.only("listDiskOfferings", name="Small")["id"]
    vm = place.deploy(
        "web", **{
            "datadisksdetails[0].diskofferingid": custom, "datadisksdetails[0].size": "7",
            "datadisksdetails[0].deviceid": "5", "datadisksdetails[1].diskofferingid": small,
            "datadisksdetails[1].deviceid": "1",
        }
    )  # fmt: skip
    disks = place.op.rows("listVolumes", virtualmachineid=vm["id"], type="DATADISK")
    assert {(d["deviceid"], d["size"] // GIB) for d in disks} == {(5, 7), (1, 5)}


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"datadisksdetails[0].diskofferingid": "odd"}, "Unable to find disk offering odd"),
        ({"datadisksdetails[0].size": "2"}, "diskofferingid parameter is required for datadiskdetails"),
        (
            {"datadisksdetails[0].diskofferingid": "@custom"},
            "deviceid parameter is required for datadiskdetails",
        ),
        (
            {"datadisksdetails[0].diskofferingid": "@custom", "datadisksdetails[0].deviceid": "2"},
            "Size is required for custom disk offering",
        ),
        (
            {
                "datadisksdetails[0].diskofferingid": "@custom",
                "datadisksdetails[0].deviceid": "2",
                "datadisksdetails[0].size": "2",
                "diskofferingid": "@custom",
            },
            "Cannot specify both disk offering id and data disk offering details",
        ),
        ({"deploymentplanner": "none"}, "Can't find a planner by name none"),
        ({"bootintosetup": "true"}, "bootintosetup makes no sense for KVM"),
    ],
)
def test_a_deployment_is_refused(place: Any, custom: str, more: dict[str, str], text: str) -> None:
    given = {key: custom if value == "@custom" else value for key, value in more.items()}
    assert place.op.refused("deployVirtualMachine", **place.order("web", **given)) == (431, text)


def test_the_first_start_tells_the_password(place: Any) -> None:
    place.op.do("updateTemplate", id=place.template, passwordenabled="true")
    assert place.deploy("given", password="secret9")["password"] == "secret9"
    later = place.deploy("later", startvm="false")
    assert "password" not in later
    assert len(place.op.do("startVirtualMachine", id=later["id"])["virtualmachine"]["password"]) >= 6
    place.op.do("stopVirtualMachine", id=later["id"])
    assert "password" not in place.op.do("startVirtualMachine", id=later["id"])["virtualmachine"]
    code, text = place.op.refused("deployVirtualMachine", **place.order("bad", password="with space"))
    assert (code, text) == (431, "A valid password for this virtual machine was not provided.")
    assert place.op.only("listVirtualMachines", name="bad")["state"] == "Error"


def test_tags_of_the_template_are_copied_when_asked_for(place: Any) -> None:
    tag = {"tags[0].key": "owner", "tags[0].value": "ops"}
    place.op.do("createTags", resourceids=place.template, resourcetype="Template", **tag)
    place.deploy("plain")
    place.deploy("tagged", copyimagetags="true")
    assert [vm["name"] for vm in place.op.rows("listVirtualMachines", **tag)] == ["tagged"]


@pytest.mark.parametrize(
    ("policy", "given", "found"),
    [
        ("ALLOWOVERRIDE", None, "own"),
        ("ALLOWOVERRIDE", "given", "given"),
        ("APPEND", "given", "owngiven"),
        ("DENYOVERRIDE", None, "own"),
        ("DENYOVERRIDE", "given", None),
    ],
)
def test_a_templates_user_data_goes_by_its_policy(
    place: Any, policy: str, given: str | None, found: str | None
) -> None:
    data = place.op.do("registerUserData", name="boot", userdata=encoded("own"))["userdata"]["id"]
    place.op.do("linkUserDataToTemplate", templateid=place.template, userdataid=data, userdatapolicy=policy)
    order = place.order("web", **({"userdata": encoded(given)} if given else {}))
    if found is None:
        code, text = place.op.refused("deployVirtualMachine", **order)
        assert code == 530
        assert text.startswith("UserData input is not allowed here since template golden is configured to deny")
        return
    vm = place.op.do("deployVirtualMachine", **order)["virtualmachine"]
    kept = place.op.do("getVirtualMachineUserData", virtualmachineid=vm["id"])["virtualmachineuserdata"]["userdata"]
    assert kept == encoded(found)


def test_a_restore_keeps_the_old_root_disk_for_a_while(place: Any) -> None:
    vm = place.deploy("web")
    place.op.do("restoreVirtualMachine", virtualmachineid=vm["id"], templateid=place.template, rootdisksize="9")
    roots = place.op.rows("listVolumes", type="ROOT")
    assert {(d["state"], d["size"] // GIB == 9, d.get("virtualmachineid")) for d in roots} == {
        ("Ready", True, vm["id"]),
        ("Destroy", False, None),
    }
    assert place.look(vm)["details"]["rootdisksize"] == "9"
    place.op.do("restoreVirtualMachine", virtualmachineid=vm["id"], expunge="true")
    assert [d["state"] for d in place.op.rows("listVolumes", type="ROOT")] == ["Destroy", "Ready"]


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"rootdisksize": "0"}, "Root disk size [0] is smaller than the template size ["),
        ({"diskofferingid": "@tiny"}, "Disk size for selected offering [1073741824] is less than the template's size"),
    ],
)
def test_a_restore_is_refused(place: Any, more: dict[str, str], text: str) -> None:
    vm = place.deploy("web", startvm="false")
    tiny = place.op.do("createDiskOffering", name="tiny", displaytext="t", disksize="1")["diskoffering"]["id"]
    place.cloud.sim.db.templates.find(place.template).size = 2 * GIB
    given = {key: tiny if value == "@tiny" else value for key, value in more.items()}
    code, found = place.op.refused(
        "restoreVirtualMachine", virtualmachineid=vm["id"], templateid=place.template, **given
    )
    assert code == 431
    assert found.startswith(text)


def test_a_password_is_kept_for_the_holder_of_the_key(place: Any) -> None:
    place.op.do("updateTemplate", id=place.template, passwordenabled="true")
    private = place.op.do("createSSHKeyPair", name="mine")["keypair"]["privatekey"]
    vm = place.deploy("web", keypair="mine")
    key = serialization.load_pem_private_key(private.encode(), None)

    def kept() -> str:
        text = place.op.do("getVMPassword", id=vm["id"])["password"]["encryptedpassword"]
        return key.decrypt(base64.b64decode(text), padding.PKCS1v15()).decode()

    assert kept() == vm["password"]
    place.op.do("stopVirtualMachine", id=vm["id"])
    place.op.do("resetPasswordForVirtualMachine", id=vm["id"], password="other7")
    assert kept() == "other7"
    place.op.do("resetSSHKeyForVirtualMachine", id=vm["id"], keypair="mine")
    assert place.op.refused("getVMPassword", id=vm["id"])[0] == 431


def test_internal_names_are_unique(place: Any) -> None:
    names = [place.look(place.deploy(name))["instancename"] for name in ("one", "two")]
    one = place.op.only("listVirtualMachines", name="one")["id"]
    found = place.op.refused("updateVirtualMachine", id=one, instancename=names[1])
    assert found == (530, f"Failed to update VM, due to: Instance name : {names[1]} is not unique")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"networkids": ""}, "No network with security enabled is found in zone id="),
        ({}, "Can specify only Shared or L2 Guest networks when deploy vm in Advance Security Group enabled zone"),
        ({"securitygroupnames": "own"}, "Network is not security group enabled or not L2 network: "),
    ],
)
def test_a_zone_with_security_groups_takes_shared_networks(place: Any, more: dict[str, str], text: str) -> None:
    place.op.do("createSecurityGroup", name="own")
    place.cloud.sim.db.zones.first().security_groups = True
    code, found = place.op.refused("deployVirtualMachine", **place.order("web", **more))
    assert code == 431
    assert found.startswith(text)

"""Instances and what is around them: networks, key pairs, affinity groups, snapshots."""

from __future__ import annotations

import base64
import stat
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError, InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import ZONE, StorageCloud
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault

MADE = {"zone": ZONE, "template": "golden", "compute_offering": "Small Instance", "networks": ["inside"]}
ISOLATED = "DefaultIsolatedNetworkOfferingWithSourceNatService"


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    return StorageCloud()


def twice(cloud: StorageCloud, module: str, **options: Any) -> dict[str, Any]:
    """Plans, does and repeats a task; the plan is what is done, and the second run sends nothing."""
    planned = cloud.run(module, check=True, **options)
    assert cloud.changes == 0
    done = cloud.run(module, **options)
    assert (done["changed"], done["plan"]) == (planned["changed"], planned["plan"])
    assert (cloud.run(module, **options)["changed"], cloud.changes) == (False, 0)
    return done


def test_an_instance_from_its_deployment_to_its_end(cloud):
    made = twice(cloud, "instance", name="life", display_name="Life", **MADE)
    assert (made["changed"], made["resource"]["state"]) == (True, "Running")
    assert twice(cloud, "instance", name="life", state="stopped")["resource"]["state"] == "Stopped"
    changed = twice(cloud, "instance", name="life", display_name="Still life", details={"note": "1"}, ha_enable=False)
    assert changed["resource"]["display_name"] == "Still life"
    assert twice(cloud, "instance", name="life", state="started")["resource"]["state"] == "Running"
    cloud.run("instance", name="life", state="restarted")
    assert cloud.changes == 1
    twice(cloud, "instance", name="life", state="absent")
    assert cloud.vm("life")["state"] == "Destroyed"
    back = twice(cloud, "instance", name="life", state="recovered")
    assert (back["resource"]["id"], back["resource"]["state"]) == (made["resource"]["id"], "Stopped")
    cloud.run("instance", name="life", state="absent")
    twice(cloud, "instance", name="life", state="absent", expunge=True, confirm="life")
    cloud.sim.advance(600)
    assert cloud.rows("listVirtualMachines", name="life", listall=True) == []


def test_a_new_instance_may_stay_stopped_and_be_where_it_was_told(cloud):
    host = cloud.rows("listHosts", type="Routing")[1]["name"]
    made = twice(cloud, "instance", name="placed", state="stopped", **MADE)
    assert made["resource"]["state"] == "Stopped"
    cloud.run("instance", name="placed", state="started", host=host)
    assert cloud.vm("placed")["hostname"] == host


@pytest.mark.parametrize("state", ["present", "started", "stopped", "restarted", "recovered"])
def test_a_mistyped_zone_is_told_and_not_what_a_new_instance_would_need(cloud, state):
    with pytest.raises(NotFound, match="zone 'nort' does not exist") as caught:
        cloud.run("instance", name="life", zone="nort", state=state)
    assert (caught.value.nearest, cloud.changes) == ([ZONE], 0)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("instance", name="life", zone="nort", state=state, check=True)
    assert any("zone 'nort' does not exist" in text for text in caught.value.warnings)
    gone = cloud.run("instance", name="life", zone="nort", state="absent")
    assert gone["warnings"] == [
        "instance life: zone 'nort' does not exist, so it is gone with it; did you mean 'north'?"
    ]


def test_what_somebody_else_began_is_waited_for(cloud):
    cloud.run("instance", name="busy", **MADE)
    cloud.client.call("stopVirtualMachine", {"id": cloud.vm("busy")["id"]})
    cloud.sim.advance(0.05)
    assert cloud.vm("busy")["state"] == "Stopping"
    assert cloud.run("instance", name="busy", state="started")["resource"]["state"] == "Running"
    cloud.client.call("stopVirtualMachine", {"id": cloud.vm("busy")["id"]})
    cloud.sim.advance(0.05)
    assert cloud.run("instance", name="busy", state="stopped")["resource"]["state"] == "Stopped"
    assert cloud.changes == 0


def test_a_lost_answer_makes_no_second_instance(cloud):
    cloud.run("instance", fault=Fault("lost", 0, is_changing), name="lost", **MADE)
    assert len(cloud.rows("listVirtualMachines", name="lost", listall=True)) == 1


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"name": "new", "zone": ZONE}, "compute_offering"),
        ({"name": "new", "state": "recovered"}, "state"),
        ({"name": "kept", "state": "absent", "expunge": True}, "confirm"),
        ({"name": "kept", "state": "absent", "volumes": ["data"], "confirm": "data"}, "confirm"),
        ({"name": "kept", "affinity_groups": ["apart"]}, "affinity_groups"),
        ({"name": "guarded", "state": "absent"}, "delete_protection"),
    ],
    ids=str,
)
def test_what_would_do_harm_is_refused_before_any_change(cloud, options, option):
    if not cloud.rows("listVirtualMachines", name="kept", listall=True):
        cloud.run("affinity_group", name="apart", type="host anti-affinity")
        cloud.run("instance", name="kept", **MADE)
        cloud.run("instance", name="guarded", state="stopped", delete_protection=True, **MADE)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("instance", **options)
    assert (caught.value.option, cloud.changes) == (option, 0)
    assert caught.value.remedy


def test_an_instance_that_cannot_be_deployed_says_why_and_how_to_go_on(cloud):
    cloud.fails("no-capacity", where="*", name="full")
    with pytest.raises(CloudStackError) as caught:
        cloud.run("instance", name="unlucky", **MADE)
    assert "state=absent" in caught.value.remedy
    cloud.sim.faults.remove(cloud.sim.faults.find("full"))
    for row in cloud.rows("listVirtualMachines", name="unlucky", listall=True):
        assert row["state"] == "Error"
        with pytest.raises(InvalidInput, match="was never deployed"):
            cloud.run("instance", name="unlucky", **MADE)
        cloud.run("instance", name="unlucky", state="absent", expunge=True, confirm="unlucky")
    assert cloud.run("instance", name="unlucky", **MADE)["resource"]["state"] == "Running"


def test_groups_and_keys_are_changed_on_a_stopped_instance(cloud, tmp_path):
    cloud.run("affinity_group", name="spread", type="host anti-affinity")
    cloud.run("ssh_key_pair", name="ops", private_key_file=str(tmp_path / "ops"))
    cloud.run("instance", name="bound", state="stopped", **MADE)
    twice(cloud, "instance", name="bound", affinity_groups=["spread"], ssh_key_pairs=["ops"])
    with pytest.raises(InvalidInput, match="binds 1 instances") as caught:
        cloud.run("affinity_group", name="spread", state="absent")
    assert (caught.value.option, cloud.changes) == ("force", 0)
    twice(cloud, "instance", name="bound", affinity_groups=[])
    twice(cloud, "affinity_group", name="spread", state="absent")


def test_a_private_key_is_made_here_and_its_public_half_sent(cloud, tmp_path):
    file = tmp_path / "id"
    planned = cloud.run("ssh_key_pair", check=True, name="made", private_key_file=str(file))
    assert (planned["changed"], file.exists()) == (True, False)
    made = cloud.run("ssh_key_pair", name="made", private_key_file=str(file))
    text = file.read_text()
    assert text.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert text.splitlines()[1] not in str(made)
    assert (cloud.run("ssh_key_pair", name="made", private_key_file=str(file))["changed"], cloud.changes) == (False, 0)
    file.unlink()
    with pytest.raises(InvalidInput, match="private key is not in") as caught:
        cloud.run("ssh_key_pair", name="made", private_key_file=str(file))
    assert (caught.value.option, cloud.changes) == ("private_key_file", 0)
    twice(cloud, "ssh_key_pair", name="made", state="absent")


def test_a_key_that_was_cut_off_before_its_registration_is_used_by_the_next_run(cloud, tmp_path):
    file = tmp_path / "id"
    with pytest.raises(CloudStackError):
        cloud.run("ssh_key_pair", fault=Fault("busy", 0, is_changing), name="cut", private_key_file=str(file))
    text = file.read_text()
    twice(cloud, "ssh_key_pair", name="cut", private_key_file=str(file))
    assert file.read_text() == text


def test_a_snapshot_of_an_instance_and_the_way_back(cloud):
    cloud.run("instance", name="snapped", **MADE)
    made = twice(cloud, "vm_snapshot", name="before", vm="snapped", memory=True, description="before the change")
    assert made["resource"]["state"] == "Ready"
    with pytest.raises(InvalidInput, match="loses everything written") as caught:
        cloud.run("vm_snapshot_revert", name="before", vm="snapped", confirm="before")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert cloud.run("vm_snapshot_revert", name="before", vm="snapped", confirm="snapped")["changed"] is True
    twice(cloud, "vm_snapshot", name="before", vm="snapped", state="absent")


def test_networks_of_admins_and_tenants(cloud):
    made = twice(cloud, "network", name="outside", zone=ZONE, network_offering=ISOLATED, network_domain="a.example.com")
    assert made["resource"]["state"] == "Allocated"
    twice(cloud, "network", name="outside", display_text="changed", network_domain="b.example.com")
    shared = {
        "name": "office", "zone": ZONE, "network_offering": "DefaultSharedNetworkOffering", "vlan": "77",
        "gateway": "10.77.0.1", "netmask": "255.255.255.0", "start_ip": "10.77.0.10", "end_ip": "10.77.0.99",
        "acl_type": "Domain",
    }  # fmt: skip
    assert twice(cloud, "network", **shared)["resource"]["vlan"] == "77"
    cloud.run("instance", name="in-office", **{**MADE, "networks": ["office"]})
    with pytest.raises(InvalidInput, match="in-office") as caught:
        cloud.run("network", name="office", state="absent")
    assert (caught.value.option, cloud.changes) == ("state", 0)
    cloud.run("instance", name="in-office", state="absent", expunge=True, confirm="in-office")
    cloud.sim.advance(600)
    twice(cloud, "network", name="office", state="absent")


def test_vlans_in_use_are_not_lost_by_leaving_them_out(cloud):
    cloud.run("instance", name="tagged", **MADE)  # a network has its VLAN while somebody is in it
    used = int(next(row for row in cloud.rows("listNetworks", listall=True) if row["name"] == "inside")["vlan"])
    others = [f"500-{used - 1}", f"{used + 1}-599"] if used > 500 else ["501-599"]
    with pytest.raises(InvalidInput, match=f"VLANs {used}, which inside use") as caught:
        cloud.run("physical_network", name="guest", zone=ZONE, vlan=others)
    assert (caught.value.option, cloud.changes) == ("vlan", 0)
    twice(cloud, "physical_network", name="guest", zone=ZONE, vlan=["500-599", "700-720"])
    told = cloud.run("physical_network", name="guest", zone=ZONE, vlan=["500-599"])
    assert "physical network guest loses the VLANs 700-720" in told["warnings"]
    kept = {"physical_network": "guest", "zone": ZONE, "vlan_range": "580-585", "account": "admin", "domain": "ROOT"}
    cloud.run("guest_vlan_range", **kept)
    with pytest.raises(InvalidInput, match="the dedicated range 580-585"):
        cloud.run("physical_network", name="guest", zone=ZONE, vlan=["500-582"])
    cloud.run("guest_vlan_range", **kept, state="absent")


def test_an_offering_that_is_unavailable_makes_no_new_network(cloud):
    """What it was made of before stays; only new networks are refused."""
    cloud.run("network_offering", name=ISOLATED, availability="Optional")
    cloud.run("network_offering", name=ISOLATED, state="disabled")
    with pytest.raises(CloudStackError, match=r"isn't|not.*(available|[Ee]nabled)"):
        cloud.run("network", name="refused", zone=ZONE, network_offering=ISOLATED)
    cloud.run("network_offering", name=ISOLATED, state="enabled")


def test_an_iso_is_attached_and_detached(cloud):
    cloud.run("iso", name="rescue", url="http://images.example.com/rescue.iso", os_type="CentOS 7", zones=[ZONE])
    cloud.run("instance", name="patient", **MADE)
    twice(cloud, "iso", name="rescue", vm="patient", state="attached")
    assert cloud.vm("patient")["isoname"] == "rescue"
    twice(cloud, "iso", name="rescue", vm="patient", state="detached")
    assert "isoname" not in cloud.vm("patient")


def test_a_volume_goes_back_to_a_snapshot_only_after_its_name_was_typed(cloud):
    cloud.run("instance", name="written", **MADE)
    cloud.do("stopVirtualMachine", id=cloud.vm("written")["id"])
    disk = cloud.disks(cloud.vm("written"))[0]
    cloud.run("snapshot", name="before", volume=disk["id"])
    with pytest.raises(InvalidInput, match="loses everything written") as caught:
        cloud.run("snapshot_revert", name="before", confirm="before")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    cloud.do("startVirtualMachine", id=cloud.vm("written")["id"])
    with pytest.raises(InvalidInput, match=r"instance written of volume .* is Running"):
        cloud.run("snapshot_revert", name="before", confirm=disk["name"])
    assert cloud.changes == 0
    cloud.do("stopVirtualMachine", id=cloud.vm("written")["id"])
    assert cloud.run("snapshot_revert", name="before", confirm=disk["name"])["changed"] is True


def test_user_data_reach_the_guest_and_are_told_to_nobody(cloud):
    made = cloud.run("instance", name="told", user_data="#cloud-config\nhostname: told\n", **MADE)
    assert "cloud-config" not in str(made)
    stored = cloud.client.call("getVirtualMachineUserData", {"virtualmachineid": made["resource"]["id"]})
    assert base64.b64decode(stored["virtualmachineuserdata"]["userdata"]) == b"#cloud-config\nhostname: told\n"
    assert (cloud.run("instance", name="told", user_data="#cloud-config\nhostname: told\n")["changed"]) is False


def test_a_volume_is_uploaded(cloud):
    brought = {"name": "brought", "zone": ZONE, "url": "http://images.example.com/data.qcow2", "format": "QCOW2"}
    made = twice(cloud, "volume", state="uploaded", **brought)
    assert made["resource"]["state"] == "Uploaded"


def test_a_zone_lets_instances_use_disks_of_hosts(cloud):
    twice(cloud, "zone", name=ZONE, local_storage_enabled=True)
    made = twice(cloud, "compute_offering", name="on the host", cpu_number=1, cpu_speed=500, memory=512,
                 storage_type="local")  # fmt: skip
    assert made["resource"]["storage_type"] == "local"

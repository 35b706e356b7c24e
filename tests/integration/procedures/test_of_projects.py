"""What projects own: lists leave it out unless asked, and procedures find it all the same."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud

DAILY = {"interval_type": "daily", "schedule": "30:02", "time_zone": "UTC", "max_snaps": 7}
V2 = {"url": "http://images.example.com/golden-v2.qcow2", "format": "QCOW2", "hypervisor": "KVM",
      "os_type": "Debian GNU/Linux 12 (64-bit)"}  # fmt: skip


@pytest.fixture
def cloud() -> StorageCloud:
    """The instance web of the project rocket."""
    found = StorageCloud()
    found.run("project", name="rocket", display_text="rocket")
    found.run("template", name="golden", is_public=True)
    kind = "DefaultIsolatedNetworkOfferingWithSourceNatService"
    found.run("network", name="pad", project="rocket", network_offering=kind, **PLACE)
    found.run("instance", name="web", project="rocket", template="golden", compute_offering="Small Instance",
              networks=["pad"], state="started", **PLACE)  # fmt: skip
    return found


def rows(cloud, command, **params):
    return cloud.rows(command, listall=True, projectid="-1", **params)


def test_an_instance_is_restored_after_one_snapshot_of_its_disk(cloud):
    cloud.run("template", name="golden-v2", zones=["north"], is_public=True, **V2)
    done = cloud.run("instance_restore", names=["web"], template="golden-v2", confirm="web")
    assert done["counts"] == {"done": 1}
    assert [row["state"] for row in rows(cloud, "listSnapshots")] == ["BackedUp"]


def test_an_instance_is_restored_from_a_template_of_its_project(cloud):
    cloud.run("template", name="fuel", zones=["north"], project="rocket", **V2)
    options = {"names": ["web"], "template": "fuel", "project": "rocket", "confirm": "web", "snapshot": False}
    assert cloud.run("instance_restore", **options)["counts"] == {"done": 1}
    assert rows(cloud, "listVirtualMachines")[0]["templatename"] == "fuel"


@pytest.mark.parametrize(
    ("module", "options"),
    [
        ("instance_restore", {"template": "golden", "force": True, "confirm": "web"}),
        ("volume_offering_change", {"instances": ["web"], "size": 100, "partial": True}),
    ],
)
def test_snapshots_of_the_instance_are_seen(cloud, module, options):
    cloud.run("vm_snapshot", name="kept", vm="web", project="rocket")
    told = cloud.run(module, **{"names": ["web"]} if module == "instance_restore" else PLACE, **options)
    assert (told["counts"], cloud.changes) == ({"skipped": 1}, 0)


def test_a_snapshot_of_the_instance_is_found_to_go_back_to(cloud):
    cloud.run("vm_snapshot", name="kept", vm="web", project="rocket")
    with pytest.raises(InvalidInput, match="loses everything written by the instance web"):
        cloud.run("vm_snapshot_revert", name="kept", vm="web", project="rocket", confirm="kept")


def test_volumes_get_their_policies_once(cloud):
    asked = {"project": "rocket", "policies": [DAILY], **PLACE}
    assert cloud.run("snapshot_schedule", **asked)["counts"] == {"done": 1}
    assert (cloud.run("snapshot_schedule", **asked)["changed"], cloud.changes) == (False, 0)
    disk = rows(cloud, "listVolumes")[0]["name"]
    same = {"volume": disk, "project": "rocket", **DAILY}
    assert (cloud.run("snapshot_policy", **same)["changed"], cloud.changes) == (False, 0)


def test_their_images_are_part_of_what_a_store_holds(cloud):
    cloud.run("template", name="fuel", zones=["north"], project="rocket", **V2)
    cloud.add_store("ss2")
    move = {"image_store": "ss1", **PLACE}
    cloud.run("secondary_storage_migration", check=True, **move)
    assert "fuel" in {held["name"] for held in cloud.run("secondary_storage_migration", **move)["objects"]}


def test_their_template_is_replaced_though_nobody_can_change_who_uses_it(cloud):
    cloud.run("template", name="fuel", zones=["north"], project="rocket", is_public=True, **V2)
    pair = {"name": "fuel", "replacement": "fuel-v2"}
    done = cloud.run("template_replacement", url=V2["url"], **pair)
    assert done["counts"] == {"done": 1}
    assert any("belongs to a project" in text for text in done["warnings"])
    (new,) = rows(cloud, "listTemplates", templatefilter="all", name="fuel-v2")
    assert (new["project"], new["ispublic"]) == ("rocket", True)
    assert (cloud.run("template_replacement", **pair)["changed"], cloud.changes) == (False, 0)
    assert cloud.run("template_replacement", remove=True, confirm="fuel", **pair)["counts"] == {"done": 1}
    assert not rows(cloud, "listTemplates", templatefilter="all", name="fuel")


def test_their_disks_are_found_by_their_instance(cloud):
    assert cloud.run("snapshot", name="s", vm="web", project="rocket")["changed"]
    cloud.run("instance", name="web", project="rocket", state="stopped", **PLACE)
    cloud.run("template", name="fuel", vm="web", project="rocket", os_type=V2["os_type"])
    assert rows(cloud, "listTemplates", templatefilter="all", name="fuel")[0]["project"] == "rocket"


def test_vlans_of_their_networks_are_not_taken_away(cloud):
    (network,) = rows(cloud, "listNetworks", name="pad")
    left = "500-540" if int(network["vlan"]) > 540 else "541-599"
    with pytest.raises(InvalidInput, match="which pad use"):
        cloud.run("physical_network", name="guest", vlan=[left], **PLACE)


def test_an_instance_on_two_pools_in_maintenance_waits_for_both(cloud):
    root = rows(cloud, "listVolumes")[0]["storage"]
    (other,) = {"ps1", "ps2"} - {root}
    cloud.do("updateStoragePool", id=cloud.pool(root)["id"], enabled=False)
    cloud.run("volume", name="data", disk_offering="Small", vm="web", project="rocket", state="attached", **PLACE)
    cloud.do("updateStoragePool", id=cloud.pool(root)["id"], enabled=True)
    cloud.run("storage_pool_maintenance", names=[root], confirm=root, force=True, **PLACE)
    cloud.run("storage_pool_maintenance", names=[other], force=True, **PLACE)
    cloud.run("storage_pool_maintenance", names=[root], state="up", **PLACE)
    assert rows(cloud, "listVirtualMachines")[0]["state"] == "Stopped"
    cloud.run("storage_pool_maintenance", names=[other], state="up", **PLACE)
    assert rows(cloud, "listVirtualMachines")[0]["state"] == "Running"

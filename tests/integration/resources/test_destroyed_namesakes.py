"""Destroyed things stay listed for a day: a name means the one that is alive, or that is about to be."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import ZONE, StorageCloud

MACHINE = {
    "name": "twin", "zone": ZONE, "compute_offering": "Small Instance", "template": "golden", "networks": ["later"]
}  # fmt: skip


@pytest.fixture
def cloud() -> StorageCloud:
    """A destroyed instance and a destroyed volume, and a network in which the name of the instance is free."""
    found = StorageCloud()
    found.deploy("twin")
    volume = found.run("volume", name="data", zone=ZONE, disk_offering="Small", vm="twin")["resource"]["id"]
    found.do("detachVolume", id=volume)
    found.do("destroyVolume", id=volume)
    found.run("instance", name="twin", zone=ZONE, state="absent")
    for command, state in (("listVirtualMachines", "Destroyed"), ("listVolumes", "Destroy")):
        assert state in {row["state"] for row in found.rows(command)}
    found.run(
        "network", name="later", zone=ZONE, network_domain="later.example.com",
        network_offering="DefaultIsolatedNetworkOfferingWithSourceNatService",
    )  # fmt: skip
    return found


def test_a_name_means_what_is_alive(cloud):
    alive = cloud.run("instance", **MACHINE)["resource"]["id"]
    cloud.run("vm_snapshot", name="before", vm="twin")
    assert [row["virtualmachineid"] for row in cloud.rows("listVMSnapshot")] == [alive]
    cloud.run("volume", name="data", zone=ZONE, disk_offering="Small")
    assert {row["state"] for row in cloud.rows("listVolumes", name="data")} == {"Allocated", "Destroy"}
    cloud.run("vm_snapshot", name="before", vm="twin", state="absent")
    cloud.run("volume", name="data", zone=ZONE, vm="twin")
    cloud.run("snapshot", name="of data", volume="data", zone=ZONE)
    assert [row["volumename"] for row in cloud.rows("listSnapshots")] == ["data"]


def test_a_document_means_what_it_makes(cloud):
    document = {"instances": [{**MACHINE, "vm_snapshots": [{"name": "nested"}]}]}
    planned = cloud.run("apply", check=True, cloud=document)
    done = cloud.run("apply", cloud=document)
    assert planned["plan"] == done["plan"]
    assert [step["action"] for step in done["plan"]] == ["create", "create"]
    assert cloud.run("apply", cloud=document)["changed"] is False


def test_what_is_destroyed_is_found_where_nothing_else_is(cloud):
    """And refused for what it is, not for a name that nobody has."""
    with pytest.raises(InvalidInput, match="is Destroyed"):
        cloud.run("instance_nic", vm="twin", network="later")
    assert cloud.changes == 0


def test_the_name_is_taken_in_the_networks_of_the_destroyed_one(cloud):
    wish = {**MACHINE, "networks": ["later", "inside"]}
    assert "keeps the name in the network inside" in cloud.run("instance", check=True, **wish)["warnings"][0]
    with pytest.raises(InvalidInput, match="keeps the name in the network inside") as caught:
        cloud.run("instance", **wish)
    assert (caught.value.option, cloud.changes) == ("name", 0)
    cloud.run("instance", name="twin", zone=ZONE, state="absent", expunge=True, confirm="twin")
    assert cloud.run("instance", **wish)["changed"]

"""The playbooks of storage, run as an operator runs them, one after the other on one cloud."""

from __future__ import annotations

import time

import pytest

from ansible_collections.cloudstack.ops.tests.support.playing import Played, play
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud
from cloudstack_simulator.clock import RunningClock
from cloudstack_simulator.running import RunningSimulator

RATE = 60.0
DAY = 86400
PLAYBOOKS = ("snapshot_schedules", "primary_storage_maintenance", "secondary_storage_relocation")
VARIABLES = {
    "snapshot_schedules": [
        {"tags": {"backup": "gold"}, "policies": [{"interval_type": "daily", "schedule": "30:02", "max_snaps": 7}]}
    ],
    "primary_storage_maintenance_zone": "north",
    "primary_storage_maintenance_pools": "ps1",
    "secondary_storage_relocation_zone": "north",
    "secondary_storage_relocation_from": "ss1",
    "secondary_storage_relocation_to": "ss2",
    "secondary_storage_relocation_url": "nfs://10.0.0.6/new",
    "secondary_storage_relocation_remove": "true",
    "secondary_storage_relocation_timeout": "7200",
    "secondary_storage_relocation_confirm": "ss1",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[StorageCloud, Played]:
    """The cloud after all playbooks, and what they told."""
    folder = tmp_path_factory.mktemp("storage")
    # At noon, far from the moment at which the policies take snapshots.
    cloud = StorageCloud(clock=RunningClock(RATE, start=(time.time() // DAY - 0.5) * DAY))
    machine = cloud.deploy_on("ps1", "web")
    cloud.snapshot(machine)
    tag = {"tags[0].key": "backup", "tags[0].value": "gold"}
    cloud.do("createTags", resourceids=cloud.disks(machine)[0]["id"], resourcetype="Volume", **tag)
    book = folder / "all.yml"
    book.write_text("".join(f"- ansible.builtin.import_playbook: cloudstack.ops.{name}\n" for name in PLAYBOOKS))
    with RunningSimulator(cloud.sim) as running:
        return cloud, play(running, folder, book, variables=VARIABLES).succeeded()


def counts(played: Played, module: str) -> dict[str, int]:
    (told,) = [task for task in played.ours if task.action == f"cloudstack.ops.{module}"]
    return told.result["counts"]


def test_secondary_storage_moves_to_another_server(played):
    cloud, told = played
    assert counts(told, "secondary_storage_migration") == {"done": 1}
    assert [row["name"] for row in cloud.rows("listImageStores")] == ["ss2"]


def test_primary_storage_is_emptied_for_its_maintenance_and_nothing_stops(played):
    cloud, told = played
    assert counts(told, "storage_pool_evacuation") == {"done": 1}
    assert (cloud.pool("ps1")["state"], cloud.vm("web")["state"]) == ("Maintenance", "Running")


def test_tagged_volumes_have_their_policies(played):
    cloud, _told = played
    (policy,) = cloud.rows("listSnapshotPolicies", listall=True)
    assert (policy["schedule"], policy["maxsnaps"]) == ("30:02", 7)

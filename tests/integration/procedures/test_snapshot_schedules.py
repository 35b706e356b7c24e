"""The same snapshot policies on many volumes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud, cuts
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed

DAILY = {"interval_type": "daily", "schedule": "30:02", "time_zone": "Europe/Berlin", "max_snaps": 7}
WEEKLY = {"interval_type": "weekly", "schedule": "30:03:1", "time_zone": "UTC", "max_snaps": 4}


@pytest.fixture
def cloud() -> StorageCloud:
    """Two instances whose root disks are tagged, one whose is not, and a tagged disk without storage."""
    found = StorageCloud()
    small = found.one("listDiskOfferings", name="Small")["id"]
    disks = [found.disks(found.deploy(name))[0]["id"] for name in ("a", "b", "c")]
    new = found.do("createVolume", name="new", zoneid=found.zone, diskofferingid=small)["volume"]["id"]
    tag = {"tags[0].key": "backup", "tags[0].value": "gold"}
    found.do("createTags", resourceids=[*disks[:2], new], resourcetype="Volume", **tag)
    return found


def schedule(cloud: StorageCloud, *policies: dict[str, Any], **options: Any) -> dict[str, Any]:
    where = {} if {"instances", "names"} & options.keys() else {"tags": {"backup": "gold"}}
    return cloud.run("snapshot_schedule", **{**PLACE, **where, "policies": list(policies), **options})


def policies(cloud: StorageCloud, vm: str) -> dict[int, tuple[str, str, int]]:
    rows = cloud.rows("listSnapshotPolicies", volumeid=cloud.disks(cloud.vm(vm))[0]["id"], listall=True)
    return {row["intervaltype"]: (row["schedule"], row["timezone"], row["maxsnaps"]) for row in rows}


BOTH = {1: ("30:02", "Europe/Berlin", 7), 2: ("30:03:1", "UTC", 4)}


def test_tagged_volumes_get_the_policies_once_and_others_none(cloud):
    planned = schedule(cloud, DAILY, WEEKLY, check=True)
    assert (planned["changed"], cloud.changes, len(planned["plan"])) == (True, 0, 2)
    assert "daily at 30:02 Europe/Berlin, 7 kept" in planned["plan"][0]["reason"]
    assert schedule(cloud, DAILY, WEEKLY)["counts"] == {"done": 2, "left": 1}
    assert (policies(cloud, "a"), policies(cloud, "b"), policies(cloud, "c")) == (BOTH, BOTH, {})
    assert (schedule(cloud, DAILY, WEEKLY)["changed"], cloud.changes) == (False, 0)
    assert cloud.calls < 10, "many volumes are compared from few lists"


def test_what_somebody_changed_is_put_right_and_what_goes_along_is_kept(cloud):
    schedule(cloud, DAILY)
    disk = cloud.disks(cloud.vm("a"))[0]["id"]
    tags = {"tags[0].key": "why", "tags[0].value": "audit"}
    cloud.do("createSnapshotPolicy", volumeid=disk, intervaltype="daily", schedule="0:12", timezone="UTC", maxsnaps=2,
             **tags)  # fmt: skip
    planned = schedule(cloud, DAILY, check=True)
    assert planned["plan"][0]["reason"] == ("daily at 0:12 -> 30:02; daily in UTC -> Europe/Berlin; daily keeps 2 -> 7")
    assert schedule(cloud, DAILY)["counts"] == {"already": 1, "done": 1, "left": 1}
    row = cloud.one("listSnapshotPolicies", volumeid=disk)
    assert (row["schedule"], [tag["key"] for tag in row["tags"]]) == ("30:02", ["why"])


def test_other_intervals_go_only_when_asked(cloud):
    schedule(cloud, DAILY, WEEKLY)
    assert schedule(cloud, DAILY)["changed"] is False
    assert "no weekly policy" in schedule(cloud, DAILY, exclusive=True, check=True)["plan"][0]["reason"]
    assert schedule(cloud, DAILY, exclusive=True)["counts"]["done"] == 2
    assert policies(cloud, "a") == {1: BOTH[1]}
    assert schedule(cloud, exclusive=True)["counts"]["done"] == 2
    assert policies(cloud, "a") == {}


def test_tenants_schedule_their_own_volumes(cloud):
    """They may not read settings; the server's refusal is what tells them of its limits."""
    domain = cloud.one("listDomains", name="ROOT")["id"]
    user = cloud.do("createAccount", username="ann", accounttype=0, domainid=domain, email="a@example.com",
                    firstname="A", lastname="N", password="of-ann-1")["account"]["user"][0]["id"]  # fmt: skip
    cloud.do("assignVirtualMachine", virtualmachineid=stopped(cloud, "c"), account="ann", domainid=domain)
    keys = cloud.do("registerUserKeys", id=user)["userkeys"]
    admin = cloud.client
    connection = Connection("http://cloud.invalid/client/api", key=keys["apikey"], secret=keys["secretkey"])
    cloud.client = Client(connection, admin.clock, cloud.transport)
    assert schedule(cloud, DAILY, instances=["c"])["counts"] == {"done": 1}
    told = schedule(cloud, {**DAILY, "max_snaps": 99}, instances=["c"], retries=0)
    assert told["failed"] and "exceeds limit" in told["msg"]
    cloud.client = admin
    assert policies(cloud, "c") == {1: BOTH[1]}


def stopped(cloud: StorageCloud, name: str) -> str:
    machine = cloud.vm(name)["id"]
    cloud.do("stopVirtualMachine", id=machine)
    return machine


def test_limits_of_the_server_are_known_before_anything_is_sent(cloud):
    cloud.do("updateConfiguration", name="snapshot.max.daily", value="5")
    with pytest.raises(InvalidInput, match="keeps 7 snapshots, and the server allows 5") as caught:
        schedule(cloud, DAILY)
    assert (caught.value.option, cloud.changes) == ("policies", 0)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"schedule": "30:24"}, "no daily schedule"),
        ({"time_zone": "Europe/Atlantis"}, "not known"),
        ({"max_snaps": 0}, "at least 1"),
    ],
)
def test_policies_that_the_server_would_misread_are_refused(cloud, wrong, text):
    with pytest.raises(InvalidInput, match=text):
        schedule(cloud, {**DAILY, **wrong})
    with pytest.raises(InvalidInput, match="two daily"):
        schedule(cloud, DAILY, DAILY)
    assert cloud.calls == 0


@pytest.mark.parametrize(("kind", "at"), cuts(4, "killed_before", "killed_after", "lost"))
def test_a_run_that_is_cut_off_is_finished(cloud, kind, at):
    fault = Fault(kind, at, is_changing)
    try:
        schedule(cloud, DAILY, WEEKLY, fault=fault)
    except Killed:
        assert kind != "lost"
    assert fault.hit
    assert not schedule(cloud, DAILY, WEEKLY).get("failed")
    assert (policies(cloud, "a"), policies(cloud, "b")) == (BOTH, BOTH)
    assert (schedule(cloud, DAILY, WEEKLY)["changed"], cloud.changes) == (False, 0)


def test_copies_in_other_zones_are_made_when_wanted_and_kept_when_not_named(cloud):
    cloud.do("createZone", name="south", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.1.0.53")
    assert schedule(cloud, {**DAILY, "zones": ["south"]})["counts"]["done"] == 2
    assert schedule(cloud, {**DAILY, "max_snaps": 3})["counts"]["done"] == 2
    row = cloud.one("listSnapshotPolicies", volumeid=cloud.disks(cloud.vm("a"))[0]["id"])
    assert ([zone["name"] for zone in row["zone"]], row["maxsnaps"]) == (["north", "south"], 3)
    assert schedule(cloud, {**DAILY, "max_snaps": 3, "zones": []})["counts"]["done"] == 2
    row = cloud.one("listSnapshotPolicies", volumeid=cloud.disks(cloud.vm("a"))[0]["id"])
    assert [zone["name"] for zone in row["zone"]] == ["north"]

"""Primary storage: maintenance is entered and left whole, whatever is cut off in between."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.plugins.module_utils.procedures import primary_storage, primary_storage_facts
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud, cuts
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed

MODULE = "storage_pool_maintenance"


@pytest.fixture
def cloud() -> StorageCloud:
    """Two running instances and a stopped one on ps1; system VMs on both pools."""
    found = StorageCloud()
    for name in ("one", "two", "off"):
        found.deploy_on("ps1", name)
    found.do("stopVirtualMachine", id=found.vm("off")["id"])
    return found


def enter(cloud: StorageCloud, *, confirm: str = "ps1", **options: Any) -> dict[str, Any]:
    return cloud.run(MODULE, **{**PLACE, "names": ["ps1"], "confirm": confirm, **options})


def leave(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    return cloud.run(MODULE, **{**PLACE, "names": ["ps1"], "state": "up", **options})


def states(cloud: StorageCloud) -> tuple[str, ...]:
    return tuple(cloud.vm(name)["state"] for name in ("one", "two", "off"))


RUNNING, STOPPED = ("Running", "Running", "Stopped"), ("Stopped", "Stopped", "Stopped")


@pytest.mark.parametrize("what", ["instance", "job"])
def test_what_came_since_the_plan_is_not_stopped_unasked(cloud, monkeypatch, what):
    """As after a window that was waited for: nobody has been told of the instance, nor of the job."""
    for name in ("one", "two"):
        cloud.do("stopVirtualMachine", id=cloud.vm(name)["id"])
    look = primary_storage.volumes_on
    seen = []

    def later(run, pool):
        if not seen and pool == cloud.pool("ps1")["id"]:
            seen.append(look(run, pool))
            if what == "instance":
                cloud.do("startVirtualMachine", id=cloud.vm("one")["id"])
            else:
                monkeypatch.setattr(primary_storage_facts, "jobs_on", lambda *_: ["CreateSnapshotCmd"])
            return seen[0]
        return look(run, pool)

    monkeypatch.setattr(primary_storage, "volumes_on", later)
    failed = enter(cloud, confirm="", retries=0)
    assert failed["failed"]
    assert ("one run from it since" if what == "instance" else "CreateSnapshotCmd use it now") in failed["msg"]
    assert cloud.pool("ps1")["state"] == "Up"


def test_maintenance_is_planned_confirmed_entered_and_left_and_what_ran_runs_again(cloud):
    planned = enter(cloud, check=True)
    assert (cloud.changes, planned["instances"]) == (0, ["one", "two"])
    assert planned["plan"][0]["interrupts"] == ["instance one", "instance two"]
    with pytest.raises(InvalidInput) as caught:
        enter(cloud, confirm="")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)

    done = enter(cloud)
    assert (done["counts"], done["plan"], cloud.pool("ps1")["state"]) == ({"done": 1}, planned["plan"], "Maintenance")
    assert states(cloud) == STOPPED
    assert (enter(cloud)["changed"], cloud.changes) == (False, 0)

    assert leave(cloud, check=True)["changed"] is True
    assert leave(cloud)["counts"] == {"done": 1}
    assert (cloud.pool("ps1")["state"], states(cloud)) == ("Up", RUNNING)
    assert cloud.rows("listAnnotations") == []
    assert (leave(cloud)["changed"], cloud.changes) == (False, 0)


def test_an_instance_that_does_not_stop_is_named(cloud):
    cloud.do("configureSimulator", zoneid=cloud.zone, name="StopCommand", value="result:fail")
    told = enter(cloud, retries=0)
    assert told["failed"] and "these still run: one, two" in told["msg"] and "Unable to stop" in told["msg"]
    assert cloud.pool("ps1")["state"] == "ErrorInMaintenance"
    assert leave(cloud)["counts"] == {"done": 1}
    assert (cloud.pool("ps1")["state"], states(cloud)) == ("Up", RUNNING)


def test_a_refused_maintenance_leaves_no_remark_at_what_runs_on(cloud):
    cloud.fails("fail-job", command="enableStorageMaintenance", text="not now")
    assert enter(cloud, retries=0)["failed"]
    assert (states(cloud), cloud.rows("listAnnotations", annotationfilter="all")) == (RUNNING, [])


def test_what_is_left_after_a_first_run_needs_no_other_confirmation(cloud):
    others = {"names": ["ps1", "ps2"], "confirm": "ps1, ps2", "force": True}
    cloud.do("updateStoragePool", id=cloud.pool("ps1")["id"], enabled=False)
    cloud.deploy("three")
    cloud.do("updateStoragePool", id=cloud.pool("ps1")["id"], enabled=True)
    cloud.fails("fail-job", command="enableStorageMaintenance", nth=2)
    assert enter(cloud, **others, retries=0)["counts"] == {"done": 1, "failed": 1}
    with pytest.raises(InvalidInput, match="wants to be confirmed"):
        enter(cloud, **{**others, "confirm": "ps3, ps4"})
    assert enter(cloud, **others)["counts"] == {"already": 1, "done": 1}


def test_an_error_that_passes_is_tried_again(cloud):
    cloud.do("configureSimulator", zoneid=cloud.zone, name="StopCommand", value="result:fail", count=1)
    assert enter(cloud)["counts"] == {"done": 1}
    assert states(cloud) == STOPPED


def test_what_the_server_does_not_start_again_is_started(cloud):
    enter(cloud)
    cloud.do("configureSimulator", zoneid=cloud.zone, name="StartCommand", value="result:fail", count=2)
    assert leave(cloud)["counts"] == {"done": 1}
    assert states(cloud) == RUNNING


def test_what_cannot_be_started_is_named_and_stays_known(cloud):
    enter(cloud)
    mock = cloud.do("configureSimulator", zoneid=cloud.zone, name="StartCommand", value="result:fail")["null"]["id"]
    told = leave(cloud, retries=0)
    assert told["failed"] and "2 instances that ran before do not run: one (" in told["msg"]
    cloud.do("cleanupSimulatorMock", id=mock)
    assert leave(cloud)["counts"] == {"done": 1}
    assert states(cloud) == RUNNING


def test_a_maintenance_that_only_claims_success_is_found_out(cloud):
    cloud.fails("claim-success", command="enableStorageMaintenance")
    assert enter(cloud, step_timeout=60, retries=0)["failed"]
    assert states(cloud) == RUNNING


def test_an_instance_on_two_pools_runs_when_both_serve_again(cloud):
    small = cloud.one("listDiskOfferings", name="Small")["id"]
    cloud.do("updateStoragePool", id=cloud.pool("ps1")["id"], enabled=False)
    disk = cloud.do("createVolume", name="data", zoneid=cloud.zone, diskofferingid=small)["volume"]["id"]
    cloud.do("attachVolume", id=disk, virtualmachineid=cloud.vm("one")["id"])
    cloud.do("updateStoragePool", id=cloud.pool("ps1")["id"], enabled=True)
    assert enter(cloud, confirm="ps1")["counts"] == {"done": 1}
    assert enter(cloud, confirm="", names=["ps2"], force=True)["counts"] == {"done": 1}
    assert {row["state"] for row in cloud.rows("listSystemVms")} == {"Stopped"}, "no pool is left for them"
    assert leave(cloud)["counts"] == {"done": 1}
    assert states(cloud) == ("Stopped", "Running", "Stopped")
    assert leave(cloud, names=["ps2"])["counts"] == {"done": 1}
    assert states(cloud) == RUNNING


def test_system_vms_without_another_pool_are_not_taken_down(cloud):
    cloud.do("updateStoragePool", id=cloud.pool("ps2")["id"], enabled=False)
    with pytest.raises(InvalidInput, match=r"no other pool .* would stay down") as caught:
        enter(cloud)
    assert (caught.value.option, cloud.changes) == ("force", 0)


def test_pools_of_a_cluster_go_one_after_the_other(cloud):
    cloud.sim.db.storage_pools.find(cloud.pool("ps2")["id"]).state = "PrepareForMaintenance"
    with pytest.raises(InvalidInput, match="ps2 is being prepared"):
        enter(cloud)
    assert cloud.changes == 0


def test_a_pool_that_is_neither_up_nor_in_maintenance_is_left_alone(cloud):
    cloud.sim.db.storage_pools.find(cloud.pool("ps1")["id"]).state = "Initialized"
    with pytest.raises(InvalidInput, match="storage pool ps1 is in state Initialized"):
        enter(cloud)
    assert cloud.changes == 0


def test_jobs_that_use_storage_are_waited_for_by_the_operator(cloud):
    cloud.client.start("createSnapshot", {"volumeid": cloud.disks(cloud.vm("one"))[0]["id"]})
    with pytest.raises(InvalidInput, match="CreateSnapshotCmd"):
        enter(cloud)
    planned = enter(cloud, check=True, names=["ps2"], force=True)
    assert planned["changed"], "what happens on another pool is none of its business"


def test_a_wish_for_a_state_alone_stops_nobody(cloud):
    for check in (True, False):
        with pytest.raises(InvalidInput, match=r"2 instances run from it \(one, two\).*storage_pool_maintenance"):
            cloud.run("storage_pool", **PLACE, name="ps1", allocation_state="maintenance", check=check)
        assert cloud.changes == 0
    enter(cloud)
    assert cloud.run("storage_pool", **PLACE, name="ps1", allocation_state="maintenance")["changed"] is False


def test_an_unknown_pool_is_named(cloud):
    with pytest.raises(InvalidInput, match="ps9"):
        enter(cloud, names=["ps1", "ps9"])


@pytest.mark.parametrize(("kind", "at"), cuts(6, "killed_before", "killed_after"))
def test_a_maintenance_that_is_cut_off_anywhere_loses_no_instance(cloud, kind, at):
    """Three changing calls to enter (two marks), three to leave."""
    entering = at < 3
    if not entering:
        enter(cloud)
    fault = Fault(kind, at if entering else at - 3, is_changing)
    with pytest.raises(Killed):
        enter(cloud, fault=fault) if entering else leave(cloud, fault=fault)
    assert fault.hit
    cloud.sim.settle()
    if entering:
        assert not enter(cloud).get("failed")
        assert (cloud.pool("ps1")["state"], states(cloud)) == ("Maintenance", STOPPED)
    assert not leave(cloud).get("failed")
    assert (cloud.pool("ps1")["state"], states(cloud)) == ("Up", RUNNING)
    assert cloud.rows("listAnnotations") == []


def test_a_tag_is_not_taken_away_without_a_word_while_offerings_live_on_it(cloud):
    cloud.do("createDiskOffering", name="gold disk", displaytext="g", disksize=5, tags="gold")
    cloud.do(
        "createServiceOffering", name="gold size", displaytext="g", cpunumber=1, cpuspeed=500, memory=512, tags="gold"
    )
    for name in ("ps1", "ps2"):
        cloud.do("updateStoragePool", id=cloud.pool(name)["id"], tags="gold,ssd")
    taken = {**PLACE, "name": "ps1", "storage_tags": ["ssd"]}
    assert cloud.run("storage_pool", **taken).get("warnings") is None, "the other pool still has it"
    told = cloud.run("storage_pool", **{**taken, "name": "ps2"}, check=True)["warnings"]
    assert [text for text in told if "disk offering gold disk, compute offering gold size" in text]

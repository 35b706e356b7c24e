"""Secondary storage: emptied in rounds, proved empty, removed only when nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import CloudStackError, InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud, cuts
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud
from cloudstack_simulator.populating.wanted import Wanted
from cloudstack_simulator.populating.whole import populate

MODULE = "secondary_storage_migration"
GB = 1 << 30


@pytest.fixture
def cloud() -> StorageCloud:
    """The store ss1 holds two templates and a snapshot; ss2 is new."""
    found = StorageCloud()
    found.snapshot(found.deploy_on("ps1", "web"))
    found.add_store("ss2")
    return found


def migrate(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    return cloud.run(MODULE, **{**PLACE, "image_store": "ss1", **options})


def stores_with(cloud: StorageCloud, name: str) -> list[str]:
    row = cloud.one("listTemplates", templatefilter="all", name=name)
    return [place["datastore"] for place in row["downloaddetails"] if place["datastoreRole"] == "Image"]


def snapshots_on(cloud: StorageCloud, store: str) -> int:
    return len(cloud.rows("listSnapshots", listall=True, imagestoreid=cloud.store(store)["id"]))


def test_a_store_is_emptied_proved_empty_and_then_left_in_peace(cloud):
    planned = migrate(cloud, check=True)
    assert (planned["changed"], cloud.changes, snapshots_on(cloud, "ss1")) == (True, 0, 1)
    assert [entry.get("step") for entry in planned["plan"]][:2] == [
        "make image store ss1 read-only",
        "move 1 snapshot, 1 template, 2.5 GB to ss2",
    ]
    done = migrate(cloud)
    assert (done["counts"], done["plan"]) == ({"done": 1}, planned["plan"])
    assert (stores_with(cloud, "golden"), snapshots_on(cloud, "ss1"), snapshots_on(cloud, "ss2")) == (["ss2"], 0, 1)
    assert cloud.store("ss1")["readonly"] is True
    assert (migrate(cloud)["changed"], cloud.changes) == (False, 0)


def test_an_empty_store_is_removed_by_its_typed_name(cloud):
    with pytest.raises(InvalidInput, match="wants to be confirmed") as caught:
        migrate(cloud, remove=True, confirm="ss2")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert migrate(cloud, remove=True, confirm="ss1")["counts"] == {"done": 1}
    assert [row["name"] for row in cloud.rows("listImageStores")] == ["ss2"]
    assert (migrate(cloud, remove=True, confirm="ss1")["changed"], cloud.changes) == (False, 0)


def test_a_job_that_ends_well_and_moves_nothing_is_a_failure_that_says_how_the_store_is_left(cloud):
    cloud.fails("image-store-full", where="ss2")
    told = migrate(cloud, remove=True, confirm="ss1", retries=0)
    assert told["failed"]
    assert "2 objects stay" in told["msg"] and "stays read-only" in told["msg"] and "the server says" in told["msg"]
    assert (cloud.store("ss1")["readonly"], snapshots_on(cloud, "ss1")) == (True, 1)


def test_a_migration_that_claims_success_never_leads_to_removal(cloud):
    cloud.fails("claim-success", command="migrate*SecondaryStorage*")
    told = migrate(cloud, remove=True, confirm="ss1", restore_writable=True)
    assert told["failed"] and "is writable again" in told["msg"]
    assert cloud.store("ss1")["readonly"] is False


def test_what_a_round_skips_is_moved_in_the_next(cloud):
    """A round that fails amid its work has moved a part; the next one goes on with the rest."""
    ended = []
    real = cloud.client.run

    def half(command: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
        if command != "migrateSecondaryStorageData" or ended:
            return real(command, params, **more)
        ended.append(command)
        golden = cloud.one("listTemplates", templatefilter="all", name="golden")["id"]
        part = {"srcpool": params["srcpool"], "destpool": params["destpools"][0], "templates": [golden]}
        real("migrateResourceToAnotherSecondaryStorage", part)
        return {"imagestore": {"success": False, "message": "Not all data objects were migrated"}}

    cloud.client.run = half
    assert migrate(cloud)["counts"] == {"done": 1}
    assert snapshots_on(cloud, "ss1") == 0


def test_an_object_that_fits_nowhere_is_named_before_anything_is_touched(cloud):
    cloud.do("updateImageStore", id=cloud.store("ss2")["id"], capacitybytes=GB)
    with pytest.raises(InvalidInput, match=r"snapshot .* does not fit") as caught:
        migrate(cloud)
    assert (caught.value.option, cloud.changes) == ("destinations", 0)


@pytest.mark.parametrize("why", ["the store itself", "read-only", "unknown"])
def test_a_destination_that_cannot_take_anything_is_refused(cloud, why):
    name = {"the store itself": "ss1", "read-only": "ss2", "unknown": "ss9"}[why]
    if why == "read-only":
        cloud.do("updateImageStore", id=cloud.store("ss2")["id"], readonly=True)
    with pytest.raises((InvalidInput, NotFound), match=name):
        migrate(cloud, destinations=[name])
    assert cloud.changes == 0


def test_a_store_that_an_earlier_task_is_about_to_add_is_part_of_the_plan(cloud):
    planned = migrate(cloud, destinations=["ss9"], check=True, planned={("image_store", "ss9")})
    assert planned["plan"][1]["step"].endswith("to ss9")
    assert any("has not been measured" in text for text in planned["warnings"])
    with pytest.raises(NotFound, match="Did you mean 'ss2'"):
        migrate(cloud, destinations=["ss9"], check=True)


def test_uploaded_volumes_move_too(cloud):
    cloud.do("updateImageStore", id=cloud.store("ss2")["id"], readonly=True)
    url = "http://images.example.com/disk.qcow2"
    cloud.do("uploadVolume", name="up", zoneid=cloud.zone, format="QCOW2", url=url)
    with pytest.raises(InvalidInput, match="volume up is UploadOp"):
        migrate(cloud, destinations=["ss9"], check=True, planned={("image_store", "ss9")})
    cloud.sim.advance(120)
    cloud.do("updateImageStore", id=cloud.store("ss2")["id"], readonly=False)
    assert "1 volume" in migrate(cloud, check=True)["plan"][1]["step"]
    assert migrate(cloud)["counts"] == {"done": 1}
    assert cloud.one("listVolumes", name="up", listall=True)["state"] == "Uploaded"


def test_instances_with_an_iso_in_their_drive_are_told_before_a_store_goes(cloud):
    system = cloud.rows("listOsTypes", keyword="Debian GNU/Linux 12")[0]["id"]
    iso = cloud.do("registerIso", name="tools", displaytext="t", zoneid=cloud.zone, ostypeid=system,
                   url="http://images.example.com/tools.iso")["iso"][0]["id"]  # fmt: skip
    cloud.sim.advance(60)
    cloud.do("attachIso", id=iso, virtualmachineid=cloud.vm("web")["id"])
    told = migrate(cloud, remove=True, check=True)["warnings"]
    assert any("ISOs are attached to web" in text for text in told)
    assert "warnings" not in migrate(cloud, check=True), "as long as the store stays they can be moved"


def test_without_another_store_there_is_nowhere_to_go(cloud):
    cloud.do("updateImageStore", id=cloud.store("ss2")["id"], readonly=True)
    with pytest.raises(InvalidInput, match="no other writable NFS store"):
        migrate(cloud)


def test_running_image_jobs_and_unfinished_objects_are_waited_for_by_the_operator(cloud):
    disk = cloud.disks(cloud.vm("web"))[0]["id"]
    job = cloud.client.start("createSnapshot", {"volumeid": disk})
    with pytest.raises(InvalidInput, match="CreateSnapshotCmd"):
        migrate(cloud)
    cloud.do("updateImageStore", id=cloud.store("ss1")["id"], readonly=True)
    assert migrate(cloud, check=True)["changed"], "new snapshots go to other stores now"
    cloud.client.wait(job)
    here = cloud.one("listSnapshots", listall=True, imagestoreid=cloud.store("ss1")["id"])
    cloud.sim.db.snapshots.find(here["id"]).state = "BackingUp"
    with pytest.raises(InvalidInput, match="is BackingUp"):
        migrate(cloud)
    assert cloud.changes == 0


def test_without_a_secondary_storage_vm_nobody_carries_the_data(cloud):
    worker = cloud.one("listSystemVms", systemvmtype="secondarystoragevm")
    cloud.do("stopSystemVm", id=worker["id"], forced=True)
    with pytest.raises(InvalidInput, match="no secondary storage VM"):
        migrate(cloud)


def system_copies(cloud: StorageCloud) -> dict[str, Any]:
    """The copies of the KVM system VM template by the name of their store."""
    row = cloud.one("listTemplates", templatefilter="all", templatetype="SYSTEM")
    copies = cloud.sim.db.template_copies.where(template_id=cloud.sim.db.templates.find(row["id"]).id)
    return {cloud.sim.db.image_stores[copy.store_id].name: copy for copy in copies}


def test_an_incomplete_copy_on_another_store_is_not_taken_for_a_good_one(cloud):
    """A store that ran full while it was added never got all of the system VM template."""
    cloud.fails("image-store-full", where="ss3")
    cloud.add_store("ss3")
    cloud.sim.faults.clear()
    with pytest.raises(InvalidInput, match=r"template .* has an incomplete copy on ss3"):
        migrate(cloud)
    assert cloud.changes == 0


def test_a_store_is_not_removed_while_no_other_has_a_system_vm_template(cloud):
    """The server would: it looks at what belongs to users only."""
    copies = system_copies(cloud)
    copies["ss2"].state = "DOWNLOAD_ERROR"
    cloud.sim.db.template_copies.delete(copies["ss1"])
    with pytest.raises(InvalidInput, match="no other store of zone north") as caught:
        migrate(cloud, remove=True, confirm="ss1")
    assert caught.value.option == "remove"
    assert cloud.store("ss1")["readonly"] is True
    cloud.do("deleteImageStore", id=cloud.store("ss1")["id"])


@pytest.mark.parametrize(("kind", "at"), cuts(3, "killed_before", "lost", "killed_after"))
def test_a_run_that_is_cut_off_is_finished_by_the_next(cloud, kind, at):
    fault = Fault(kind, at, is_changing)
    try:
        cut = cloud.run(MODULE, **PLACE, image_store="ss1", remove=True, confirm="ss1", retries=0, fault=fault)
        assert cut.get("failed") or kind == "lost"
    except Killed:
        assert kind.startswith("killed")
    except Exception:  # noqa: BLE001 - a lost answer to the last call
        assert kind == "lost"
    assert fault.hit
    result = migrate(cloud, remove=True, confirm="ss1")
    assert not result.get("failed"), result
    assert [row["name"] for row in cloud.rows("listImageStores")] == ["ss2"]
    assert (stores_with(cloud, "golden"), snapshots_on(cloud, "ss2")) == (["ss2"], 1)


def test_stores_are_levelled_by_a_balance(cloud):
    for name in ("ss1", "ss2"):
        cloud.do("updateImageStore", id=cloud.store(name)["id"], capacitybytes=6 * GB)
    cloud.sim.advance(300)
    assert migrate(cloud, migration_type="balance")["counts"] == {"done": 1}
    cloud.sim.advance(300)
    assert cloud.store("ss1")["readonly"] is False
    assert (migrate(cloud, migration_type="balance")["changed"], cloud.changes) == (False, 0)


def check_url(cloud: StorageCloud, url: str, **more: Any) -> dict[str, Any]:
    return cloud.run("image_store_url_check", **PLACE, image_store="ss1", url=url, **more)


def test_another_address_is_refused_where_the_data_can_move_by_the_api(cloud):
    told = check_url(cloud, "nfs://10.0.0.9/secondary")
    assert told["failed"] and cloud.changes == 0
    assert "ss2 can take over" in told["msg"] and "secondary_storage_migration" in told["msg"]
    assert "make it read-only first" in told["msg"]


def test_another_address_comes_with_its_steps_once_nothing_speaks_against_it(cloud):
    cloud.do("updateImageStore", id=cloud.store("ss1")["id"], readonly=True)
    told = check_url(cloud, "nfs://10.0.0.9/secondary", without_migration=True)
    assert (told.get("failed"), told["problems"]) == (None, [])
    (update,) = [step for step in told["steps"] if "UPDATE image_store" in step]
    assert all(part in update for part in ("nfs://10.0.0.9/secondary", "nfs://10.0.0.5/secondary", "exactly one row"))
    assert check_url(cloud, "nfs://10.0.0.5/secondary/")["steps"] == [], "that is its address already"
    taken = check_url(cloud, "nfs://10.0.0.6/ss2", without_migration=True)
    assert "ss2 has the new address already" in taken["msg"]


@pytest.mark.parametrize("url", ["10.0.0.9/x", "nfs://10.0.0.9", "https://10.0.0.9/x"])
def test_an_address_that_is_none_is_refused(cloud, url):
    with pytest.raises(InvalidInput, match="no NFS address"):
        check_url(cloud, url)


BIG = "hosts=60,vms=2000,routers=2000,zones=3,hypervisor=KVM"
RUNS = 3


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (1, 2))])
def test_the_stores_of_a_big_cloud_are_relocated_while_one_call_in_twenty_fails(seed):
    cloud = VirtualCloud(seed=1)
    populate(cloud.sim, Wanted.parse(BIG))
    ask = cloud.client.list
    disks = ask("listVolumes", {"listall": True, "type": "ROOT"})[::4]
    cloud.client.wait_all([cloud.client.start("createSnapshot", {"volumeid": row["id"]}) for row in disks])
    old = ask("listImageStores")
    for row in old:
        wanted = {"zoneid": row["zoneid"], "provider": "NFS", "url": f"nfs://10.9.9.9/{row['zonename']}"}
        cloud.client.run("addImageStore", {**wanted, "name": f"new-{row['zonename']}"})
    cloud.sim.advance(600)  # the new stores get the templates that are for others too
    cloud.sim.faults.use({"seed": seed, "rules": [
        {"do": "unavailable", "probability": 0.05},
        {"do": "lose-answer", "probability": 0.05},
        {"do": "fail-job", "command": "migrate*", "probability": 0.05},
        {"do": "claim-success", "command": "migrate*", "probability": 0.05},
    ]})  # fmt: skip
    for row in old:
        for _run in range(RUNS):
            try:
                told = cloud.run(MODULE, zone=row["zonename"], image_store=row["name"], remove=True,
                                 confirm=row["name"], retries=2)  # fmt: skip
            except CloudStackError:
                continue
            assert all(target["attempts"] <= 3 for target in told["report"]["targets"])
            if not told.get("failed"):
                break
    hits = sum(rule.fired for rule in cloud.sim.faults.rules)
    cloud.sim.faults.clear()
    assert hits > 5
    new = ask("listImageStores")
    assert sorted(row["name"] for row in new) == sorted(f"new-{row['zonename']}" for row in old)
    held = [len(ask("listSnapshots", {"listall": True, "imagestoreid": row["id"]})) for row in new]
    assert sum(held) == len(disks), "no snapshot is lost on the way"
    templates = ask("listTemplates", {"templatefilter": "all", "listall": True})
    assert {row["isready"] for row in templates} == {True}

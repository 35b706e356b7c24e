"""Volumes moved, resized and given other offerings: at rest, live, and when something goes wrong amid it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.client.commands import is_changing
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import PLACE, StorageCloud, cuts
from ansible_collections.cloudstack.ops.tests.support.virtual import Fault, Killed, VirtualCloud


@pytest.fixture
def cloud() -> StorageCloud:
    """A running instance with a data disk, a stopped one, and a free disk; all on ps1."""
    found = StorageCloud()
    found.do("updateStoragePool", id=found.pool("ps2")["id"], enabled=False)
    small = found.one("listDiskOfferings", name="Small")["id"]
    found.deploy("on", diskofferingid=small)
    found.deploy("off")
    free = found.do("createVolume", name="free", zoneid=found.zone, diskofferingid=small)["volume"]["id"]
    found.do("attachVolume", id=free, virtualmachineid=found.vm("off")["id"])
    found.do("detachVolume", id=free)
    found.do("stopVirtualMachine", id=found.vm("off")["id"])
    found.do("updateStoragePool", id=found.pool("ps2")["id"], enabled=True)
    return found


def migrate(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    return cloud.run("volume_migration", **{**PLACE, "storage_pool": "ps2", **options})


def evacuate(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    return cloud.run("storage_pool_evacuation", **{**PLACE, "names": ["ps1"], **options})


def places(cloud: StorageCloud, name: str) -> set[str]:
    """The pools that an instance's volumes are on, or the free volume's."""
    rows = cloud.rows("listVolumes", name="free", listall=True) if name == "free" else cloud.disks(cloud.vm(name))
    assert {row["state"] for row in rows} == {"Ready"}
    return {row["storage"] for row in rows}


def sent(cloud: StorageCloud) -> list[str]:
    return [command for command in cloud.transport.commands if is_changing(command)]


def test_volumes_at_rest_are_moved_once(cloud):
    planned = migrate(cloud, names=["free"], instances=["off"], check=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert sorted(entry["kind"] for entry in planned["plan"]) == ["instance", "volume"]
    assert all("to ps2" in entry["reason"] for entry in planned["plan"])
    done = migrate(cloud, names=["free"], instances=["off"])
    assert (done["counts"], sent(cloud)) == ({"done": 2}, ["migrateVolume", "migrateVolume"])
    assert (places(cloud, "free"), places(cloud, "off"), places(cloud, "on")) == ({"ps2"}, {"ps2"}, {"ps1"})
    assert (migrate(cloud, names=["free"], instances=["off"])["changed"], cloud.changes) == (False, 0)


def test_a_running_kvm_instance_moves_with_all_its_volumes_to_another_host(cloud):
    before = cloud.vm("on")["hostname"]
    assert migrate(cloud, instances=["on"])["counts"] == {"done": 1}
    assert sent(cloud) == ["migrateVirtualMachineWithVolume"]
    machine = cloud.vm("on")
    assert (machine["state"], machine["hostname"] != before, places(cloud, "on")) == ("Running", True, {"ps2"})


def test_other_hypervisors_move_volumes_in_place_while_the_instance_runs():
    cloud = VirtualCloud(zone="sandbox", seed=1)
    ask = cloud.client.list
    zone = ask("listZones")[0]["id"]
    template = next(r for r in ask("listTemplates", {"templatefilter": "all"}) if r["templatetype"] != "SYSTEM")
    offering = ask("listServiceOfferings")[0]["id"]
    wanted = {"name": "vm", "zoneid": zone, "templateid": template["id"], "serviceofferingid": offering}
    machine = cloud.client.run("deployVirtualMachine", wanted)["virtualmachine"]
    disk = ask("listVolumes", {"virtualmachineid": machine["id"]})[0]
    other = next(r for r in ask("findStoragePoolsForMigration", {"id": disk["id"]}) if r["suitableformigration"])
    done = cloud.run("volume_migration", instances=["vm"], storage_pool=other["name"])
    assert (done["counts"], sent(cloud)) == ({"done": 1}, ["migrateVolume"])
    now = ask("listVirtualMachines", {"id": machine["id"]})[0]
    assert (now["state"], now["hostname"]) == ("Running", machine["hostname"])
    assert ask("listVolumes", {"id": disk["id"]})[0]["storage"] == other["name"]


def test_a_running_instance_is_stopped_for_its_volumes_only_when_told_and_runs_again(cloud):
    assert migrate(cloud, instances=["on"], running="skip")["counts"] == {"left": 1}
    planned = migrate(cloud, instances=["on"], running="stop", check=True)["plan"][0]
    assert (planned["interrupts"], planned["host"]) == (["instance on"], cloud.vm("on")["hostname"])
    assert planned["expected_cut"] > 10
    assert migrate(cloud, instances=["on"], running="stop")["counts"] == {"done": 1}
    assert sent(cloud)[:2] == ["addAnnotation", "stopVirtualMachine"]
    assert (cloud.vm("on")["state"], places(cloud, "on")) == ("Running", {"ps2"})
    assert cloud.rows("listAnnotations") == []


def test_an_instance_that_was_stopped_for_nothing_runs_again(cloud):
    cloud.fails("fail-job", command="migrateVolume", nth=2)
    told = migrate(cloud, instances=["on"], running="stop", retries=0)
    assert told["failed"]
    assert (cloud.vm("on")["state"], cloud.rows("listAnnotations")) == ("Running", [])
    assert migrate(cloud, instances=["on"], running="stop")["counts"] == {"done": 1}
    assert (cloud.vm("on")["state"], places(cloud, "on")) == ("Running", {"ps2"})


def test_an_instance_that_does_not_stop_for_its_volumes_is_left_without_a_remark(cloud):
    cloud.fails("fail-job", command="stopVirtualMachine", text="no")
    assert migrate(cloud, instances=["on"], running="stop", retries=0)["failed"]
    assert (cloud.vm("on")["state"], cloud.rows("listAnnotations", annotationfilter="all")) == ("Running", [])


def test_an_instance_whose_volume_is_in_between_stays_down_and_is_remembered(cloud):
    cloud.fails("stall-job", command="migrateVolume", times=1)
    assert migrate(cloud, instances=["on"], running="stop", retries=0)["failed"]
    assert (cloud.vm("on")["state"], len(cloud.rows("listAnnotations"))) == ("Stopped", 1)


def test_without_another_host_nothing_is_touched(cloud):
    here = cloud.vm("on")["hostname"]
    for row in cloud.rows("listHosts", type="Routing"):
        if row["name"] != here:
            cloud.do("updateHost", id=row["id"], allocationstate="Disable")
    with pytest.raises(InvalidInput, match="no other host can take it"):
        migrate(cloud, instances=["on", "off"])
    assert cloud.changes == 0
    assert migrate(cloud, instances=["on", "off"], partial=True)["counts"] == {"done": 1, "skipped": 1}


def test_a_pool_whose_tags_do_not_fit_is_refused_unless_the_volume_gets_another_offering(cloud):
    offering = cloud.do("createDiskOffering", name="gold", displaytext="g", disksize=5, tags="gold")["diskoffering"]
    cloud.do("updateStoragePool", id=cloud.pool("ps1")["id"], tags="gold")
    disk = cloud.do("createVolume", name="d", zoneid=cloud.zone, diskofferingid=offering["id"])["volume"]["id"]
    cloud.do("attachVolume", id=disk, virtualmachineid=cloud.vm("off")["id"])
    with pytest.raises(InvalidInput, match="ps2 does not suit its offering") as caught:
        migrate(cloud, names=["d"])
    assert (caught.value.option, cloud.changes) == ("partial", 0)
    assert migrate(cloud, names=["d"], disk_offering="Small")["counts"] == {"done": 1}
    moved = cloud.one("listVolumes", id=disk)
    assert (moved["storage"], moved["diskofferingname"]) == ("ps2", "Small")
    with pytest.raises(InvalidInput, match="lies on ps2 already, with another offering"):
        migrate(cloud, names=["d"], disk_offering="Medium")


def test_all_volumes_together_must_fit(cloud):
    cloud.fails("storage-full", where="ps2")
    with pytest.raises(InvalidInput, match="finds no place"):
        migrate(cloud, names=["free"])
    assert cloud.changes == 0


def test_the_volumes_of_one_instance_must_fit_together(cloud):
    """Room for the data disk of 5 GB or the root disk of 2 GB, and not for both."""
    pool = cloud.pool("ps2")
    promised = 2 * 0.85
    room = int((pool["disksizeallocated"] + (6 << 30)) / promised)
    cloud.do("updateStoragePool", id=pool["id"], capacitybytes=room)
    with pytest.raises(InvalidInput, match=r"finds no place: ps2 has room for [14]\.0 GB"):
        migrate(cloud, instances=["on"])
    assert migrate(cloud, instances=["off"])["counts"] == {"done": 1}


def test_volumes_at_rest_are_not_copied_through_a_full_secondary_storage(cloud):
    cloud.do("updateImageStore", id=cloud.store("ss1")["id"], capacitybytes=2 << 30)
    with pytest.raises(InvalidInput, match=r"no secondary storage .* has room"):
        migrate(cloud, names=["free"])
    assert cloud.changes == 0
    assert migrate(cloud, instances=["on"])["counts"] == {"done": 1}, "live migration does not use it"


def test_a_volume_whose_snapshot_is_being_taken_is_left_in_peace(cloud):
    job = cloud.client.start("createSnapshot", {"volumeid": cloud.disks(cloud.vm("off"))[0]["id"]})
    with pytest.raises(InvalidInput, match=r"a snapshot of ROOT-.* is being taken \(.* is Allocated\)"):
        migrate(cloud, instances=["off"])
    cloud.client.wait(job)
    cloud.do("createVMSnapshot", virtualmachineid=cloud.vm("on")["id"])
    with pytest.raises(InvalidInput, match="VM snapshots"):
        migrate(cloud, instances=["on"])


def test_a_volume_left_migrating_is_reported_and_never_touched(cloud):
    cloud.fails("stall-job", command="migrateVolume", text="Migration timed out", times=1)
    told = migrate(cloud, names=["free"], step_timeout=120)
    assert told["failed"] and "unsafe" in told["msg"]
    assert cloud.one("listVolumes", name="free", listall=True)["state"] == "Migrating"
    with pytest.raises(InvalidInput, match="stays in state Migrating and no job is at it"):
        migrate(cloud, names=["free"])
    assert cloud.changes == 0


def test_a_copy_may_take_longer_than_jobs_are_waited_for_otherwise(cloud):
    cloud.fails("hang-job", command="migrateVolume", seconds=3 * 3600)
    assert migrate(cloud, names=["free"], retries=0)["counts"] == {"done": 1}


def test_a_job_that_only_claims_success_is_found_out(cloud):
    cloud.fails("claim-success", command="migrateVolume", times=1)
    assert migrate(cloud, names=["free"])["counts"] == {"done": 1}
    cloud.fails("claim-success", command="migrateV*")
    told = migrate(cloud, names=["free"], storage_pool="ps1", retries=0)
    assert told["failed"] and "the server says that it was moved, but free is on ps2" in told["msg"]


def test_a_move_that_runs_already_is_waited_for(cloud):
    free = cloud.one("listVolumes", name="free", listall=True)
    cloud.client.start("migrateVolume", {"volumeid": free["id"], "storageid": cloud.pool("ps2")["id"]})
    cloud.sim.advance(0.1)
    assert cloud.one("listVolumes", name="free", listall=True)["state"] == "Migrating"
    assert migrate(cloud, names=["free"])["counts"] == {"done": 1}
    assert cloud.changes == 0


@pytest.mark.parametrize(("options", "meant"), [({"names": ["fre"]}, "free"), ({"instances": ["of"]}, "off")])
def test_what_does_not_exist_is_named_with_what_may_be_meant(cloud, options, meant):
    with pytest.raises(InvalidInput, match="in the scope given") as caught:
        migrate(cloud, **options)
    assert f"did you mean {meant!r}" in str(caught.value).lower()


@pytest.mark.parametrize(("kind", "at"), cuts(6, "killed_before", "killed_after"))
def test_a_migration_that_stops_an_instance_and_is_cut_off_is_finished(cloud, kind, at):
    """Mark, stop, two volumes, start, unmark."""
    fault = Fault(kind, at, is_changing)
    with pytest.raises(Killed):
        migrate(cloud, instances=["on"], running="stop", fault=fault)
    assert fault.hit
    cloud.sim.settle()
    result = migrate(cloud, instances=["on"], running="stop")
    assert not result.get("failed"), result
    assert (cloud.vm("on")["state"], places(cloud, "on"), cloud.rows("listAnnotations")) == ("Running", {"ps2"}, [])
    assert (migrate(cloud, instances=["on"], running="stop")["changed"], cloud.changes) == (False, 0)


def test_a_pool_is_evacuated_and_takes_nothing_new(cloud):
    planned = evacuate(cloud, check=True)
    assert planned["plan"][0] == {"step": "disable storage pool ps1 for new volumes"}
    assert (cloud.changes, len(planned["plan"])) == (0, 4)
    assert evacuate(cloud)["counts"] == {"done": 3}
    assert [places(cloud, name) for name in ("on", "off", "free")] == [{"ps2"}] * 3
    assert (cloud.pool("ps1")["state"], cloud.vm("on")["state"]) == ("Disabled", "Running")
    assert (evacuate(cloud)["changed"], cloud.changes) == (False, 0)
    entered = cloud.run("storage_pool_maintenance", **PLACE, names=["ps1"])
    assert (entered["instances"], cloud.pool("ps1")["state"]) == ([], "Maintenance")


def test_an_evacuation_without_a_place_for_everything_begins_nothing(cloud):
    with pytest.raises(InvalidInput, match="is to be emptied and to take"):
        evacuate(cloud, destinations=["ps1"])
    cloud.do("updateStoragePool", id=cloud.pool("ps2")["id"], enabled=False)
    with pytest.raises(InvalidInput, match=r"3 targets cannot be worked on: .*there is no other pool"):
        evacuate(cloud)
    assert (cloud.changes, cloud.pool("ps1")["state"]) == (0, "Up")


@pytest.mark.parametrize(("kind", "at"), cuts(8, "killed_after"))
def test_an_evacuation_that_is_cut_off_is_finished(cloud, kind, at):
    """Disable; the stopped and the free one; mark, stop, two volumes, start, unmark in the order of names."""
    with pytest.raises(Killed):
        evacuate(cloud, running="stop", fault=Fault(kind, at, is_changing))
    cloud.sim.settle()
    assert not evacuate(cloud, running="stop").get("failed")
    assert [places(cloud, name) for name in ("on", "off", "free")] == [{"ps2"}] * 3
    assert (cloud.vm("on")["state"], cloud.rows("listAnnotations")) == ("Running", [])


def change(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    return cloud.run("volume_offering_change", **{**PLACE, **options})


def sizes(cloud: StorageCloud, vm: str) -> list[int]:
    return [row["size"] >> 30 for row in cloud.disks(cloud.vm(vm))]


def test_volumes_get_another_offering_and_grow_with_it(cloud):
    planned = change(
        cloud, names=["free"], instances=["on"], volume_type="DATADISK", disk_offering="Medium", check=True
    )
    assert (cloud.changes, len(planned["plan"])) == (0, 2)
    assert "offering Small -> Medium, 5 GB -> 20 GB" in planned["plan"][0]["reason"]
    done = change(cloud, names=["free"], instances=["on"], volume_type="DATADISK", disk_offering="Medium")
    assert (done["counts"], cloud.changes) == ({"done": 2}, 2)
    row = cloud.one("listVolumes", name="free", listall=True)
    assert (row["diskofferingname"], row["size"] >> 30) == ("Medium", 20)
    assert (change(cloud, names=["free"], disk_offering="Medium")["changed"], cloud.changes) == (False, 0)


def test_volumes_keep_their_size_where_the_offering_leaves_it_to_users(cloud):
    assert change(cloud, names=["free"], disk_offering="Custom")["counts"] == {"done": 1}
    assert cloud.one("listVolumes", name="free", listall=True)["size"] >> 30 == 5
    assert change(cloud, names=["free"], size=7)["counts"] == {"done": 1}
    assert cloud.one("listVolumes", name="free", listall=True)["size"] >> 30 == 7


def test_what_would_be_cut_off_is_asked_for_twice():
    """On the hypervisor of the recorded server, which does not refuse to try."""
    cloud = VirtualCloud(zone="sandbox", seed=1)
    zone = cloud.client.list("listZones")[0]["id"]
    custom = next(row["id"] for row in cloud.client.list("listDiskOfferings") if row["iscustomized"])
    wanted = {"name": "d", "zoneid": zone, "diskofferingid": custom, "size": 9}
    cloud.client.run("createVolume", wanted)
    options = {"names": ["d"], "size": 4}
    with pytest.raises(InvalidInput, match="4 GB would cut off its end: set shrink_ok"):
        cloud.run("volume_offering_change", **options)
    with pytest.raises(InvalidInput) as caught:
        cloud.run("volume_offering_change", **options, shrink_ok=True, confirm="d")
    assert (caught.value.option, cloud.changes) == ("confirm", 0)
    assert "4 GB" in str(caught.value)
    assert cloud.run("volume_offering_change", **options, shrink_ok=True, confirm="4 GB")["counts"] == {"done": 1}
    assert cloud.client.list("listVolumes", {"name": "d"})[0]["size"] >> 30 == 4


def test_a_file_that_kvm_cannot_shrink_is_refused_before_anything_is_sent(cloud):
    with pytest.raises(InvalidInput, match="cannot shrink a QCOW2 file"):
        cloud.run("volume_offering_change", names=["free"], size=1, shrink_ok=True, confirm="1 GB", **PLACE)
    assert cloud.changes == 0


def test_root_disks_follow_their_compute_offering(cloud):
    fixed = cloud.do("createServiceOffering", name="fixed", displaytext="f", cpunumber=1, cpuspeed=500, memory=512,
                     rootdisksize=4)["serviceoffering"]["id"]  # fmt: skip
    golden = cloud.one("listTemplates", templatefilter="all", name="golden")["id"]
    cloud.do("deployVirtualMachine", name="strict", zoneid=cloud.zone, templateid=golden, serviceofferingid=fixed,
             networkids=cloud.network)  # fmt: skip
    with pytest.raises(InvalidInput, match="compute offering fixed fixes the size of root disks"):
        change(cloud, instances=["strict"], size=8)
    assert cloud.changes == 0
    assert change(cloud, instances=["off"], size=8)["counts"] == {"done": 1}
    assert sizes(cloud, "off") == [8]


def test_a_root_disk_that_is_made_anew_at_each_reboot_is_warned_of(cloud):
    volatile = cloud.do("createServiceOffering", name="kiosk", displaytext="k", cpunumber=1, cpuspeed=500, memory=512,
                        isvolatile=True)["serviceoffering"]["id"]  # fmt: skip
    golden = cloud.one("listTemplates", templatefilter="all", name="golden")["id"]
    cloud.do("deployVirtualMachine", name="kiosk", zoneid=cloud.zone, templateid=golden, serviceofferingid=volatile,
             networkids=cloud.network)  # fmt: skip
    told = change(cloud, instances=["kiosk"], size=8, check=True)
    assert any("made anew at each reboot of kiosk" in text for text in told["warnings"])


def test_an_offering_that_the_pool_does_not_serve_moves_a_volume_only_when_allowed(cloud):
    cloud.do("createDiskOffering", name="gold", displaytext="g", disksize=9, tags="gold")
    cloud.do("updateStoragePool", id=cloud.pool("ps2")["id"], tags="gold")
    with pytest.raises(InvalidInput, match="its pool ps1 lacks gold: set auto_migrate"):
        change(cloud, names=["free"], disk_offering="gold")
    assert change(cloud, names=["free"], disk_offering="gold", auto_migrate=True)["counts"] == {"done": 1}
    assert places(cloud, "free") == {"ps2"}


def test_a_resize_that_only_claims_success_is_found_out(cloud):
    cloud.fails("claim-success", command="resizeVolume")
    told = change(cloud, instances=["off"], size=8, retries=0)
    assert told["failed"] and "the volume still differs" in told["msg"]


@pytest.mark.parametrize(
    ("options", "option"), [({"size": 0}, "size"), ({"size": 9, "disk_offering": "Small"}, "size")]
)
def test_sizes_that_cannot_be_are_refused(cloud, options, option):
    with pytest.raises(InvalidInput) as caught:
        change(cloud, names=["free"], **options)
    assert (caught.value.option, cloud.changes) == (option, 0)


@pytest.mark.parametrize("kind", ["killed_before", "killed_after", "lost"])
def test_a_change_that_is_cut_off_is_finished_and_not_done_twice(cloud, kind):
    fault = Fault(kind, 1, is_changing)
    wanted = {"names": ["free"], "instances": ["on"], "volume_type": "DATADISK", "disk_offering": "Medium"}
    try:
        change(cloud, **wanted, fault=fault, retries=0)
    except Killed:
        assert kind != "lost"
    assert fault.hit
    cloud.sim.settle()
    assert not change(cloud, **wanted).get("failed")
    assert cloud.changes == (1 if kind == "killed_before" else 0)
    assert {row["diskofferingname"] for row in cloud.rows("listVolumes", type="DATADISK", listall=True)} == {"Medium"}


def test_a_destroyed_volume_is_recovered_until_it_is_expunged(cloud):
    volume = {"name": "free", **PLACE}
    data = cloud.one("listVolumes", name="free", listall=True)["id"]
    assert cloud.run("volume", **volume, state="absent", expunge=False)["changed"] is True
    assert cloud.one("listVolumes", id=data, listall=True)["state"] == "Destroy"
    assert cloud.run("volume", **volume, state="absent", expunge=False)["changed"] is False
    assert cloud.run("volume", **volume, state="recovered", check=True)["changed"] is True
    assert (cloud.run("volume", **volume, state="recovered")["resource"]["state"], cloud.changes) == ("Ready", 1)
    assert cloud.one("listVolumes", name="free", listall=True)["id"] == data
    assert (cloud.run("volume", **volume, state="recovered")["changed"], cloud.changes) == (False, 0)
    cloud.run("volume", **volume, state="absent")
    with pytest.raises(InvalidInput, match="neither there nor destroyed"):
        cloud.run("volume", **volume, state="recovered")


def test_a_volume_without_data_cannot_be_destroyed_and_kept(cloud):
    cloud.run("volume", name="new", **PLACE, disk_offering="Small")
    with pytest.raises(InvalidInput, match="has no storage yet") as caught:
        cloud.run("volume", name="new", **PLACE, state="absent", expunge=False)
    assert (caught.value.option, cloud.changes) == ("expunge", 0)

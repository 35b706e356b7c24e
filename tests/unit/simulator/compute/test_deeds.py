"""Orders of checks and what stays as it is: affinity groups, migration, scaling, destroying, snapshots."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def vm(place: Any) -> dict[str, Any]:
    return place.deploy("web", startvm="false")  # type: ignore[no-any-return]


def test_groups_are_named_or_taken_away(place: Any, vm: dict[str, Any]) -> None:
    op = place.op
    group = op.do("createAffinityGroup", name="g", type="host anti-affinity")["affinitygroup"]["id"]
    for given, text in (
        ({}, "affinitygroupids parameter or affinitygroupnames parameter must be given"),
        ({"affinitygroupids": group, "affinitygroupnames": "g"}, "affinitygroupids parameter is mutually exclusive"),
        ({"affinitygroupnames": "no"}, "Unable to find group by name no for account 2"),
    ):
        code, said = op.refused("updateVMAffinityGroup", id=vm["id"], **given)
        assert (code, said.startswith(text)) == (431, True), said
    for given, found in (({"affinitygroupnames": "g"}, ["g"]), ({"affinitygroupids": ""}, [])):
        op.do("updateVMAffinityGroup", id=vm["id"], **given)
        assert [g["name"] for g in place.look(vm)["affinitygroup"]] == found
    assert op.refused("deleteAffinityGroup", name="no")[1] == "Unable to find affinity group no"


def test_a_failed_deployment_leaves_its_groups(place: Any) -> None:
    op = place.op
    group = op.do("createAffinityGroup", name="g", type="host anti-affinity")["affinitygroup"]["id"]
    for name in ("one", "two"):
        place.deploy(name, affinitygroupids=group)
    op.refused("deployVirtualMachine", **place.order("three", affinitygroupids=group))
    row = op.only("listVirtualMachines", name="three")
    assert (row["state"], row["affinitygroup"]) == ("Error", [])


def test_a_migration_names_a_host_that_takes_instances(place: Any) -> None:
    vm = place.deploy("run")
    order = {"virtualmachineid": vm["id"]}
    storage = place.op.rows("listHosts", type="SecondaryStorageVM")[0]
    assert place.op.refused("migrateVirtualMachine", **order, hostid=storage["id"]) == (
        431, f"The specified host({storage['name']}) is not suitable to migrate the VM, please specify another one"
    )  # fmt: skip
    assert place.op.refused("migrateVirtualMachine", **order, autoselect="false")[0] == 431


def test_sizes_that_nobody_says_stay(place: Any, vm: dict[str, Any]) -> None:
    op = place.op
    free = op.do("createServiceOffering", name="free", displaytext="free", customized="true")["serviceoffering"]["id"]
    before = place.look(vm)
    op.do("scaleVirtualMachine", id=vm["id"], serviceofferingid=free, **{"details[0].cpuNumber": "3"})
    after = place.look(vm)
    assert (after["cpunumber"], after["cpuspeed"], after["memory"]) == (3, before["cpuspeed"], before["memory"])
    op.do("destroyVirtualMachine", id=vm["id"])
    assert op.refused("scaleVirtualMachine", id=vm["id"], serviceofferingid=place.offering) == (
        530, "Failed to scale the VM"
    )  # fmt: skip


def test_what_is_destroyed_is_left_alone(place: Any, vm: dict[str, Any]) -> None:
    small = place.op.only("listDiskOfferings", name="Small")["id"]
    other = place.deploy("disk", diskofferingid=small)
    disk = place.op.only("listVolumes", virtualmachineid=other["id"], type="DATADISK")["id"]
    place.op.do("destroyVirtualMachine", id=other["id"])
    place.op.do("destroyVirtualMachine", id=other["id"], volumeids=disk)
    assert place.op.only("listVolumes", id=disk)["state"] == "Ready"


def test_one_snapshot_at_a_time(place: Any, vm: dict[str, Any]) -> None:
    op, db = place.op, place.cloud.sim.db
    made = op.do("createVMSnapshot", virtualmachineid=vm["id"], name="one")["vmsnapshot"]
    other = op.do("createVMSnapshot", virtualmachineid=vm["id"], name="two")["vmsnapshot"]
    db.vm_snapshots.find(other["id"]).state = "Creating"
    text = "There is other active vm snapshot tasks on the instance, please try again later"
    for command in ("deleteVMSnapshot", "revertToVMSnapshot"):
        assert op.refused(command, vmsnapshotid=made["id"]) == (431, text)
    assert op.refused("createVMSnapshot", virtualmachineid=vm["id"], name="three") == (530, text)

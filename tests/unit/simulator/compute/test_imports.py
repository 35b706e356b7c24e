"""Letting go of instances and volumes, and taking them in again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator import Simulator

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def vm(place: Place) -> dict[str, Any]:
    disk = place.op.only("listDiskOfferings", name="Small")["id"]
    return place.deploy("web", diskofferingid=disk)


def let_go(place: Place, vm: dict[str, Any]) -> dict[str, Any]:
    answer = place.op.do("unmanageVirtualMachine", id=vm["id"])
    told: dict[str, Any] = answer["unmanagevirtualmachineresponse"]
    return told


def order(place: Place, name: str, **more: Any) -> dict[str, Any]:
    disk = place.op.only("listDiskOfferings", name="Medium")["id"]
    return {
        "clusterid": place.cloud.cluster, "name": name, "displayname": "again", "serviceofferingid": place.offering,
        "templateid": place.template, "nicnetworklist[0].nic": "0", "nicnetworklist[0].network": place.network,
        "datadiskofferinglist[0].disk": "1", "datadiskofferinglist[0].diskOffering": disk, **more,
    }  # fmt: skip


def test_an_instance_leaves_and_comes_back_with_its_disks_and_address(place: Place, vm: dict[str, Any]) -> None:
    counts = {kind: place.count(kind) for kind in ("user_vm", "cpu", "volume", "primary_storage")}
    sizes = sorted(v["size"] for v in place.op.rows("listVolumes", virtualmachineid=vm["id"]))
    used = place.used_by_instances()
    assert let_go(place, vm)["success"] is True
    assert place.op.rows("listVirtualMachines", id=vm["id"]) == []
    assert (place.count("user_vm"), place.count("volume"), place.used_by_instances()) == (0, 0, 0)
    found = place.op.only("listUnmanagedInstances", clusterid=place.cloud.cluster)
    assert (found["name"], found["powerstate"], len(found["disk"])) == (vm["instancename"], "PowerOn", 2)
    again = place.op.do("importUnmanagedInstance", **order(place, found["name"]))["virtualmachine"]
    assert (again["state"], again["instancename"], again["nic"][0]["macaddress"]) == (
        "Running", vm["instancename"], vm["nic"][0]["macaddress"],
    )  # fmt: skip
    assert sorted(v["size"] for v in place.op.rows("listVolumes", virtualmachineid=again["id"])) == sizes
    assert {kind: place.count(kind) for kind in counts} == counts
    assert place.used_by_instances() == used
    assert place.op.rows("listUnmanagedInstances", clusterid=place.cloud.cluster) == []


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"name": "nobody"}, 530, "Failed to find unmanaged vm with name: nobody in cluster"),
        ({"displayname": "not a host"}, 431, "VM name contains unsupported characters"),
        ({"nicnetworklist[0].nic": "7"}, 431, "Suitable network for NIC(ID: 0) not found during VM import"),
        ({"datadiskofferinglist[1].disk": "2"}, 431, "2 disks for which 2 disk offering mappings provided"),
    ],
)
def test_what_cannot_be_taken_in(place: Place, vm: dict[str, Any], more: dict[str, Any], code: int, said: str) -> None:
    let_go(place, vm)
    refused, text = place.op.refused("importUnmanagedInstance", **{**order(place, vm["instancename"]), **more})
    assert (refused, said in text) == (code, True), text
    assert len(place.op.rows("listUnmanagedInstances", clusterid=place.cloud.cluster)) == 1


def test_an_instance_with_snapshots_stays(place: Place, vm: dict[str, Any]) -> None:
    root = place.op.only("listVolumes", virtualmachineid=vm["id"], type="ROOT")
    place.op.do("createSnapshot", volumeid=root["id"])
    told = let_go(place, vm)
    assert (told["success"], "Please remove snapshots before unmanaging." in told["details"]) == (False, True)
    assert place.look(vm)["state"] == "Running"


def test_a_volume_leaves_and_comes_back(place: Place, vm: dict[str, Any]) -> None:
    op = place.op
    disk = op.only("listVolumes", virtualmachineid=vm["id"], type="DATADISK")
    assert "is attached to VM" in op.refused("unmanageVolume", id=disk["id"])[1]
    op.do("detachVolume", id=disk["id"])
    before = place.count("primary_storage")
    op.do("unmanageVolume", id=disk["id"])
    assert place.count("primary_storage") == before - disk["size"]
    found = op.only("listVolumesForImport", storageid=disk["storageid"])
    assert (found["size"], found["storagetype"]) == (disk["size"], "NetworkFilesystem")
    wanted = {"storageid": disk["storageid"], "path": found["path"]}
    volume = op.do("importVolume", **wanted, name="mine")["volume"]
    assert (volume["name"], volume["state"], volume["path"]) == ("mine", "Ready", found["path"])
    assert place.count("primary_storage") == before
    assert op.refused("importVolume", **wanted)[1] == f"Volume is already managed by CloudStack: {found['path']}"
    assert "Cannot find volume on storage pool: x" in op.refused("importVolume", **{**wanted, "path": "x"})[1]


def test_the_test_hypervisor_takes_in_nothing() -> None:
    sim = Simulator(zone="sandbox", seed=1)
    cluster, pool = sim.db.clusters.first(name="C0"), sim.db.storage_pools.first(name="PS0")
    for command, params, code, said in (
        ("listUnmanagedInstances", {"clusterid": cluster.uuid}, 431, "not supported for hypervisor [Simulator]."),
        ("listVolumesForImport", {"storageid": pool.uuid}, 530, "not supported for hypervisor: Simulator"),
        ("listVmsForImport", {"zoneid": sim.db.zones[cluster.zone_id].uuid, "host": "h", "hypervisor": "Simulator"},
         431, "VM Import is currently not supported for hypervisor: Simulator"),
    ):  # fmt: skip
        status, body = sim.call(command, **params)
        assert (status, said in next(iter(body.values()))["errortext"]) == (code, True), body

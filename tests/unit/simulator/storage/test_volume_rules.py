"""Who may do what with volumes, and in which state: the refusals and what they leave as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud, Operator

GIB = 1 << 30
BACKED_UP = "backup.enable.attach.detach.of.volumes"


def offering(cloud: Cloud, name: str = "Small") -> str:
    return str(cloud.op.only("listDiskOfferings", name=name)["id"])


def create(cloud: Cloud, **more: Any) -> dict[str, Any]:
    params = {"name": "data", "zoneid": cloud.zone, "diskofferingid": offering(cloud)} | more
    volume: dict[str, Any] = cloud.op.do("createVolume", **params)["volume"]
    return volume


def counted(cloud: Cloud) -> int:
    return cloud.sim.limits.count(cloud.sim.admin.account, "volume")


def somebody(cloud: Cloud, kind: int) -> Operator:
    """A user of a new account of this type (0 user, 2 domain admin) in the root domain."""
    cloud.op.do(
        "createAccount", username="ann", accounttype=kind, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )  # fmt: skip
    sim = cloud.sim
    return type(cloud.op)(sim, sim.auth.caller_of(sim.db.users.first(username="ann")))


@pytest.mark.parametrize(("kind", "may"), [(0, False), (2, True)])
def test_admins_of_domains_expunge_as_root_does(running: Cloud, kind: int, may: bool) -> None:
    running.op.do("updateConfiguration", name="allow.user.expunge.recover.volume", value="false")
    ann, zone, small = somebody(running, kind), running.zone, offering(running)
    volume = ann.do("createVolume", name="hers", zoneid=zone, diskofferingid=small)["volume"]["id"]
    if may:
        ann.do("destroyVolume", id=volume, expunge="true")
    else:
        text = (
            "Expunging a volume can only be done by an Admin. Or when the allow.user.expunge.recover.volume key is set."
        )
        assert text in ann.refused("destroyVolume", id=volume, expunge="true")[1]
    assert bool(ann.rows("listVolumes", id=volume)) is not may


def test_what_is_hidden_does_not_count(running: Cloud) -> None:
    before = counted(running)
    volume = create(running, displayvolume="false")
    assert counted(running) == before
    running.op.do("updateVolume", id=volume["id"], displayvolume="true")
    assert counted(running) == before + 1
    running.op.do("updateVolume", id=volume["id"], displayvolume="false")
    running.op.do("deleteVolume", id=volume["id"])
    assert counted(running) == before


@pytest.mark.parametrize(
    ("params", "outcome"),
    [
        ({}, (0, 0)),
        ({"miniops": 5, "maxiops": 9}, (5, 9)),
        ({"maxiops": 9}, "The min IOPS must be greater than 0."),
        ({"miniops": 5}, "The min IOPS must be less than or equal to the max IOPS."),
    ],
)
def test_limits_of_operations_come_in_pairs(running: Cloud, params: dict[str, Any], outcome: Any) -> None:
    own = running.op.do("createDiskOffering", name="io", displaytext="io", disksize=2, customizediops="true")
    order = {"name": "x", "zoneid": running.zone, "diskofferingid": own["diskoffering"]["id"], **params}
    if isinstance(outcome, str):
        assert running.op.refused("createVolume", **order) == (431, outcome)
    else:
        volume = running.op.do("createVolume", **order)["volume"]
        assert (volume["miniops"], volume["maxiops"]) == outcome


def test_a_volume_that_waits_for_its_upload_stays(running: Cloud) -> None:
    volume = create(running)
    running.sim.db.volumes.find(volume["id"]).state = "NotUploaded"
    text = "The volume is either getting uploaded or it may be initiated shortly, please wait for it to be completed"
    assert running.op.refused("deleteVolume", id=volume["id"]) == (431, text)


def test_an_instance_with_a_backup_offering_keeps_its_disks(running: Cloud) -> None:
    op, sim = running.op, running.sim
    vm, ours, other = running.deploy("web"), create(running), create(running, name="other")
    op.do("attachVolume", id=ours["id"], virtualmachineid=vm["id"])
    sim.db.vms.find(vm["id"]).backup_offering_id = 1
    code, text = op.refused("detachVolume", id=ours["id"])
    assert (code, text.startswith("Unable to detach volume, cannot detach volume from a VM that has backups.")) == (
        431, True,
    )  # fmt: skip
    code, text = op.refused("attachVolume", id=other["id"], virtualmachineid=vm["id"])
    assert (code, "please specify a VM that does not have any backups" in text) == (431, True)
    op.do("updateConfiguration", name=BACKED_UP, value="true")
    op.do("detachVolume", id=ours["id"])


def test_a_root_disk_comes_to_an_instance_at_rest_only(running: Cloud) -> None:
    vm, volume = running.deploy("web"), create(running)
    order = {"id": volume["id"], "virtualmachineid": vm["id"], "deviceid": 0}
    text = "Root volume detach can happen only when vm is in states: Stopped or Destroyed"
    assert running.op.refused("attachVolume", **order) == (431, text)
    running.op.do("stopVirtualMachine", id=vm["id"])
    assert running.op.refused("attachVolume", **order) == (431, "Vm already has root volume attached to it")
    assert running.op.refused("detachVolume", **order)[1].startswith("Please provide either a volume id, or a tuple")


def test_only_custom_offerings_keep_to_the_custom_range(running: Cloud) -> None:
    fixed, free = create(running), create(running, diskofferingid=offering(running, "Custom"), size=2)
    assert "out of allowed range" in running.op.refused("resizeVolume", id=free["id"], size=1500)[1]
    grown = running.op.do("resizeVolume", id=fixed["id"], size=1500)["volume"]
    assert grown["size"] == 1500 * GIB
    medium = offering(running, "Medium")
    changed = running.op.do("changeOfferingForVolume", id=fixed["id"], diskofferingid=medium, size=7, shrinkok="true")[
        "volume"
    ]
    assert (changed["size"], changed["diskofferingname"]) == (20 * GIB, "Medium")


def test_an_instance_remembers_the_new_size_of_its_root_disk(running: Cloud) -> None:
    vm = running.deploy("web")
    running.op.do("stopVirtualMachine", id=vm["id"])
    root = running.op.only("listVolumes", virtualmachineid=vm["id"], type="ROOT")
    running.op.do("resizeVolume", id=root["id"], size=9)
    assert running.op.only("listVirtualMachines", id=vm["id"])["details"]["rootdisksize"] == "9"


def test_a_pool_on_its_way_into_maintenance_takes_no_volumes(running: Cloud) -> None:
    op, sim = running.op, running.sim
    vm, volume = running.deploy("web"), create(running)
    op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    op.do("detachVolume", id=volume["id"])
    here = sim.db.storage_pools.find(running.pool)
    other = op.do(
        "createStoragePool", name="other", zoneid=running.zone, podid=sim.db.pods[here.pod_id].uuid,
        clusterid=sim.db.clusters[here.cluster_id].uuid, url="nfs://10.0.0.9/other",
    )["storagepool"]["id"]  # fmt: skip
    sim.db.storage_pools.find(other).state = "ErrorInMaintenance"
    code, text = op.refused("migrateVolume", volumeid=volume["id"], storageid=other)
    assert (code, text.endswith("storage pool other as the storage pool is in maintenance mode.")) == (431, True)


def test_disks_of_destroyed_instances_are_not_handed_out(running: Cloud) -> None:
    vm = running.deploy("web")
    running.op.do("destroyVirtualMachine", id=vm["id"])
    root = running.op.only("listVolumes", virtualmachineid=vm["id"])
    _code, text = running.op.refused("extractVolume", id=root["id"], zoneid=running.zone, mode="HTTP_DOWNLOAD")
    assert text.startswith("Invalid state of the volume with specified ID. It should be either detached")


def test_a_volume_from_a_root_disk_knows_its_template_and_fails_as_a_whole(running: Cloud) -> None:
    op = running.op
    vm = running.deploy("web")
    root = op.only("listVolumes", virtualmachineid=vm["id"])
    snapshot = op.do("createSnapshot", volumeid=root["id"])["snapshot"]["id"]
    order = {"zoneid": running.zone, "snapshotid": snapshot}
    volume = op.do("createVolume", name="copy", **order)["volume"]
    assert (volume["templateid"], volume["type"]) == (vm["templateid"], "DATADISK")
    running.sim.db.vms.find(vm["id"]).backup_offering_id = 1
    before = counted(running)
    code, text = op.refused("createVolume", name="none", **order, virtualmachineid=vm["id"])
    assert (code, text.startswith("Failed to create volume: Volume {"), counted(running)) == (530, True, before)
    assert op.only("listVolumes", name="none")["state"] == "Destroy"


def test_disks_do_not_go_to_instances_of_another_account(running: Cloud) -> None:
    vm = running.deploy("mine")["id"]
    ann = somebody(running, 0)
    hers = ann.do("createVolume", name="hers", zoneid=running.zone, diskofferingid=offering(running))["volume"]["id"]
    code, text = running.op.refused("attachVolume", id=hers, virtualmachineid=vm)
    assert (code, text.endswith(" belong to different accounts")) == (530, True)
    assert text.startswith("Entity VM instance {")
    running.op.do("attachVolume", id=create(running)["id"], virtualmachineid=vm)

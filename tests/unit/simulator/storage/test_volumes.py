"""Volumes: where they come from, where they lie, what they count, how they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Cloud

GIB = 1 << 30


def offering(cloud: Cloud, name: str = "Small") -> str:
    return str(cloud.op.only("listDiskOfferings", name=name)["id"])


def create(cloud: Cloud, name: str = "data", **more: Any) -> dict[str, Any]:
    params = {"zoneid": cloud.zone, "diskofferingid": offering(cloud)} | more
    volume: dict[str, Any] = cloud.op.do("createVolume", name=name, **params)["volume"]
    return volume


def look(cloud: Cloud, volume: dict[str, Any]) -> dict[str, Any]:
    return cloud.op.only("listVolumes", id=volume["id"])


def allocated(cloud: Cloud) -> int:
    """Bytes that volumes of accounts take, as limits count them."""
    return cloud.sim.limits.count(cloud.sim.admin.account, "primary_storage")


@pytest.fixture
def vm(running: Cloud) -> dict[str, Any]:
    return running.deploy("web")


def test_a_new_disk_takes_its_place_with_its_first_instance(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    assert look(running, volume)["state"] == "Allocated" and "storageid" not in look(running, volume)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    row = look(running, volume)
    assert (row["state"], row["storageid"], row["deviceid"], row["vmname"]) == ("Ready", running.pool, 1, "web")
    running.op.do("detachVolume", id=volume["id"])
    row = look(running, volume)
    assert (row["state"], row["storageid"]) == ("Ready", running.pool) and "virtualmachineid" not in row


def test_devices_are_given_in_order_and_freed(running: Cloud, vm: dict[str, Any]) -> None:
    disks = [create(running, f"d{number}") for number in range(4)]
    for disk in disks[:3]:
        running.op.do("attachVolume", id=disk["id"], virtualmachineid=vm["id"])
    assert [look(running, disk)["deviceid"] for disk in disks[:3]] == [1, 2, 4]
    running.op.do("detachVolume", id=disks[1]["id"])
    running.op.do("attachVolume", id=disks[3]["id"], virtualmachineid=vm["id"])
    assert look(running, disks[3])["deviceid"] == 2


def test_a_disk_has_one_instance(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    for command, params in (
        ("attachVolume", {"id": volume["id"], "virtualmachineid": vm["id"]}),
        ("deleteVolume", {"id": volume["id"]}),
        ("destroyVolume", {"id": volume["id"], "expunge": "true"}),
    ):
        running.op.refused(command, **params)
    assert look(running, volume)["state"] == "Ready"


def test_the_instance_s_end_frees_its_data_disks_and_takes_its_root(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    running.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert [row["id"] for row in running.op.rows("listVolumes")] == [volume["id"]]
    assert "virtualmachineid" not in look(running, volume)


def test_counts_follow_sizes(running: Cloud, vm: dict[str, Any]) -> None:
    before = allocated(running)
    custom = offering(running, "Custom")
    volume = create(running, diskofferingid=custom, size=10)
    assert allocated(running) == before + 10 * GIB
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    running.op.do("resizeVolume", id=volume["id"], size=25)
    assert (look(running, volume)["size"], allocated(running)) == (25 * GIB, before + 25 * GIB)
    for more in ({}, {"shrinkok": "true"}):
        status, text = running.op.refused("resizeVolume", id=volume["id"], size=5, **more)
        assert status == 432 and "shrink" in text
    running.op.do("detachVolume", id=volume["id"])
    running.op.do("deleteVolume", id=volume["id"])
    assert allocated(running) == before and running.op.rows("listVolumes", id=volume["id"]) == []


def test_limits_hold(running: Cloud) -> None:
    running.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="of-ann",
    )  # fmt: skip
    owner = {"account": "ann", "domainid": running.op.only("listDomains", name="ROOT")["id"]}
    running.op.do("updateResourceLimit", resourcetype=2, max=1, **owner)
    create(running, "first", **owner)
    status, text = running.op.refused(
        "createVolume", name="second", zoneid=running.zone, diskofferingid=offering(running), **owner
    )
    assert status == 535 and "volume" in text
    running.op.do("updateResourceLimit", resourcetype=2, max=-1, **owner)
    running.op.do("updateResourceLimit", resourcetype=10, max=7, **owner)
    assert running.op.refused(
        "createVolume", name="second", zoneid=running.zone, diskofferingid=offering(running), **owner
    )[0] == 535  # fmt: skip


def test_a_destroyed_disk_can_be_recovered_until_it_is_expunged(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    running.op.do("detachVolume", id=volume["id"])
    running.op.do("destroyVolume", id=volume["id"])
    assert look(running, volume)["state"] == "Destroy"
    running.op.do("recoverVolume", id=volume["id"])
    assert look(running, volume)["state"] == "Ready"
    running.op.do("destroyVolume", id=volume["id"], expunge="true")
    assert running.op.rows("listVolumes", id=volume["id"]) == []


def test_a_destroyed_disk_goes_by_itself_in_the_end(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    running.op.do("detachVolume", id=volume["id"])
    running.op.do("destroyVolume", id=volume["id"])
    running.sim.advance(3 * 86400)
    assert running.op.rows("listVolumes", id=volume["id"]) == []


def test_a_disk_moves_to_another_pool(running: Cloud, vm: dict[str, Any]) -> None:
    second = running.op.do(
        "createStoragePool", zoneid=running.zone, podid=running.pod, clusterid=running.cluster, name="second",
        url="nfs://10.0.0.6/primary",
    )["storagepool"]["id"]  # fmt: skip
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    source = look(running, volume)["storageid"]
    target = ({running.pool, second} - {source}).pop()
    status, text = running.op.refused("migrateVolume", volumeid=volume["id"], storageid=target, livemigrate="true")
    assert status == 431 and "KVM does not support volume live migration" in text
    running.op.do("detachVolume", id=volume["id"])
    running.op.do("migrateVolume", volumeid=volume["id"], storageid=target)
    assert look(running, volume)["storageid"] == target


def test_what_lies_on_a_disk_stays_with_its_zone(running: Cloud, vm: dict[str, Any]) -> None:
    servers = {"dns1": "192.0.2.53", "internaldns1": "10.1.0.53"}
    south = running.op.do("createZone", name="south", networktype="Advanced", **servers)["zone"]["id"]
    volume = create(running, zoneid=south)
    status, _text = running.op.refused("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    assert status in (431, 530)


def test_an_announced_upload_is_given_up_in_the_end(running: Cloud) -> None:
    ticket = running.op.do("getUploadParamsForVolume", name="mine", zoneid=running.zone, format="QCOW2")
    ticket = ticket["getuploadparams"]
    assert "/203.0.113." in ticket["postURL"]
    assert running.op.only("listVolumes", id=ticket["id"])["state"] == "NotUploaded"
    running.sim.advance(3 * 3600)
    assert running.op.only("listVolumes", id=ticket["id"])["state"] == "UploadAbandoned"


def test_an_upload_by_address_needs_a_first_instance(running: Cloud, vm: dict[str, Any]) -> None:
    volume = running.op.do(
        "uploadVolume", name="mine", zoneid=running.zone, format="QCOW2", url="http://images.example.com/v.qcow2"
    )["volume"]
    running.sim.advance(60)
    assert look(running, volume)["state"] == "Uploaded"
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    assert look(running, volume)["state"] == "Ready" and look(running, volume)["storageid"] == running.pool


def test_a_volume_that_moves_may_get_an_offering_that_fits_where_it_goes(running: Cloud, vm: dict[str, Any]) -> None:
    volume = create(running)
    running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])
    running.op.do("detachVolume", id=volume["id"])
    target = running.op.do(
        "createStoragePool", zoneid=running.zone, podid=running.pod, clusterid=running.cluster, name="fast",
        url="nfs://10.0.0.7/fast", tags="fast",
    )["storagepool"]["id"]  # fmt: skip
    size = look(running, volume)["size"] >> 30
    wrong, right = (
        running.op.do("createDiskOffering", name=tags, displaytext=tags, disksize=size, tags=tags)["diskoffering"]["id"]
        for tags in ("slow", "fast")
    )
    move = {"volumeid": volume["id"], "storageid": target}
    status, text = running.op.refused("migrateVolume", **move, newdiskofferingid=wrong)
    assert (status, "[fast, tags:fast] has no matching tags for volume" in text) == (431, True)
    running.op.do("migrateVolume", **move, newdiskofferingid=right)
    assert (look(running, volume)["storageid"], look(running, volume)["diskofferingid"]) == (target, right)

"""Shared file systems: from their deployment to the end, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place


@pytest.fixture
def offering(place: Place) -> str:
    made = place.op.do(
        "createServiceOffering", name="share", displaytext="share", cpunumber=2, cpuspeed=500, memory=1024,
        offerha="true",
    )["serviceoffering"]  # fmt: skip
    return str(made["id"])


def order(place: Place, offering: str, **more: Any) -> dict[str, Any]:
    disk = place.op.only("listDiskOfferings", name="Custom")["id"]
    return {
        "name": "team files", "zoneid": place.cloud.zone, "diskofferingid": disk, "size": 5, "filesystem": "xfs",
        "serviceofferingid": offering, "networkid": place.network, **more,
    }  # fmt: skip


@pytest.fixture
def share(place: Place, offering: str) -> dict[str, Any]:
    made: dict[str, Any] = place.op.do("createSharedFileSystem", **order(place, offering))["sharedfilesystem"]
    return made


def look(place: Place, share: dict[str, Any]) -> dict[str, Any]:
    return place.op.only("listSharedFileSystems", id=share["id"])


def test_a_share_has_an_instance_and_a_disk(place: Place, share: dict[str, Any]) -> None:
    assert (share["state"], share["vmstate"], share["filesystem"], share["sizegb"], share["provider"]) == (
        "Ready", "Running", "XFS", "5.00 GiB", "SHAREDFSVM",
    )  # fmt: skip
    assert share["networkid"] == place.network
    vm = place.op.only("listVirtualMachines", id=share["virtualmachineid"])
    assert vm["name"].startswith("fsvm-teamfiles-")
    assert (place.count("user_vm"), place.count("volume")) == (1, 2)
    for found, wanted in ((1, {"keyword": "files"}), (1, {"networkid": place.network}), (0, {"name": "team"})):
        assert len(place.op.rows("listSharedFileSystems", **wanted)) == found
    assert place.op.rows("listSharedFileSystemProviders") == [{"name": "SHAREDFSVM"}]
    assert place.op.refused("destroyVirtualMachine", id=vm["id"]) == (
        431, "Operation not supported on Shared FileSystem Instance",
    )  # fmt: skip


def test_a_share_is_stopped_grown_and_started(place: Place, share: dict[str, Any], offering: str) -> None:
    op, this = place.op, {"id": share["id"]}
    assert "can be started only if it is in the [Stopped] state" in op.refused("startSharedFileSystem", **this)[1]
    assert op.refused("changeSharedFileSystemServiceOffering", **this, serviceofferingid=offering)[0] == 431
    assert op.do("stopSharedFileSystem", **this)["sharedfilesystem"]["state"] == "Stopped"
    grown = op.do("changeSharedFileSystemDiskOffering", **this, size=8, diskofferingid=share["diskofferingid"])
    assert grown["sharedfilesystem"]["sizegb"] == "8.00 GiB"
    larger = op.do(
        "createServiceOffering", name="large", displaytext="l", cpunumber=4, cpuspeed=500, memory=2048, offerha="true"
    )["serviceoffering"]["id"]
    changed = op.do("changeSharedFileSystemServiceOffering", **this, serviceofferingid=larger)["sharedfilesystem"]
    assert (changed["serviceofferingid"], place.count("cpu")) == (larger, 4)
    assert op.do("startSharedFileSystem", **this)["sharedfilesystem"]["state"] == "Ready"
    for cleanup in ("false", "true"):
        op.do("restartSharedFileSystem", **this, cleanup=cleanup)
        assert look(place, share)["vmstate"] == "Running"
    assert (
        op.do("updateSharedFileSystem", **this, name="files", description="new")["sharedfilesystem"]["name"] == "files"
    )


def test_a_destroyed_share_comes_back_until_it_is_expunged(place: Place, share: dict[str, Any]) -> None:
    op, this = place.op, {"id": share["id"]}
    assert (
        "can be destroyed only if it is in the [Stopped, Error] states"
        in op.refused("destroySharedFileSystem", **this)[1]
    )
    op.do("destroySharedFileSystem", **this, forced="true")
    assert look(place, share)["state"] == "Destroyed"
    op.do("recoverSharedFileSystem", **this)
    assert look(place, share)["state"] == "Stopped"
    op.do("destroySharedFileSystem", **this)
    op.do("expungeSharedFileSystem", **this)
    assert op.rows("listSharedFileSystems") == []
    assert (place.count("user_vm"), place.count("volume"), place.used_by_instances()) == (0, 0, 0)


def test_a_destroyed_share_is_cleaned_up_after_a_while(place: Place, share: dict[str, Any]) -> None:
    place.op.do("destroySharedFileSystem", id=share["id"], forced="true")
    place.cloud.sim.advance(2 * 86400)
    assert place.op.rows("listSharedFileSystems") == []


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"filesystem": "ntfs"}, 431, "Supported formats are EXT4 and XFS"),
        ({"provider": "elsewhere"}, 530, "Invalid sharedfs provider name!"),
        ({"miniops": 5}, 431, "Iops provided with a non-custom-iops disk offering"),
        ({"serviceofferingid": "small"}, 431, "should be greater than or equal to sharedfsvm.min.cpu.count"),
    ],
)
def test_shares_that_are_refused(place: Place, offering: str, more: dict[str, Any], code: int, said: str) -> None:
    if "serviceofferingid" in more:
        more = {"serviceofferingid": place.offering}
    refused, text = place.op.refused("createSharedFileSystem", **order(place, offering, **more))
    assert (refused, said in text) == (code, True), text
    assert place.op.rows("listSharedFileSystems") == []


def test_a_share_moves_for_its_new_offering_where_it_can(place: Place, share: dict[str, Any]) -> None:
    op = place.op
    tagged = op.do("createDiskOffering", name="fast", displaytext="fast", disksize=9, tags="ssd")["diskoffering"]["id"]
    order = {"id": share["id"], "diskofferingid": tagged}
    code, text = op.refused("changeSharedFileSystemDiskOffering", **order)
    assert (code, "as no suitable pool(s) found for migrating to support new disk offering" in text) == (530, True)
    op.do("updateZone", id=place.cloud.zone, allocationstate="Disabled")
    code, text = op.refused("changeSharedFileSystemDiskOffering", **order)
    assert f"zone ID: {place.cloud.zone} is currently disabled" in text


def test_shares_are_listed_whatever_the_network(place: Place, share: dict[str, Any], offering: str) -> None:
    other = place.op.do(
        "createNetwork", name="other", displaytext="o", zoneid=place.cloud.zone,
        networkofferingid=place.op.only("listNetworks", id=place.network)["networkofferingid"],
    )["network"]["id"]  # fmt: skip
    assert [row["id"] for row in place.op.rows("listSharedFileSystems", networkid=other)] == [share["id"]]

"""Instances whose root disk is a volume that is there already, or is made of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place

NOT_WIDE = "Deployment of virtual machine is supported only for Zone-wide storage pools"


@pytest.fixture
def wide(place: Place) -> str:
    """A disk offering whose disks lie on a pool of the whole zone."""
    place.op.do(
        "createStoragePool", zoneid=place.cloud.zone, scope="ZONE", hypervisor="KVM", name="wide", tags="wide",
        url="nfs://10.0.0.6/wide",
    )  # fmt: skip
    made = place.op.do("createDiskOffering", name="wide", displaytext="wide", disksize=8, tags="wide")
    return str(made["diskoffering"]["id"])


def root_of(place: Place, vm: dict[str, Any]) -> dict[str, Any]:
    return place.op.only("listVolumes", virtualmachineid=vm["id"], type="ROOT")


@pytest.fixture
def spare(place: Place, wide: str) -> dict[str, Any]:
    """A root disk that has left its instance."""
    root = root_of(place, vm := place.deploy("donor", overridediskofferingid=wide))
    place.op.do("stopVirtualMachine", id=vm["id"], forced="true")
    place.op.do("detachVolume", id=root["id"])
    return root


def order(place: Place, name: str, **more: Any) -> dict[str, Any]:
    return {key: value for key, value in place.order(name, **more).items() if value is not None}


def test_a_spare_root_disk_becomes_the_new_one(place: Place, spare: dict[str, Any]) -> None:
    place.op.do("deleteTemplate", id=place.template, forced="true")
    before = place.count("volume"), place.count("primary_storage")
    vm = place.op.do("deployVirtualMachine", **order(place, "heir", templateid=None, volumeid=spare["id"]))
    vm = vm["virtualmachine"]
    assert (vm["state"], vm["templateid"]) == ("Running", place.template)
    root = root_of(place, vm)
    assert (root["id"], root["deviceid"], root["storage"]) == (spare["id"], 0, "wide")
    assert (place.count("volume"), place.count("primary_storage")) == before
    again = order(place, "late", templateid=None, volumeid=spare["id"])
    code, text = place.op.refused("deployVirtualMachine", **again)
    assert code == 431
    assert text.startswith("The volume Volume {")
    assert " is already attached to a VM " in text


def test_a_snapshot_makes_the_root_disk(place: Place, wide: str) -> None:
    root = root_of(place, place.deploy("origin", overridediskofferingid=wide))
    snapshot = place.op.do("createSnapshot", volumeid=root["id"])["snapshot"]["id"]
    made = place.op.do("deployVirtualMachine", **order(place, "copy", templateid=None, snapshotid=snapshot))
    copy = root_of(place, made["virtualmachine"])
    assert copy["id"] != root["id"]
    assert (copy["size"], copy["state"], copy["name"][:5]) == (root["size"], "Ready", "ROOT-")
    place.op.do("deleteSnapshot", id=snapshot)
    code, text = place.op.refused("deployVirtualMachine", **order(place, "no", templateid=None, snapshotid=snapshot))
    assert (code, text.startswith("Could not find snapshot with id=")) == (431, True)


def test_disks_that_cannot_be_a_root_are_refused(place: Place, wide: str) -> None:
    near = root_of(place, place.deploy("near"))
    taken = order(place, "no", templateid=None, volumeid=near["id"])
    assert place.op.refused("deployVirtualMachine", **taken) == (431, NOT_WIDE)
    empty = place.op.do("createVolume", name="empty", zoneid=place.cloud.zone, diskofferingid=wide)["volume"]
    vm = place.deploy("holder")
    fresh = order(place, "no", templateid=None, volumeid=empty["id"])
    assert place.op.refused("deployVirtualMachine", **fresh) == (431, NOT_WIDE)
    place.op.do("attachVolume", id=empty["id"], virtualmachineid=vm["id"])
    assert place.op.refused("deployVirtualMachine", **fresh) == (
        431, "The provided volume/snapshot doesn't have a template to deploy a VM",
    )  # fmt: skip
    both = order(place, "no", volumeid=near["id"])
    assert place.op.refused("deployVirtualMachine", **both) == (
        530, "Please provide only one of the following parameters - template ID, volume ID or snapshot ID",
    )  # fmt: skip

"""Other sizes, offerings and IOPS for volumes: what fits, what is refused, what stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator.commands.volumes.placement import allocated

if TYPE_CHECKING:
    from conftest import Cloud

GIB = 1 << 30
OFFERINGS: dict[str, dict[str, Any]] = {
    "two": {"disksize": 2},
    "four": {"disksize": 4},
    "tagged": {"disksize": 4, "tags": "ssd"},
    "strict": {"disksize": 2, "disksizestrictness": "true"},
    "strict four": {"disksize": 4, "disksizestrictness": "true"},
    "free": {"customized": "true"},
    "limits": {"customized": "true", "customizediops": "true"},
}


@pytest.fixture
def ids(running: Cloud) -> dict[str, str]:
    """The ids of the offerings and of a volume of each, made on a pool where its name says so."""
    op, found = running.op, {}
    for name, more in OFFERINGS.items():
        made = op.do("createDiskOffering", name=name, displaytext=name, **more)
        found[name] = made["diskoffering"]["id"]
    for name in ("two", "tagged", "strict", "free", "limits"):
        size = {"size": 3} if "customized" in OFFERINGS[name] else {}
        made = op.do("createVolume", name=name, zoneid=running.zone, diskofferingid=found[name], **size)
        found[f"volume of {name}"] = made["volume"]["id"]
    return found


@pytest.mark.parametrize(
    ("command", "volume", "params", "text"),
    [
        ("resizeVolume", "two", {"diskofferingid": "tagged"}, "There are no tags on the current disk offering."),
        ("resizeVolume", "tagged", {"diskofferingid": "four"}, "The tags on the new and old disk offerings must match"),
        (
            "resizeVolume", "two", {"diskofferingid": "strict"},
            "Disk offering size strictness does not match with new disk offering",
        ),
        (
            "resizeVolume", "strict", {"diskofferingid": "strict four"},
            "Resize volume for strict is not allowed since disk offering's size is fixed",
        ),
        ("resizeVolume", "strict", {"size": 9}, "Resize of volume {id} is not allowed, since disk size is strictly"),
        ("resizeVolume", "two", {"miniops": 9}, "The current disk offering does not support customization of the 'Min"),
        ("resizeVolume", "two", {"maxiops": 9}, "The current disk offering does not support customization of the 'Max"),
        (
            "resizeVolume", "limits", {"miniops": 9, "maxiops": 8},
            "The 'miniops' parameter must be less than or equal to the 'maxiops' parameter.",
        ),
        ("changeOfferingForVolume", "two", {"diskofferingid": "free"}, "The new disk offering requires that a size"),
        (
            "changeOfferingForVolume", "tagged", {"diskofferingid": "four"},
            "Selected disk offering {tagged} does not have tags as in existing disk offering of volume {id}",
        ),
        (
            "changeOfferingForVolume", "strict", {"diskofferingid": "four"},
            "Resize volume for strict is not allowed since disk offering's size is fixed",
        ),
        (
            "changeOfferingForVolume", "two", {"diskofferingid": "strict"},
            "Disk offering size strictness does not match with new disk offering.",
        ),
        ("changeOfferingForVolume", "two", {"diskofferingid": "two"}, "is already having disk offering {two}"),
    ],
)  # fmt: skip
def test_a_change_is_refused(
    running: Cloud, ids: dict[str, str], command: str, volume: str, params: dict[str, Any], text: str
) -> None:
    given = {key: ids.get(str(value), value) for key, value in params.items()}
    number = ids[f"volume of {volume}"]
    code, found = running.op.refused(command, id=number, **given)
    assert code == (432 if command == "resizeVolume" else 431)
    assert text.format(id=number, **{name: ids[name] for name in ("two", "tagged")}) in found


def test_only_a_volume_without_a_place_takes_the_offering_of_its_new_size(running: Cloud, ids: dict[str, str]) -> None:
    vm = running.deploy("web")
    placed = running.op.do("createVolume", name="placed", zoneid=running.zone, diskofferingid=ids["two"])["volume"]
    running.op.do("attachVolume", id=placed["id"], virtualmachineid=vm["id"])
    shown = [
        running.op.do("resizeVolume", id=number, diskofferingid=ids["four"])["volume"]
        for number in (ids["volume of two"], placed["id"])
    ]
    assert [(v["size"] // GIB, v["diskofferingname"]) for v in shown] == [(4, "four"), (4, "two")]


def test_iops_are_kept(running: Cloud, ids: dict[str, str]) -> None:
    number = ids["volume of limits"]
    running.op.do("resizeVolume", id=number, size=5, miniops=100, maxiops=200)
    found = running.op.only("listVolumes", id=number)
    assert (found["miniops"], found["maxiops"], found["size"] // GIB) == (100, 200, 5)


def test_a_disk_from_a_snapshot_goes_to_its_instance_at_once(running: Cloud) -> None:
    vm = running.deploy("web")
    root = running.op.only("listVolumes", virtualmachineid=vm["id"])["id"]
    snapshot = running.op.do("createSnapshot", volumeid=root)["snapshot"]["id"]
    made = running.op.do("createVolume", name="copy", snapshotid=snapshot, virtualmachineid=vm["id"])["volume"]
    assert (made["virtualmachineid"], made["deviceid"]) == (vm["id"], 1)
    running.op.do("destroyVirtualMachine", id=vm["id"])
    code, text = running.op.refused("createVolume", name="late", snapshotid=snapshot, virtualmachineid=vm["id"])
    assert (code, text) == (431, "Please specify a VM that is either running or stopped.")


def test_a_pool_is_filled_to_its_threshold(running: Cloud, ids: dict[str, str]) -> None:
    op = running.op
    pool = running.sim.db.storage_pools.first()
    vm = running.deploy("web")
    made = op.do("createVolume", name="grows", zoneid=running.zone, diskofferingid=ids["free"], size=1)
    volume = made["volume"]["id"]
    op.do("attachVolume", id=volume, virtualmachineid=vm["id"])
    pool.capacity = 100 * GIB
    op.do("resizeVolume", id=volume, size=40)
    others = allocated(running.sim, pool) // GIB - 40
    size = 174 - others  # 85 % of twice the capacity are 170 GB, 90 % are 180
    code, text = op.refused("resizeVolume", id=volume, size=size)
    assert code == 530
    assert text.startswith(f"Failed to resize volume {volume} since the storage pool does not have enough space to acc")
    code, text = op.refused("resizeVolume", id=volume, size=size, automigrate="true")
    assert text == f"Volume resize failed for volume ID: {volume} as no suitable pool(s) with enough space found."
    op.do("updateConfiguration", name="volume.resize.allowed.beyond.allocation", value="true")
    op.do("resizeVolume", id=volume, size=size)
    spare = op.do(
        "createStoragePool", zoneid=running.zone, podid=running.pod, clusterid=running.cluster, name="spare",
        url="nfs://10.0.0.5/spare",
    )["storagepool"]["id"]  # fmt: skip
    moved = op.do("resizeVolume", id=volume, size=400, automigrate="true")["volume"]
    assert (moved["storageid"], moved["size"] // GIB) == (spare, 400)

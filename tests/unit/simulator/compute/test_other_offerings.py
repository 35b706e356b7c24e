"""Instances that change to another service offering: what fits, what is refused, what changes with it."""

from __future__ import annotations

from typing import Any

import pytest

SIZE = {"displaytext": "s", "cpunumber": 2, "cpuspeed": 500, "memory": 1024}


@pytest.fixture
def stopped(place: Any) -> dict[str, Any]:
    vm = place.deploy("web")
    place.op.do("stopVirtualMachine", id=vm["id"])
    return dict(vm)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"storagetype": "local"}, "target offering use local storage but the storage pool where the volume is"),
        (
            {"issystem": "true", "systemvmtype": "consoleproxy"},
            "isSystem property is different for current service offering and new service offering",
        ),
        (
            {"memory": 4096},
            "Invalid memory value, please choose another service offering with memory between 32 and 2048 MB",
        ),
        (
            {"cpunumber": 9},
            "Invalid cpu cores value, please choose another service offering with cpu cores between 1 and 4",
        ),
    ],
)
def test_an_offering_does_not_fit(place: Any, stopped: dict[str, Any], more: dict[str, Any], text: str) -> None:
    new = place.op.do("createServiceOffering", name="new", **SIZE | more)["serviceoffering"]["id"]
    place.op.do("updateConfiguration", name="vm.serviceoffering.cpu.cores.max", value="4")
    place.op.do("updateConfiguration", name="vm.serviceoffering.ram.size.max", value="2048")
    for command in ("changeServiceForVirtualMachine", "scaleVirtualMachine"):
        code, found = place.op.refused(command, id=stopped["id"], serviceofferingid=new)
        assert code == 431
        assert text in found
    assert place.look(stopped)["serviceofferingname"] == "Small Instance"


def test_storage_tags_may_only_grow(place: Any, stopped: dict[str, Any]) -> None:
    ids = [
        place.op.do("createServiceOffering", name=tags, tags=tags, **SIZE)["serviceoffering"]["id"]
        for tags in ("ssd", "hdd", "hdd,ssd")
    ]
    place.op.do("changeServiceForVirtualMachine", id=stopped["id"], serviceofferingid=ids[0])
    code, text = place.op.refused("changeServiceForVirtualMachine", id=stopped["id"], serviceofferingid=ids[1])
    assert code == 431
    assert "should have tags as subset of the new service offering tags" in text
    assert text.endswith("tags: [ssd]; new service offering tags: [hdd]")
    place.op.do("changeServiceForVirtualMachine", id=stopped["id"], serviceofferingid=ids[2])


def test_high_availability_comes_with_the_offering(place: Any, stopped: dict[str, Any]) -> None:
    new = place.op.do("createServiceOffering", name="ha", offerha="true", **SIZE)["serviceoffering"]["id"]
    place.op.do("changeServiceForVirtualMachine", id=stopped["id"], serviceofferingid=new)
    assert place.look(stopped)["haenable"] is True


def sized(place: Any, name: str, **more: str) -> str:
    made = place.op.do(
        "createServiceOffering", name=name, displaytext=name, cpunumber="1", cpuspeed="500", memory="256", **more
    )["serviceoffering"]
    return str(made["id"])


@pytest.mark.parametrize("command", ["changeServiceForVirtualMachine", "scaleVirtualMachine"])
def test_a_root_disk_follows_its_instance_to_another_offering_where_it_may(place: Any, command: str) -> None:
    op, large, small = place.op, sized(place, "large", rootdisksize="60"), sized(place, "small", rootdisksize="50")
    stopped = place.deploy("web", startvm="false")
    root = op.only("listVolumes", virtualmachineid=stopped["id"])["size"]
    op.do(command, id=stopped["id"], serviceofferingid=large)
    assert op.only("listVolumes", virtualmachineid=stopped["id"])["size"] == root
    op.do("updateConfiguration", name="allow.diskoffering.change.during.scale.vm", value="true")
    other = sized(place, "other", rootdisksize="70")
    op.do(command, id=stopped["id"], serviceofferingid=other)
    assert op.only("listVolumes", virtualmachineid=stopped["id"])["size"] == 70 << 30
    text = op.refused(command, id=stopped["id"], serviceofferingid=small)[1]
    assert "would shrink the volume" in text
    op.do(command, id=stopped["id"], serviceofferingid=small, shrinkok="true")
    assert op.only("listVolumes", virtualmachineid=stopped["id"])["size"] == 50 << 30


def test_an_instance_need_not_go_back_to_its_last_host(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    vm = place.deploy("web")
    last = vm["hostid"]
    place.op.do("stopVirtualMachine", id=vm["id"])
    assert place.op.do("startVirtualMachine", id=vm["id"])["virtualmachine"]["hostid"] == last
    place.op.do("stopVirtualMachine", id=vm["id"])
    monkeypatch.setattr(place.cloud.sim, "choose", lambda _kind, found, **_: next(h for h in found if h.uuid != last))
    started = place.op.do("startVirtualMachine", id=vm["id"], considerlasthost="false")["virtualmachine"]
    assert started["hostid"] != last

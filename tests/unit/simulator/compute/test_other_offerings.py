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

"""Instances whose offerings give them GPUs."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator.commands.gpu import stock


@pytest.fixture
def heavy(place: Any) -> str:
    """An offering with four shares of a card; each host has four of them."""
    sim = place.cloud.sim
    for host in sim.db.hosts.where(kind="Routing"):
        stock.report(sim, host)
    profile = place.op.only("listVgpuProfiles", name="sim-8q")["id"]
    made = place.op.do(
        "createServiceOffering", name="gpu", displaytext="gpu", cpunumber=1, cpuspeed=100, memory=128,
        vgpuprofileid=profile, gpucount=4,
    )  # fmt: skip
    return str(made["serviceoffering"]["id"])


def used(place: Any) -> list[int]:
    return sorted(host["gpuused"] for host in place.op.rows("listHosts", type="Routing"))


def test_instances_take_the_shares_that_hosts_have(place: Any, heavy: str) -> None:
    op = place.op
    first, _second = (place.deploy(name, serviceofferingid=heavy) for name in ("one", "two"))
    assert used(place) == [4, 4]
    code, text = op.refused("deployVirtualMachine", **place.order("three", serviceofferingid=heavy))
    assert (code, "Unable to create a deployment" in text) == (530, True)
    states = [d["state"] for d in op.rows("listGpuDevices", virtualmachineid=first["id"])]
    assert states == ["Allocated"] * 4
    parents = {d["parentgpudeviceid"] for d in op.rows("listGpuDevices", virtualmachineid=first["id"])}
    assert {op.only("listGpuDevices", id=parent)["state"] for parent in parents} == {"PartiallyAllocated"}
    assert op.only("listZones")["gpuused"] == 8


def test_a_stopped_instance_keeps_its_shares_unless_told_otherwise(place: Any, heavy: str) -> None:
    op, vm = place.op, place.deploy("one", serviceofferingid=heavy)
    op.do("stopVirtualMachine", id=vm["id"])
    assert used(place) == [0, 4]
    op.do("startVirtualMachine", id=vm["id"])
    assert used(place) == [0, 4]
    op.do("updateConfiguration", name="gpu.detach.on.stop", value="true")
    op.do("stopVirtualMachine", id=vm["id"])
    assert used(place) == [0, 0]
    op.do("startVirtualMachine", id=vm["id"])
    op.do("updateConfiguration", name="gpu.detach.on.stop", value="false")
    op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert used(place) == [0, 0]


def test_shares_count_for_their_owner(place: Any, heavy: str) -> None:
    op, vm = place.op, place.deploy("one", serviceofferingid=heavy, startvm="false")
    assert place.count("gpu") == 4
    op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert place.count("gpu") == 0
    made = op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )["account"]  # fmt: skip
    owner = {"account": "ann", "domainid": made["domainid"]}
    op.do("updateResourceLimit", resourcetype=16, max=3, **owner)
    op.do("updateTemplatePermissions", id=place.template, ispublic="true")
    order = {k: v for k, v in place.order("hers", serviceofferingid=heavy, **owner).items() if k != "networkids"}
    code, text = op.refused("deployVirtualMachine", **order)
    assert (code, "gpu" in text) == (535, True), text

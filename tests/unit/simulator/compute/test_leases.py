"""Leases of instances: what an answer shows of them, what is refused, and their end by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Place

DAY = 86400


@pytest.fixture
def leasing(place: Place) -> Place:
    place.op.do("updateConfiguration", name="instance.lease.enabled", value="true")
    return place


def names(place: Place, **more: Any) -> set[str]:
    return {vm["name"] for vm in place.op.rows("listVirtualMachines", listall="true", **more)}


def test_leases_are_overlooked_while_they_are_turned_off(place: Place) -> None:
    vm = place.deploy("web", leaseduration="1", leaseexpiryaction="STOP")
    assert "leaseduration" not in vm
    place.op.do("updateVirtualMachine", id=vm["id"], leaseduration="5", leaseexpiryaction="STOP")
    place.cloud.sim.advance(3 * DAY)
    assert place.look(vm)["state"] == "Running"


def test_an_instance_is_stopped_or_destroyed_when_its_lease_ends(leasing: Place) -> None:
    stops = leasing.deploy("stops", leaseduration="2", leaseexpiryaction="stop")
    goes = leasing.deploy("goes", leaseduration="2", leaseexpiryaction="DESTROY")
    kept = leasing.deploy("kept", leaseduration="2", leaseexpiryaction="DESTROY")
    leasing.deploy("free")
    leasing.op.do("updateVirtualMachine", id=kept["id"], deleteprotection="true")
    assert (stops["leaseduration"], stops["leaseexpiryaction"]) == (2, "STOP")
    assert names(leasing, leased="true") == {"stops", "goes", "kept"}
    leasing.cloud.sim.advance(2 * DAY + 3700)
    leasing.cloud.sim.settle()
    states = {vm.name: vm.state for vm in leasing.cloud.sim.db.vms.all() if vm.vm_type == "User"}
    assert states["stops"] == "Stopped"
    assert states["goes"] in ("Destroyed", "Expunging")
    assert states["kept"] == states["free"] == "Running"
    assert "leaseduration" not in leasing.look(stops)
    said = {e["type"] for e in leasing.op.rows("listEvents", listall="true", resourceid=goes["id"],
                                               resourcetype="VirtualMachine")}  # fmt: skip
    assert {"VM.LEASE.EXPIRING", "VM.LEASE.EXPIRED", "VM.DESTROY"} <= said
    again = leasing.op.refused("updateVirtualMachine", id=stops["id"], leaseduration="9", leaseexpiryaction="STOP")
    assert "doesn't have active lease" in again[1]


def test_a_lease_comes_from_the_offering_and_can_be_changed_and_ended(leasing: Place) -> None:
    offering = leasing.op.do(
        "createServiceOffering", name="leased", displaytext="leased", cpunumber=1, cpuspeed=500, memory=512,
        leaseduration="10", leaseexpiryaction="DESTROY",
    )["serviceoffering"]["id"]  # fmt: skip
    vm = leasing.deploy("web", serviceofferingid=offering)
    assert (vm["leaseduration"], vm["leaseexpiryaction"]) == (10, "DESTROY")
    longer = leasing.op.do("updateVirtualMachine", id=vm["id"], leaseduration="20", leaseexpiryaction="STOP")
    assert (longer["virtualmachine"]["leaseduration"], longer["virtualmachine"]["leaseexpiryaction"]) == (20, "STOP")
    assert (
        "leaseduration" not in leasing.op.do("updateVirtualMachine", id=vm["id"], leaseduration="-1")["virtualmachine"]
    )
    assert names(leasing, leased="true") == set()


def test_turning_leases_off_cancels_them_for_good(leasing: Place) -> None:
    vm = leasing.deploy("web", leaseduration="1", leaseexpiryaction="STOP")
    for value in ("false", "true"):
        leasing.op.do("updateConfiguration", name="instance.lease.enabled", value=value)
    leasing.cloud.sim.advance(2 * DAY)
    assert leasing.look(vm)["state"] == "Running"
    assert leasing.op.rows("listEvents", listall="true", type="VM.LEASE.CANCELLED")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"leaseduration": "3"}, "Provide values for both: leaseduration and leaseexpiryaction"),
        ({"leaseexpiryaction": "STOP"}, "Provide values for both: leaseduration and leaseexpiryaction"),
        ({"leaseduration": "0", "leaseexpiryaction": "STOP"}, "must be a natural number (>=1) or -1"),
        ({"leaseduration": "3", "leaseexpiryaction": "SELL"}, "valid values are: STOP, DESTROY"),
    ],
)
def test_leases_that_are_refused(leasing: Place, params: dict[str, str], said: str) -> None:
    code, text = leasing.op.refused("deployVirtualMachine", **leasing.order("web", **params))
    assert (code, said in text) == (431, True), text
    assert names(leasing) == set()


def test_only_what_was_deployed_with_a_lease_can_have_one(leasing: Place) -> None:
    vm = leasing.deploy("web")
    code, text = leasing.op.refused("updateVirtualMachine", id=vm["id"], leaseduration="3", leaseexpiryaction="STOP")
    assert (code, "doesn't have lease associated during deployment" in text) == (530, True)

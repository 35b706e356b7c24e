"""What is refused of instances, in the server's words."""

from __future__ import annotations

from typing import Any

import pytest

OWN = "0f5b4a3e-1111-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("mine", "UUID: mine doesn't follow the UUID format"),
        (OWN.upper(), f"UUID: {OWN.upper()} doesn't follow the UUID format"),
        ("@vm", "UUID: {vm} already exists so can't create/update with custom id"),
    ],
)
def test_an_id_of_ones_own_that_cannot_be(place: Any, wanted: str, text: str) -> None:
    """New and changed rows, in jobs and without them."""
    vm = place.deploy("one", startvm="false")["id"]
    disk = place.op.only("listVolumes", virtualmachineid=vm)["id"]
    offering = place.op.rows("listDiskOfferings", name="Small")[0]["id"]
    for command, known, params in (
        ("updateVirtualMachine", vm, {"id": vm}),
        ("deployVirtualMachine", vm, place.order("two", startvm="false")),
        ("updateVolume", disk, {"id": disk}),
        ("createVolume", disk, {"name": "new", "zoneid": place.cloud.zone, "diskofferingid": offering}),
    ):
        own = known if wanted == "@vm" else wanted
        assert place.op.refused(command, customid=own, **params) == (431, text.format(vm=known)), command


def test_an_id_of_ones_own(place: Any) -> None:
    assert place.deploy("one", startvm="false", customid=OWN)["id"] == OWN
    user = tenant(place)
    vm = user.do("deployVirtualMachine", **mine(place, user, "two"))["virtualmachine"]["id"]
    code, text = user.refused("deployVirtualMachine", **mine(place, user, "three"), customid=OWN[:-1] + "2")
    assert (code, text) == (531, "Please check your permissions, you are not allowed to create/update custom id")
    assert user.only("listVirtualMachines", id=vm)["id"] == vm


def tenant(place: Any) -> Any:
    place.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="N",
        password="password-of-ann",
    )  # fmt: skip
    place.op.do("updateTemplatePermissions", id=place.template, ispublic="true")
    sim = place.cloud.sim
    return type(place.op)(sim, sim.auth.caller_of(sim.db.users.first(username="ann")))


def mine(place: Any, user: Any, name: str) -> dict[str, str]:
    """A deployment into a network of the user's own."""
    offering = user.rows("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")[0]["id"]
    network = user.do(
        "createNetwork", name=name, displaytext=name, zoneid=place.cloud.zone, networkofferingid=offering
    )["network"]["id"]
    wanted: dict[str, str] = place.order(name, startvm="false") | {"networkids": network}
    return wanted


@pytest.mark.parametrize("parameter", ["podid", "clusterid", "hostid"])
def test_only_root_admins_say_where(place: Any, parameter: str) -> None:
    user = tenant(place)
    given = {"podid": place.cloud.pod, "clusterid": place.cloud.cluster, "hostid": place.cloud.hosts[0]}[parameter]
    vm = user.do("deployVirtualMachine", **mine(place, user, "one"))["virtualmachine"]["id"]
    text = f"Parameter {parameter} can only be specified by a Root Admin, permission denied"
    assert text in user.refused("startVirtualMachine", id=vm, **{parameter: given})[1]
    if parameter == "hostid":
        assert user.refused("deployVirtualMachine", **mine(place, user, "two"), hostid=given) == (531, text)

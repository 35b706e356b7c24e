"""What answers about instances and places tell only when there is something to tell, and to whom."""

from __future__ import annotations

import base64
from typing import Any


def test_an_instance_tells_its_static_address(place: Any) -> None:
    op = place.op
    vm = place.deploy("web")
    assert "publicip" not in place.look(vm)
    address = op.do("associateIpAddress", networkid=place.network)["ipaddress"]
    op.do("enableStaticNat", ipaddressid=address["id"], virtualmachineid=vm["id"])
    shown = place.look(vm)
    assert (shown["publicip"], shown["publicipid"]) == (address["ipaddress"], address["id"])
    op.do("disableStaticNat", ipaddressid=address["id"])
    assert "publicip" not in place.look(vm)


def test_user_data_is_told_when_asked_for(place: Any) -> None:
    text = base64.b64encode(b"#cloud-config").decode()
    vm = place.deploy("web", userdata=text)
    assert "userdata" not in place.look(vm)
    assert place.op.only("listVirtualMachines", id=vm["id"], userdata="true")["userdata"] == text
    assert place.op.only("listVirtualMachinesMetrics", id=vm["id"], userdata="true")["userdata"] == text


def test_users_do_not_see_the_details_that_are_hidden_from_them(place: Any) -> None:
    sim, vm = place.cloud.sim, place.deploy("web", rootdisksize="9")
    place.op.do(
        "createAccount", username="ann", accounttype=0, email="a@example.com", firstname="A", lastname="B",
        password="password-of-ann",
    )  # fmt: skip
    ann = sim.auth.caller_of(sim.db.users.first(username="ann"))
    sim.db.vms.find(vm["id"]).account_id = ann.account.id
    own = sim.call("listVirtualMachines", ann)[1]["listvirtualmachinesresponse"]["virtualmachine"][0]
    admins = place.look(vm)
    assert ("rootdisksize" in admins["details"], "rootdisksize" in own.get("details", {})) == (True, False)
    assert own["readonlydetails"] == "dataDiskController, rootDiskController"
    assert "readonlydetails" not in admins


def test_places_tell_the_storage_access_groups_around_them(place: Any) -> None:
    db = place.cloud.sim.db
    host = db.hosts.where(kind="Routing")[0]
    for table, number, group in (
        ("zones", host.zone_id, "z"), ("pods", host.pod_id, "p"), ("clusters", host.cluster_id, "c"),
    ):  # fmt: skip
        db.tables[table][number].storage_access_groups = [group]
    for command, kinds in (("Hosts", "cpz"), ("Clusters", "pz"), ("Pods", "z")):
        row = place.op.rows(f"list{command}", **({"type": "Routing"} if command == "Hosts" else {}))[0]
        found = {k[0]: v for k, v in row.items() if k.endswith("storageaccessgroups") and k != "storageaccessgroups"}
        assert found == {letter: letter for letter in kinds}


def test_values_for_the_parameters_of_user_data_are_kept(place: Any) -> None:
    text = base64.b64encode(b"## template: jinja").decode()
    data = place.op.do("registerUserData", name="init", userdata=text, params="a,b")["userdata"]["id"]
    given = {"userdataid": data, "userdatadetails[0].a": "1", "userdatadetails[1].b": "2"}
    vm = place.deploy("web", **given, startvm="false")
    assert place.look(vm)["userdatadetails"] == "{a=1, b=2}"
    place.op.do("resetUserDataForVirtualMachine", id=vm["id"], **(given | {"userdatadetails[0].a": "3"}))
    assert place.look(vm)["userdatadetails"] == "{a=3, b=2}"
    more = {f"userdatadetails[0].{name}": str(n) for n, name in enumerate(("zone", "host", "role"))}
    place.op.do("resetUserDataForVirtualMachine", id=vm["id"], userdataid=data, **more)
    assert place.look(vm)["userdatadetails"] == "{role=2, zone=0, host=1}"


def test_disk_offerings_tell_whether_an_instance_may_have_such_disks(place: Any) -> None:
    op, vm = place.op, place.deploy("web")
    op.do("createDiskOffering", name="fast", displaytext="fast", disksize=1, tags="ssd")
    op.do("createDiskOffering", name="near", displaytext="near", disksize=1, storagetype="local")
    assert "suitableforvirtualmachine" not in op.only("listDiskOfferings", name="Small")
    rows = op.rows("listDiskOfferings", virtualmachineid=vm["id"])
    found = {row["name"]: row["suitableforvirtualmachine"] for row in rows}
    assert found == {"Small": True, "Medium": True, "Large": True, "Custom": True, "fast": False, "near": False}


def test_parts_that_were_not_asked_for_come_with_the_rows_after_the_first(place: Any) -> None:
    """The server joins an instance with its NICs and groups, and minds what was asked for in the first row only."""
    group = place.op.do("createAffinityGroup", name="g", type="host anti-affinity")["affinitygroup"]["id"]
    vm = place.deploy("web", affinitygroupids=group, startvm="false")

    def look(details: str) -> tuple[int, int, bool]:
        row = place.op.only("listVirtualMachines", id=vm["id"], details=details)
        return len(row["nic"]), len(row["affinitygroup"]), "cpunumber" in row

    assert [look(d) for d in ("min", "affgrp", "stats", "nics")] == [
        (0, 0, False), (0, 1, False), (0, 0, True), (1, 0, False),
    ]  # fmt: skip
    place.op.do("createTags", resourceids=vm["id"], resourcetype="UserVm", **{"tags[0].key": "a", "tags[0].value": "b"})
    assert look("min") == (0, 0, False)
    tag = {"tags[0].key": "c", "tags[0].value": "d"}
    place.op.do("createTags", resourceids=vm["id"], resourcetype="UserVm", **tag)
    assert look("min") == (1, 1, False)

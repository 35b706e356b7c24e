"""What is refused of instances, in the server's words."""

from __future__ import annotations

from typing import Any

import pytest

NOT_SUPPORTED = "Operation not supported for instance: one"
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


@pytest.mark.parametrize(
    ("command", "params", "text"),
    [
        (
            "attachVolume",
            {"id": "@disk", "virtualmachineid": "@vm"},
            "Can't attach a volume to a Shared FileSystem Instance",
        ),
        ("detachVolume", {"id": "@root"}, "Can't detach a volume from a Shared FileSystem Instance"),
    ],
)  # fmt: skip
def test_disks_of_the_instance_behind_a_share(place: Any, command: str, params: dict[str, str], text: str) -> None:
    ids = parts(place)
    place.cloud.sim.db.vms.find(ids["@vm"]).serves = "shared file system"
    assert place.op.refused(command, **{key: ids[value] for key, value in params.items()}) == (431, text)


@pytest.mark.parametrize(
    ("command", "params", "text"),
    [
        ("resetSSHKeyForVirtualMachine", {"id": "@vm", "keypair": "x"}, NOT_SUPPORTED),
        ("resetUserDataForVirtualMachine", {"id": "@vm"}, NOT_SUPPORTED),
        ("scaleVirtualMachine", {"id": "@vm", "serviceofferingid": "@size"}, NOT_SUPPORTED),
        ("restoreVirtualMachine", {"virtualmachineid": "@vm"}, NOT_SUPPORTED),
        (
            "attachVolume",
            {"id": "@disk", "virtualmachineid": "@vm"},
            "Volume operations are not allowed for External hypervisor type",
        ),
        ("createSnapshot", {"volumeid": "@root"}, "Snapshot operations are not allowed for External hypervisor type"),
        (
            "migrateVolume",
            {"volumeid": "@root", "storageid": "@other"},
            "Volume migration operation is not allowed for hypervisor type External",
        ),
    ],
)  # fmt: skip
def test_deeds_that_extensions_have_no_part_in(place: Any, command: str, params: dict[str, str], text: str) -> None:
    ids = parts(place)
    vm, root = place.cloud.sim.db.vms.find(ids["@vm"]), place.cloud.sim.db.volumes.find(ids["@root"])
    vm.hypervisor = root.hypervisor = "External"
    given = {key: ids.get(value, value) for key, value in params.items()}
    assert place.op.refused(command, **given) == (431, text)


def parts(place: Any) -> dict[str, str]:
    """An instance at rest with its root disk, a disk of nobody, and another pool."""
    op, cloud = place.op, place.cloud
    vm = place.deploy("one")["id"]
    op.do("stopVirtualMachine", id=vm)
    offering = op.rows("listDiskOfferings", name="Small")[0]["id"]
    return {
        "@vm": vm,
        "@root": op.only("listVolumes", virtualmachineid=vm)["id"],
        "@disk": op.do("createVolume", name="d", zoneid=cloud.zone, diskofferingid=offering)["volume"]["id"],
        "@size": place.offering,
        "@other": op.do(
            "createStoragePool", zoneid=cloud.zone, podid=cloud.pod, clusterid=cloud.cluster, name="other",
            url="nfs://10.0.0.6/other",
        )["storagepool"]["id"],
    }  # fmt: skip


def test_a_template_s_instance_is_not_restored_from_an_iso(place: Any) -> None:
    vm = place.deploy("one")["id"]
    iso = place.op.do(
        "registerIso", name="cd", displaytext="cd", zoneid=place.cloud.zone, url="http://images.example.com/cd.iso",
        bootable="false",
    )["iso"][0]["id"]  # fmt: skip
    place.cloud.sim.advance(60)
    told = place.op.refused("restoreVirtualMachine", virtualmachineid=vm, templateid=iso)
    assert told == (431, "Invalid template id provided to restore the VM ")


@pytest.fixture
def golden(place: Any) -> dict[str, Any]:
    """An instance for hosts of a tag, and a host without it."""
    here, there = place.cloud.hosts
    place.op.do("updateHost", id=here, hosttags="gold")
    size = place.op.do(
        "createServiceOffering", name="gold", displaytext="g", cpunumber=1, cpuspeed=100, memory=128, hosttags="gold"
    )["serviceoffering"]["id"]
    return {"vm": place.deploy("one", serviceofferingid=size)["id"], "size": size, "there": there}


def test_tags_that_even_root_admins_keep_to(place: Any, golden: dict[str, Any]) -> None:
    op, there = place.op, golden["there"]
    told = (
        431,
        f"Cannot deploy VM, destination host: {place.cloud.sim.db.hosts.find(there).name} is not compatible for the VM",
    )
    move = {"virtualmachineid": golden["vm"], "hostid": there}
    place.cloud.sim.settings.set("vm.strict.host.tags", "silver, gold")
    assert op.refused("migrateVirtualMachine", **move) == told
    code, text = op.refused(
        "deployVirtualMachine", **place.order("two", serviceofferingid=golden["size"], hostid=there)
    )
    assert (code, told[1] in text) == (431, True)
    op.do("stopVirtualMachine", id=golden["vm"])
    assert op.refused("startVirtualMachine", id=golden["vm"], hostid=there) == told
    place.cloud.sim.settings.set("vm.strict.host.tags", "silver")
    op.do("startVirtualMachine", id=golden["vm"])
    place.cloud.sim.settings.set("resource.limit.host.tags", "iron,gold")
    assert op.refused("migrateVirtualMachine", **move) == told
    place.cloud.sim.settings.set("vm.strict.resource.limit.host.tag.check", "false")
    op.do("migrateVirtualMachine", **move)


def test_a_running_instance_takes_no_offering_whose_strict_tags_its_host_lacks(place: Any) -> None:
    op, size = place.op, {"displaytext": "s", "cpunumber": 1, "cpuspeed": 100, "dynamicscalingenabled": "true"}
    small, silver = (
        op.do("createServiceOffering", name=f"s{memory}", memory=memory, **size, **tags)["serviceoffering"]["id"]
        for memory, tags in ((128, {}), (256, {"hosttags": "silver"}))
    )
    op.do("updateConfiguration", name="enable.dynamic.scale.vm", value="true")
    op.do("updateTemplate", id=place.template, isdynamicallyscalable="true")
    vm = place.deploy("grows", serviceofferingid=small)["id"]
    place.cloud.sim.settings.set("vm.strict.host.tags", "silver")
    assert op.refused("scaleVirtualMachine", id=vm, serviceofferingid=silver) == (530, "Failed to scale the VM")
    place.cloud.sim.settings.set("vm.strict.host.tags", "")
    op.do("scaleVirtualMachine", id=vm, serviceofferingid=silver)


@pytest.mark.parametrize(
    ("groups", "text"),
    [
        ("", "Source host has storage access groups, but destination host has none."),
        ("b,c", "Storage access groups on the source and destination hosts did not match."),
        ("b,a", None),
    ],
)
def test_instances_keep_to_hosts_with_their_access_groups(place: Any, groups: str, text: str | None) -> None:
    vm = place.deploy("one")
    there = next(host for host in place.cloud.hosts if host != vm["hostid"])
    place.op.do("configureStorageAccess", hostid=vm["hostid"], storageaccessgroups="a")
    place.op.do("configureStorageAccess", hostid=there, storageaccessgroups=groups)
    move = {"virtualmachineid": vm["id"], "hostid": there}
    if text is None:
        place.op.do("migrateVirtualMachine", **move)
    else:
        assert place.op.refused("migrateVirtualMachine", **move) == (530, text)


def test_security_groups_that_are_not_there(op: Any) -> None:
    told = op.refused("deleteSecurityGroup", id="-1")
    assert told == (431, "Unable to find network group: -1; failed to delete group.")
    told = op.refused("authorizeSecurityGroupIngress", securitygroupid="-1", protocol="tcp")
    assert told == (431, "Unable to find security group by id -1")


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("serves", "shared file system", "Operation not supported on Shared FileSystem Instance"),
        ("hypervisor", "External", "Attach ISO operation is not allowed for External hypervisor type"),
    ],
)
def test_instances_that_take_no_iso(place: Any, field: str, value: str, text: str) -> None:
    vm = place.deploy("one")["id"]
    setattr(place.cloud.sim.db.vms.find(vm), field, value)
    assert place.op.refused("attachIso", id="-1", virtualmachineid=vm) == (431, text)

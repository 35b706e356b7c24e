"""Offerings: who may make and see them, what they refuse, and what they mean for instances."""

from __future__ import annotations

from typing import Any

import pytest

SIZE = {"cpunumber": "1", "cpuspeed": "500", "memory": "512"}
ISOLATED = {
    "displaytext": "n", "guestiptype": "Isolated", "traffictype": "GUEST",
    "supportedservices": "Dhcp,Dns,SourceNat",
    **{
        f"serviceproviderlist[{n}].{key}": value
        for n, service in enumerate(("Dhcp", "Dns", "SourceNat"))
        for key, value in (("service", service), ("provider", "VirtualRouter"))
    },
}  # fmt: skip


def names(op: Any, command: str = "listServiceOfferings") -> set[str]:
    return {row["name"] for row in op.rows(command)}


def test_an_offering_for_a_domain_is_seen_there_and_below_and_nowhere_else(op: Any, people: dict[str, Any]) -> None:
    other = op.do("createDomain", name="other")["domain"]["id"]
    op.do("createServiceOffering", name="theirs", displaytext="t", **SIZE, domainid=people["ann"].domain.uuid)
    op.do("createServiceOffering", name="others", displaytext="t", **SIZE, domainid=other)
    operator = type(op)
    assert {"theirs", "others"} <= names(op)
    for person in ("ann", "eve", "owner"):
        seen = names(operator(op.sim, people[person]))
        assert "theirs" in seen
        assert "others" not in seen


def test_a_domain_admin_makes_offerings_for_his_domains_only(op: Any, people: dict[str, Any]) -> None:
    owner = type(op)(op.sim, people["owner"])
    code, text = owner.refused("createDiskOffering", name="public", displaytext="p", disksize=1)
    assert (code, "domain-admin" in text) == (431, True)
    code, _text = owner.refused(
        "createDiskOffering", name="root", displaytext="r", disksize=1, domainid=op.sim.db.domains.first().uuid
    )
    assert code in (431, 531)
    owner.do("createDiskOffering", name="mine", displaytext="m", disksize=1, domainid=people["eve"].domain.uuid)
    assert {"public", "root"} & names(op, "listDiskOfferings") == set()
    assert "mine" in names(op, "listDiskOfferings")


def test_a_domain_admin_does_not_change_what_is_not_his(op: Any, people: dict[str, Any]) -> None:
    made = op.do("createServiceOffering", name="public", displaytext="p", **SIZE)["serviceoffering"]["id"]
    owner = type(op)(op.sim, people["owner"])
    for command in ("updateServiceOffering", "deleteServiceOffering"):
        code, _text = owner.refused(command, id=made, **({"name": "x"} if command.startswith("update") else {}))
        assert code in (431, 531)
    assert "public" in names(op)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"cpunumber": "0"}, "cpu number"),
        ({"cpuspeed": "-1"}, "cpu speed"),
        ({"memory": "16"}, "memory"),
        ({"storagetype": "tape"}, "storage type"),
        ({"deploymentplanner": "Dice"}, "planner"),
        ({"provisioningtype": "magic"}, "not implemented"),
        ({"issystem": "true", "systemvmtype": "toaster"}, "vm_type"),
    ],
)
def test_a_size_that_cannot_be_is_refused(op: Any, changed: dict[str, str], named: str) -> None:
    before = names(op)
    code, text = op.refused("createServiceOffering", **({"name": "bad", "displaytext": "b"} | SIZE | changed))
    assert code in (431, 530)
    assert named.replace("_", "") in text.lower().replace("_", "").replace("-", "")
    assert names(op) == before


def test_a_custom_offering_binds_what_instances_may_ask_for(running: Any) -> None:
    offering = running.op.do(
        "createServiceOffering", name="custom", displaytext="c", customized="true", mincpunumber=1, maxcpunumber=2,
        minmemory=256, maxmemory=1024, cpuspeed=500,
    )["serviceoffering"]["id"]  # fmt: skip
    network = running.op.only("listNetworkOfferings", name="DefaultIsolatedNetworkOfferingWithSourceNatService")["id"]
    network = running.op.do(
        "createNetwork", name="n", displaytext="n", zoneid=running.zone, networkofferingid=network
    )["network"]["id"]  # fmt: skip
    template = running.op.only("listTemplates", templatefilter="all", name="golden")["id"]
    params = {
        "zoneid": running.zone, "templateid": template, "serviceofferingid": offering, "networkids": network,
        "details[0].cpuNumber": "2", "details[0].memory": "1024",
    }  # fmt: skip
    for bad in ({"details[0].cpuNumber": "3"}, {"details[0].memory": "2048"}):
        code, _text = running.op.refused("deployVirtualMachine", **(params | bad))
        assert code in (431, 530)
    vm = running.op.do("deployVirtualMachine", **params)["virtualmachine"]
    assert (vm["cpunumber"], vm["memory"]) == (2, 1024)


def test_host_tags_of_an_offering_choose_the_host(running: Any) -> None:
    running.op.do("updateHost", id=running.hosts[1], hosttags="fast")
    offering = running.op.do("createServiceOffering", name="fast", displaytext="f", **SIZE, hosttags="fast")[
        "serviceoffering"
    ]["id"]
    vm = running.deploy("one")
    running.op.do("stopVirtualMachine", id=vm["id"])
    running.op.do("changeServiceForVirtualMachine", id=vm["id"], serviceofferingid=offering)
    assert running.op.do("startVirtualMachine", id=vm["id"])["virtualmachine"]["hostid"] == running.hosts[1]
    running.op.do("stopVirtualMachine", id=vm["id"])
    running.op.do("updateHost", id=running.hosts[1], hosttags="slow")
    code, _text = running.op.refused("startVirtualMachine", id=vm["id"])
    assert code in (530, 533), "no host has the tag any more"


def test_storage_tags_of_an_offering_choose_the_pool(running: Any) -> None:
    place = {"zoneid": running.zone, "podid": running.pod, "clusterid": running.cluster}
    fast = running.op.do("createStoragePool", **place, name="fast", url="nfs://10.0.0.6/fast", tags="ssd")[
        "storagepool"
    ]["id"]
    offering = running.op.do("createDiskOffering", name="ssd", displaytext="s", disksize=1, tags="ssd")["diskoffering"]
    vm = running.deploy("one")
    for number in range(3):
        volume = running.op.do(
            "createVolume", name=f"v{number}", zoneid=running.zone, diskofferingid=offering["id"]
        )["volume"]  # fmt: skip
        found = running.op.do("attachVolume", id=volume["id"], virtualmachineid=vm["id"])["volume"]
        assert found["storageid"] == fast


def test_an_offering_of_another_zone_cannot_be_used(running: Any) -> None:
    other = running.op.do(
        "createZone", name="south", networktype="Advanced", dns1="192.0.2.53", internaldns1="10.0.0.53"
    )["zone"]["id"]  # fmt: skip
    offering = running.op.do("createDiskOffering", name="south", displaytext="s", disksize=1, zoneid=other)
    code, _text = running.op.refused(
        "createVolume", name="v", zoneid=running.zone, diskofferingid=offering["diskoffering"]["id"]
    )
    assert code == 531
    assert "south" not in {o["name"] for o in running.op.rows("listDiskOfferings", zoneid=running.zone)}


def test_an_offering_of_another_domain_cannot_be_used(running: Any, people: dict[str, Any]) -> None:
    op, domain = running.op, people["eve"].domain.uuid
    disk = op.do("createDiskOffering", name="eves", displaytext="e", disksize=1, domainid=domain)["diskoffering"]["id"]
    network = op.do("createNetworkOffering", name="eves", **ISOLATED, domainid=domain)["networkoffering"]["id"]
    op.do("updateNetworkOffering", id=network, state="Enabled")
    for person, expected in (("ann", 531), ("eve", 200)):
        caller = people[person]
        for command, params in (
            ("createVolume", {"name": "v", "diskofferingid": disk}),
            ("createNetwork", {"name": "n", "displaytext": "n", "networkofferingid": network}),
        ):
            status, body = op.sim.call(command, caller, zoneid=running.zone, **params)
            assert status == expected, body


def test_an_inactive_offering_serves_nothing_new(running: Any) -> None:
    offering = running.op.do("createDiskOffering", name="old", displaytext="o", disksize=1)["diskoffering"]["id"]
    running.op.do("updateDiskOffering", id=offering, state="Inactive")
    assert "old" not in names(running.op, "listDiskOfferings")
    code, _text = running.op.refused("createVolume", name="v", zoneid=running.zone, diskofferingid=offering)
    assert code in (431, 530)


def test_a_network_offering_works_once_it_is_enabled_and_stays_while_networks_use_it(running: Any) -> None:
    op = running.op
    offering = op.do("createNetworkOffering", name="plain", **ISOLATED)["networkoffering"]["id"]
    wanted = {"name": "n", "displaytext": "n", "zoneid": running.zone, "networkofferingid": offering}
    assert op.only("listNetworkOfferings", id=offering)["state"] == "Disabled"
    code, _text = op.refused("createNetwork", **wanted)
    assert code == 431
    op.do("updateNetworkOffering", id=offering, state="Enabled")
    op.do("createNetwork", **wanted)
    code, text = op.refused("deleteNetworkOffering", id=offering)
    assert code in (431, 530)
    assert "used by 1 networks" in text


def test_built_in_offerings_are_not_deleted(op: Any) -> None:
    builtin = op.only("listNetworkOfferings", name="DefaultSharedNetworkOffering")["id"]
    code, text = op.refused("deleteNetworkOffering", id=builtin)
    assert (code, "efault" in text) == (431, True)
    default = op.rows("listServiceOfferings", issystem="true", systemvmtype="domainrouter")[0]["id"]
    op.refused("deleteServiceOffering", id=default)
    assert op.rows("listServiceOfferings", issystem="true", systemvmtype="domainrouter")[0]["id"] == default


CARD = {
    "name": "A card", "vendorid": "10de", "vendorname": "NVIDIA", "deviceid": "20b0", "devicename": "GA100",
    "videoram": "40960",
}  # fmt: skip


def test_an_offering_tells_its_part_of_a_gpu(op: Any) -> None:
    card = op.do("createGpuCard", **CARD)["gpucard"]["id"]
    whole = op.only("listVgpuProfiles", gpucardid=card)
    assert (whole["name"], whole["videoram"]) == ("passthrough", 40960)
    part = op.do("createVgpuProfile", gpucardid=card, name="A100-5C", videoram=5120)["vgpuprofile"]["id"]
    for count, code in ((None, 200), ("2", 200), ("0", 431)):
        more = {} if count is None else {"gpucount": count}
        status, body = op.sim.call(
            "createServiceOffering", name=f"g{count}", displaytext="g", **SIZE, vgpuprofileid=part, **more
        )
        assert status == code, body
    made = op.only("listServiceOfferings", name="g2")
    assert (made["vgpuprofilename"], made["gpucardname"], made["gpucount"]) == ("A100-5C", "A card", 2)
    assert op.only("listServiceOfferings", name="gNone")["gpucount"] == 1


@pytest.mark.parametrize("changed", [{"vendorid": "xyz"}, {"deviceid": " "}, {}])
def test_a_gpu_card_is_known_once_by_its_numbers(op: Any, changed: dict[str, str]) -> None:
    op.do("createGpuCard", **CARD)
    code, _text = op.refused("createGpuCard", **(CARD | changed))
    assert code == 431
    assert len(op.rows("listGpuCards")) == 1


VPC_SERVICES = {"supportedservices": "Dhcp,Dns,SourceNat"}


def capability(service: str, name: str, value: str) -> dict[str, str]:
    words = {"service": service, "capabilitytype": name, "capabilityvalue": value}
    return {f"servicecapabilitylist[0].{word}": text for word, text in words.items()}


def test_a_vpc_offering_is_distributed_without_the_service_of_that_capability(op: Any) -> None:
    params = VPC_SERVICES | capability("Connectivity", "distributedrouter", "True")
    made = op.do("createVPCOffering", name="spread", displaytext="s", **params)["vpcoffering"]
    assert (made["distributedvpcrouter"], made.get("supportsregionLevelvpc")) == (True, False)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("Dns", "RegionLevelVpc", "true"), "Invalid Service: Dns specified. Capability Connectivity can be specified"),
        (("SourceNat", "RedundantRouter", "yes"), "Invalid Capability value:yes specified."),
        (("SourceNat", "Colour", "true"), "Invalid capability:Colour capability value:true"),
    ],
)
def test_a_vpc_offering_takes_capabilities_of_their_own_service(op: Any, given: tuple[str, ...], text: str) -> None:
    code, said = op.refused("createVPCOffering", name="odd", displaytext="o", **VPC_SERVICES, **capability(*given))
    assert (code, said.startswith(text)) == (431, True), said

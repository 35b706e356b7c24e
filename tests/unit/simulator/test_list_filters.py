"""What filters of list commands find, and what they are refused for."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator


class Caller:
    """Calls commands on a simulator and gives the content of the answers."""

    def __init__(self, sim: Simulator) -> None:
        self.sim = sim

    def __call__(self, command: str, **params: Any) -> dict[str, Any]:
        _status, body = self.sim.call(command, **params)
        self.sim.settle()
        return dict(next(iter(body.values())))

    def names(self, command: str, **params: Any) -> list[str]:
        content = self(command, **params)
        assert "errortext" not in content, content
        return sorted(row["name"] for row in next((v for v in content.values() if isinstance(v, list)), []))


@pytest.fixture(scope="module")
def call(sandbox: Simulator) -> Caller:
    """Instances `one` (running, tagged) and `two` (stopped, destroyed), a data volume, offerings and images."""
    call = Caller(sandbox)
    place = {"zoneid": sandbox.db.zones.first().uuid}
    template = call("listTemplates", templatefilter="featured")["template"][0]["id"]
    network = call(
        "createNetwork", name="net", displaytext="net", **place,
        networkofferingid=sandbox.db.network_offerings.first(
            name="DefaultIsolatedNetworkOfferingWithSourceNatService"
        ).uuid,
    )["network"]["id"]  # fmt: skip
    small = sandbox.db.service_offerings.first(name="Small Instance").uuid
    for name in ("one", "two"):
        call(
            "deployVirtualMachine", **place, templateid=template, serviceofferingid=small, networkids=network, name=name
        )
    one, two = (sandbox.db.vms.first(name=name) for name in ("one", "two"))
    call("createTags", resourceids=one.uuid, resourcetype="UserVm", **{"tags[0].key": "a", "tags[0].value": "1"})
    call("destroyVirtualMachine", id=two.uuid)
    call("createDiskOffering", name="gold", displaytext="gold", disksize=1, tags="ssd")
    call("createDiskOffering", name="gold too", displaytext="gold", disksize=2, tags="ssd,fast")
    gold = sandbox.db.disk_offerings.first(name="gold").uuid
    call("createVolume", name="data", diskofferingid=gold, **place)
    call("createServiceOffering", name="large", displaytext="l", cpunumber=4, cpuspeed=2000, memory=4096)
    call("createServiceOffering", name="less", displaytext="l", cpunumber=1, cpuspeed=100, memory=256)
    call("createServiceOffering", name="tagged", displaytext="l", cpunumber=4, cpuspeed=2000, memory=4096, hosttags="x")
    return call


def given(call: Caller, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters, `@table:name` being the id of a row."""
    db = call.sim.db
    found = {}
    for key, value in params.items():
        if str(value).startswith("@"):
            table, _colon, name = value[1:].partition(":")
            value = (db.tables[table].first(name=name) if name else db.tables[table].first()).uuid
        found[key] = value
    return found


NO_DETAIL = "The details parameter contains a non permitted value. The allowed values are [{}]"
TAGS = {"tags[0].key": "a", "tags[0].value": "1", "tags[1].key": "b", "tags[1].value": "2"}


@pytest.mark.parametrize(
    ("command", "params", "found"),
    [
        ("listVirtualMachines", {"state": "present"}, ["one"]),
        ("listVirtualMachines", {"state": "destroyed"}, ["two"]),
        ("listVirtualMachines", {"podid": "@pods:"}, ["one"]),
        ("listVirtualMachines", {"keyword": "runn"}, []),
        ("listVirtualMachines", {"keyword": "running"}, ["one"]),
        ("listVirtualMachines", {"keyword": "ON"}, ["one"]),
        ("listVirtualMachines", {"keyword": "i-2-"}, ["one", "two"]),
        ("listVirtualMachines", {"keyword": "10.1.1."}, ["one", "two"]),
        ("listVirtualMachines", {"isvnf": "true"}, []),
        ("listVirtualMachines", {"isvnf": "false", "arch": "x86_64"}, ["one", "two"]),
        ("listVirtualMachines", {"arch": "aarch64"}, []),
        ("listVirtualMachines", TAGS, ["one"]),
        ("listVolumes", {"keyword": "datad"}, ["data"]),
        ("listVolumes", {"keyword": "alloc"}, ["data"]),
        ("listVolumes", {"type": "data"}, ["data"]),
        ("listVolumes", {"serviceofferingid": "@service_offerings:Medium Instance"}, []),
        (
            "listVolumes",
            {"diskofferingid": "@disk_offerings:gold", "serviceofferingid": "@service_offerings:"},
            ["data"],
        ),
        ("listZones", {"name": "Sandbox-simulator", "keyword": "nothing"}, ["Sandbox-simulator"]),
        ("listZones", {"id": "@zones:", "name": "nothing"}, ["Sandbox-simulator"]),
        ("listZones", {"keyword": "nothing"}, []),
        ("listClusters", {"keyword": "simul"}, ["C0", "C1"]),
        ("listSystemVms", {"keyword": "runn"}, ["s-1-QA", "v-2-QA"]),
        ("listRouters", {"keyword": "nothing"}, []),
        ("listZones", {"available": "false"}, ["Sandbox-simulator"]),
        ("listDiskOfferings", {"volumeid": "@volumes:data"}, ["gold too"]),
        ("listServiceOfferings", {"virtualmachineid": "@vms:one"}, ["Medium Instance", "large", "tagged"]),
        ("listServiceOfferings", {"gpuenabled": "true"}, []),
        ("listServiceOfferings", {"storagetype": "local"}, []),
        ("listServiceOfferings", {"storagetype": "odd", "name": "less"}, ["less"]),
        ("listDiskOfferings", {"storagetype": "odd", "name": "gold"}, ["gold"]),
        ("listClusters", {"hypervisor": "odd"}, []),
        ("listTemplates", {"templatefilter": "all", "hypervisor": "odd", "templatetype": "VNF"}, []),
        ("listTemplates", {"templatefilter": "all", "keyword": "SystemVM"}, ["SystemVM Template (simulator)"]),
        ("listTemplates", {"templatefilter": "all", "isvnf": "true"}, []),
        ("listTemplates", {"templatefilter": "all", "oscategoryid": "@os_categories:Windows"}, []),
    ],
)
def test_a_filter_finds(call: Caller, command: str, params: dict[str, Any], found: list[str]) -> None:
    assert call.names(command, **given(call, params)) == found


@pytest.mark.parametrize("command", ["listVirtualMachines", "listVolumes", "listNetworks", "listPublicIpAddresses"])
def test_a_count_comes_without_rows(call: Caller, command: str) -> None:
    everything = call(command)["count"]
    assert everything > 0
    assert call(command, retrieveonlyresourcecount="true") == {"count": everything}


def test_a_hypervisor_that_nobody_knows_hides_nothing(call: Caller) -> None:
    for command, more in (("listHosts", {}), ("listTemplates", {"templatefilter": "all"})):
        assert call(command, hypervisor="odd", **more)["count"] == call(command, **more)["count"] > 0
    assert call("listHosts", hypervisor="KVM") == {}


def test_events_within_two_times_are_never_found(call: Caller) -> None:
    assert call("listEvents", duration="5")["count"] == call("listEvents")["count"] > 0
    assert call("listEvents", duration="5", entrytime="9") == {}


@pytest.mark.parametrize("word", ["admin", "enab"])
def test_users_are_found_by_account_and_state(call: Caller, word: str) -> None:
    assert [user["username"] for user in call("listUsers", keyword=word)["user"]] == ["admin"]


@pytest.mark.parametrize("word", ["net", "runn", "r-"])
def test_routers_are_found_by_network_state_and_name(call: Caller, word: str) -> None:
    assert call("listRouters", keyword=word, listall="true")["count"] == 1


def test_offerings_without_the_tags_of_the_pool_are_counted_but_not_shown(call: Caller) -> None:
    pool = call.sim.db.storage_pools.first()
    call("updateStoragePool", id=pool.uuid, tags="ssd")
    answer = call("listDiskOfferings", storageid=pool.uuid)
    call("updateStoragePool", id=pool.uuid, tags="")
    assert [row["name"] for row in answer["diskoffering"]] == ["gold", "gold too"]
    assert answer["count"] > 2
    assert call("listDiskOfferings", storageid=pool.uuid)["count"] == answer["count"]


@pytest.mark.parametrize(
    ("command", "params", "text"),
    [
        ("listVolumes", {"storageid": "none"}, "Unable to find storage pool by uuid none"),
        ("listIsos", {"id": "@templates:"}, "Specified Template Id is not an ISO"),
        ("listHosts", {"details": "Min"}, NO_DETAIL.format("all, capacity, events, stats, min")),
        ("listAccounts", {"details": "odd"}, NO_DETAIL.format("all, resource, min")),
        ("listDomains", {"details": "odd"}, NO_DETAIL.format("all, resource, min")),
        ("listProjects", {"details": "odd"}, NO_DETAIL.format("all, resource, min")),
        ("listProjects", {"account": "x"}, "could not find account x because domain is not specified"),
        ("listProjects", {"username": "x"}, "could not find user x because domain is not specified"),
        ("listAccounts", {"apikeyaccess": "odd"}, "ApiKeyAccess value can only be Enabled/Disabled/Inherit"),
        ("listUsers", {"apikeyaccess": "odd"}, "ApiKeyAccess value can only be Enabled/Disabled/Inherit"),
        ("listEvents", {"resourceid": "odd", "resourcetype": "Zone"}, "Invalid resourceid"),
        ("listSnapshots", {"locationtype": "moon"}, "Invalid locationtype specified, moon"),
        (
            "listDiskOfferings", {"volumeid": "@volumes:data", "storageid": "@storage_pools:"},
            "Both volume ID and storage pool ID are not allowed at the same time",
        ),
    ],
)  # fmt: skip
def test_a_filter_is_refused(call: Caller, command: str, params: dict[str, Any], text: str) -> None:
    answer = call(command, **given(call, params))
    assert (answer["errorcode"], answer["errortext"]) == (431, text)

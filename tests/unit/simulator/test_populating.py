"""A populated zone hangs together: every count, relation and capacity is what the lists themselves add up to."""

from __future__ import annotations

from typing import Any

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.populating import PopulateError, Wanted, populate


@pytest.fixture(scope="module")
def sim() -> Simulator:
    made = Simulator(seed=1, page_size=500)
    populate(made, Wanted(hosts=20, vms=130, routers=11))
    return made


def rows(sim: Simulator, command: str, **params: Any) -> list[dict[str, Any]]:
    status, body = sim.call(command, listall="true", **params)
    assert status == 200, body
    answer = next(iter(body.values()))
    return next((value for value in answer.values() if isinstance(value, list)), [])


def test_there_is_as_much_as_was_asked_for(sim: Simulator) -> None:
    assert len(rows(sim, "listHosts", type="Routing")) == 20
    assert len(rows(sim, "listVirtualMachines")) == 130
    assert len(rows(sim, "listRouters")) == len(rows(sim, "listNetworks")) == 11
    assert len(rows(sim, "listVolumes")) == 130 + 13
    assert {vm["state"] for vm in rows(sim, "listSystemVms")} == {"Running"}
    assert {vm["state"] for vm in rows(sim, "listVirtualMachines")} == {"Running", "Stopped"}


def test_accounts_count_what_they_own(sim: Simulator) -> None:
    vms, volumes = rows(sim, "listVirtualMachines"), rows(sim, "listVolumes")
    for account in rows(sim, "listAccounts", accounttype=0):
        name = account["name"]
        assert account["vmtotal"] == sum(vm["account"] == name for vm in vms)
        assert account["volumetotal"] == sum(volume["account"] == name for volume in volumes)
        assert account["networktotal"] == account["iptotal"]


def test_addresses_are_used_once_and_lie_in_their_networks(sim: Simulator) -> None:
    nics = [nic for vm in rows(sim, "listVirtualMachines") for nic in vm["nic"]]
    assert len({(nic["networkid"], nic["ipaddress"]) for nic in nics}) == len(nics)
    assert len({nic["macaddress"] for nic in nics}) == len(nics)
    assert all(nic["ipaddress"].startswith("10.1.1.") and nic["ipaddress"] != "10.1.1.1" for nic in nics)
    assert len({router["publicip"] for router in rows(sim, "listRouters")}) == 11


def test_hosts_carry_what_runs_on_them(sim: Simulator) -> None:
    for host in sim.db.hosts.where(kind="Routing"):
        there = [sim.db.service_offerings[vm.service_offering_id] for vm in sim.db.vms.where(host_id=host.id)]
        assert host.memory_used == sum(offering.memory for offering in there) << 20
        assert host.cpu_used == sum(offering.cpu * offering.speed for offering in there)


def test_life_goes_on_in_it(sim: Simulator) -> None:
    stopped = rows(sim, "listVirtualMachines", state="Stopped")[0]
    sim.call("startVirtualMachine", id=stopped["id"])
    sim.settle()
    assert rows(sim, "listVirtualMachines", id=stopped["id"])[0]["state"] == "Running"
    router = rows(sim, "listRouters")[0]
    sim.call("destroyRouter", id=router["id"])
    sim.settle()
    sim.call("restartNetwork", id=router["guestnetworkid"], cleanup="false")
    sim.settle()
    assert [r["state"] for r in rows(sim, "listRouters", networkid=router["guestnetworkid"])] == ["Running"]


def test_several_zones_share_it_and_their_vms_are_of_the_wanted_hypervisor() -> None:
    made = Simulator(seed=1, page_size=500)
    populate(made, Wanted.parse("hosts=5,vms=7,routers=4,zones=3,hypervisor=KVM"))
    zones = [zone["name"] for zone in rows(made, "listZones")]
    per_zone = {
        command: [len(rows(made, command, zoneid=zone["id"], **more)) for zone in rows(made, "listZones")]
        for command, more in (("listHosts", {"type": "Routing"}), ("listRouters", {}), ("listVirtualMachines", {}))
    }
    assert zones == ["Populated", "Populated-2", "Populated-3"]
    assert per_zone == {"listHosts": [2, 2, 1], "listRouters": [2, 1, 1], "listVirtualMachines": [3, 2, 2]}
    vms = [*rows(made, "listSystemVms"), *rows(made, "listRouters"), *rows(made, "listVirtualMachines")]
    assert {vm.get("hypervisor") for vm in vms} == {"KVM"}
    assert {vm["agentstate"] for vm in rows(made, "listSystemVms")} == {"Up"}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("hosts=3,vms=20,routers=2", Wanted(3, 20, 2)),
        ("vms=1000", Wanted(44, 1000, 100)),
        ("hosts=5", Wanted(5, 0, 0)),
    ],
)
def test_what_is_left_out_follows(text: str, wanted: Wanted) -> None:
    assert Wanted.parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "write hosts=N"), ("vms=-1", "write hosts=N"), ("vms=1,vms=2", "at most once"),
        ("disks=1", "write hosts=N"),
        ("vms=999999", "more than"), ("hosts=1,vms=5000", "1 hosts take 100"),
        ("vms=500,routers=1", "at least 3 routers"), ("hosts=2,zones=3", "at least one host"),
        ("hosts=2,hypervisor=Bochs", "hypervisor=Simulator"),
    ],
)  # fmt: skip
def test_wishes_that_cannot_be_met(text: str, why: str) -> None:
    with pytest.raises(PopulateError, match=why):
        Wanted.parse(text)

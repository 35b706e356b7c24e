"""Console proxies and secondary storage VMs of ordinary hypervisors: they come, come back, and can be patched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator.commands.appliances.ageing import age

if TYPE_CHECKING:
    from conftest import Cloud

KINDS = ("consoleproxy", "secondarystoragevm")


def vm_of(cloud: Cloud, kind: str) -> dict[str, Any]:
    return cloud.op.only("listSystemVms", systemvmtype=kind)


def step_until(cloud: Cloud, kind: str, **wanted: Any) -> dict[str, Any]:
    """Let time pass until there is one that looks so."""
    for _second in range(120):
        for row in cloud.op.rows("listSystemVms", systemvmtype=kind):
            if all(row.get(name) == value for name, value in wanted.items()):
                return row
        cloud.sim.advance(1)
    raise AssertionError(f"no {kind} came to {wanted}")


@pytest.mark.parametrize("kind", KINDS)
def test_an_enabled_zone_gets_one_whose_agent_comes_later(cloud: Cloud, kind: str) -> None:
    assert cloud.op.rows("listSystemVms") == []
    cloud.op.do("updateZone", id=cloud.zone, allocationstate="Enabled")
    assert step_until(cloud, kind, state="Starting")["hypervisor"] == "KVM"
    assert "agentstate" not in step_until(cloud, kind, state="Running")
    ready = step_until(cloud, kind, agentstate="Up")
    assert ready["version"] == cloud.op.do("listCapabilities")["capability"]["cloudstackversion"]
    assert ready["publicip"].startswith("203.0.113.") and ready["privateip"].startswith("10.0.0.")


def test_a_zone_without_hosts_gets_none(bare: Cloud) -> None:
    bare.op.do("updateZone", id=bare.zone, allocationstate="Enabled")
    bare.sim.advance(300)
    assert bare.op.rows("listSystemVms") == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_destroyed_one_is_replaced_by_the_next(running: Cloud, kind: str) -> None:
    before = vm_of(running, kind)
    running.op.do("destroySystemVm", id=before["id"])
    fresh = step_until(running, kind, agentstate="Up")
    assert fresh["id"] != before["id"]
    assert int(fresh["name"].split("-")[1]) > int(before["name"].split("-")[1])
    assert len(running.op.rows("listSystemVms")) == len(KINDS)


def test_none_comes_back_in_a_disabled_zone(running: Cloud) -> None:
    running.op.do("updateZone", id=running.zone, allocationstate="Disabled")
    running.op.do("destroySystemVm", id=vm_of(running, "consoleproxy")["id"])
    running.sim.advance(300)
    assert running.op.rows("listSystemVms", systemvmtype="consoleproxy") == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_reboot_cuts_the_agent_off_for_a_while(running: Cloud, kind: str) -> None:
    before = vm_of(running, kind)
    running.op.do("rebootSystemVm", id=before["id"])
    assert vm_of(running, kind)["agentstate"] == "Disconnected"
    after = step_until(running, kind, agentstate="Up")
    assert {**after, "agentstate": ""} == {**before, "agentstate": ""}


@pytest.mark.parametrize("kind", KINDS)
def test_a_patch_brings_today_s_scripts_without_a_restart(running: Cloud, kind: str) -> None:
    current = vm_of(running, kind)["version"]
    age(running.sim, release="4.20.1.0")
    vm = vm_of(running, kind)
    assert vm["version"] == "4.20.1.0"
    assert running.op.do("patchSystemVm", id=vm["id"])["details"].startswith("Successfully patched")
    assert {**vm_of(running, kind), "version": ""} == {**vm, "version": ""}
    assert vm_of(running, kind)["version"] == current
    assert running.op.do("patchSystemVm", id=vm["id"])["details"] == "No change since last patch"
    assert running.op.do("patchSystemVm", id=vm["id"], forced="true")["details"].startswith("Successfully patched")


def test_only_a_running_one_can_be_patched(running: Cloud) -> None:
    vm = vm_of(running, "consoleproxy")
    running.op.do("stopSystemVm", id=vm["id"])
    status, text = running.op.refused("patchSystemVm", id=vm["id"])
    assert status == 530 and "not in Running state" in text


def test_a_new_offering_counts_for_the_next_one(running: Cloud) -> None:
    offering = running.op.do(
        "createServiceOffering", name="large proxies", displaytext="x", issystem="true", systemvmtype="consoleproxy",
        cpunumber=2, cpuspeed=1000, memory=2048,
    )["serviceoffering"]  # fmt: skip
    running.op.do("updateConfiguration", name="consoleproxy.service.offering", value=offering["id"])
    before = vm_of(running, "consoleproxy")
    assert before["serviceofferingname"] != "large proxies"
    running.op.do("destroySystemVm", id=before["id"])
    assert step_until(running, "consoleproxy", agentstate="Up")["serviceofferingid"] == offering["id"]


def test_diagnostics_come_from_inside(running: Cloud) -> None:
    vm = vm_of(running, "secondarystoragevm")
    found = running.op.do("runDiagnostics", targetid=vm["id"], type="ping", ipaddress="192.0.2.53")["diagnostics"]
    assert found["exitcode"] == "0" and "192.0.2.53" in found["stdout"]
    assert running.op.do("getDiagnosticsData", targetid=vm["id"])["diagnostics"]["url"].startswith("http")


def test_what_is_done_to_them_is_in_the_events(running: Cloud) -> None:
    vm = vm_of(running, "consoleproxy")
    running.op.do("stopSystemVm", id=vm["id"])
    running.op.refused("patchSystemVm", id=vm["id"])
    stops = {event["state"]: event for event in running.op.rows("listEvents", type="PROXY.STOP")}
    first = stops.pop("Scheduled")
    assert {state: event["parentid"] for state, event in stops.items()} == dict.fromkeys(
        ("Started", "Completed"), first["id"]
    )
    assert (first["resourceid"], first["resourcetype"]) == (vm["id"], "SystemVm")
    assert "ERROR" in {event["level"] for event in running.op.rows("listEvents", type="LIVE.PATCH.SYSTEM.VM")}


def test_an_agent_that_stays_away_shows(running: Cloud) -> None:
    running.sim.faults.add({"do": "agent-silent", "object": "v-*"})
    running.op.do("destroySystemVm", id=vm_of(running, "consoleproxy")["id"])
    running.sim.advance(300)
    assert vm_of(running, "consoleproxy").get("agentstate") != "Up"
    assert vm_of(running, "secondarystoragevm")["agentstate"] == "Up"


def test_the_offering_of_secondary_storage_vms_counts_after_a_restart_of_the_servers(running: Cloud) -> None:
    offering = running.op.do(
        "createServiceOffering", name="big ssvm", displaytext="big ssvm", issystem="true", cpunumber=2, cpuspeed=500,
        memory=1024, systemvmtype="secondarystoragevm",
    )["serviceoffering"]["id"]  # fmt: skip

    def renewed() -> str:
        running.op.do("destroySystemVm", id=vm_of(running, "secondarystoragevm")["id"])
        running.sim.advance(120)
        return str(vm_of(running, "secondarystoragevm")["serviceofferingname"])

    running.op.do("updateConfiguration", name="secstorage.service.offering", value=offering)
    assert renewed() == "System Offering For Secondary Storage VM"
    running.sim.restart()
    assert renewed() == "big ssvm"


def test_open_consoles_show_until_the_rule_ends(running: Cloud) -> None:
    rule = running.sim.faults.add({"do": "consoles-open", "where": "v-*"})
    assert vm_of(running, "consoleproxy")["activeviewersessions"] > 0
    running.sim.faults.remove(rule)
    assert vm_of(running, "consoleproxy")["activeviewersessions"] == 0

"""Virtual routers of ordinary hypervisors: pairs, renewal, patches, health."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from cloudstack_simulator.commands.appliances.ageing import age

if TYPE_CHECKING:
    from conftest import Cloud


def network_with(cloud: Cloud, *, redundant: bool) -> dict[str, Any]:
    """An isolated network in which an instance runs."""
    built_in = "DefaultIsolatedNetworkOfferingWithSourceNatService"
    offering = cloud.op.only("listNetworkOfferings", name=built_in)["id"]
    if redundant:
        services = ("Dhcp", "Dns", "SourceNat", "StaticNat", "Firewall", "PortForwarding", "UserData")
        providers = {
            key: value
            for number, service in enumerate(services)
            for key, value in (
                (f"serviceproviderlist[{number}].service", service),
                (f"serviceproviderlist[{number}].provider", "VirtualRouter"),
            )
        }
        offering = cloud.op.do(
            "createNetworkOffering", name="pair", displaytext="pair", guestiptype="Isolated", traffictype="GUEST",
            supportedservices=",".join(services), **providers,
            **{
                "servicecapabilitylist[0].service": "SourceNat",
                "servicecapabilitylist[0].capabilitytype": "RedundantRouter",
                "servicecapabilitylist[0].capabilityvalue": "true",
            },
        )["networkoffering"]["id"]  # fmt: skip
        cloud.op.do("updateNetworkOffering", id=offering, state="Enabled")
    network: dict[str, Any] = cloud.op.do(
        "createNetwork", name="web", displaytext="web", zoneid=cloud.zone, networkofferingid=offering,
        gateway="192.168.7.1", netmask="255.255.255.0",
    )["network"]  # fmt: skip
    cloud.op.do(
        "deployVirtualMachine", name="web-1", zoneid=cloud.zone, networkids=network["id"],
        templateid=cloud.op.only("listTemplates", templatefilter="all", name="golden")["id"],
        serviceofferingid=cloud.op.only("listServiceOfferings", name="Small Instance")["id"],
    )  # fmt: skip
    cloud.sim.advance(30)
    return network


def routers(cloud: Cloud) -> list[dict[str, Any]]:
    return cloud.op.rows("listRouters", listall="true")


def roles(cloud: Cloud) -> list[str]:
    return sorted(row["redundantstate"] for row in routers(cloud))


@pytest.fixture
def single(running: Cloud) -> dict[str, Any]:
    return network_with(running, redundant=False)


@pytest.fixture
def pair(running: Cloud) -> dict[str, Any]:
    return network_with(running, redundant=True)


def test_a_pair_agrees_on_who_is_primary(running: Cloud, pair: dict[str, Any]) -> None:
    assert len({row["publicip"] for row in routers(running)}) == 1
    assert len({row["guestipaddress"] for row in routers(running)}) == 2
    assert roles(running) == ["BACKUP", "PRIMARY"]


def test_the_backup_takes_over_and_keeps_it(running: Cloud, pair: dict[str, Any]) -> None:
    state = {row["redundantstate"]: row["id"] for row in routers(running)}
    running.op.do("stopRouter", id=state["PRIMARY"])
    running.sim.advance(30)
    (left,) = running.op.rows("listRouters", listall="true", state="Running")
    assert (left["id"], left["redundantstate"]) == (state["BACKUP"], "PRIMARY")
    running.op.do("startRouter", id=state["PRIMARY"])
    running.sim.advance(30)
    assert {row["redundantstate"]: row["id"] for row in routers(running)} == {
        "PRIMARY": state["BACKUP"], "BACKUP": state["PRIMARY"],
    }  # fmt: skip


def test_cleanup_renews_a_pair_and_never_leaves_the_network_alone(running: Cloud, pair: dict[str, Any]) -> None:
    before = {row["id"] for row in routers(running)}
    running.op.do("updateConfiguration", name="minreq.sysvmtemplate.version", value="4.22.0")
    age(running.sim)
    assert all(row["requiresupgrade"] for row in routers(running))
    status, body = running.sim.call("restartNetwork", id=pair["id"], cleanup="true")
    assert status == 200
    job = running.sim.db.jobs.find(body["restartnetworkresponse"]["jobid"])
    fewest = 2
    for _step in range(600):
        running.sim.advance(0.1)
        fewest = min(fewest, sum(row["state"] == "Running" for row in routers(running)))
        if job.status:
            break
    running.sim.advance(30)
    after = routers(running)
    assert job.status == 1 and not before & {row["id"] for row in after}
    assert fewest == 1 and roles(running) == ["BACKUP", "PRIMARY"]
    assert not any(row["requiresupgrade"] for row in after)


def test_old_scripts_are_patched_in_place(running: Cloud, single: dict[str, Any]) -> None:
    (before,) = routers(running)
    age(running.sim, template=before["version"])
    (old,) = routers(running)
    assert old["softwareversion"] == "4.20.1.0" and not old["requiresupgrade"]
    running.op.do("restartNetwork", id=single["id"], cleanup="false", livepatch="true")
    (after,) = routers(running)
    assert (after["id"], after["created"]) == (before["id"], before["created"])
    assert after["softwareversion"] == before["softwareversion"] and after["scriptsversion"] != old["scriptsversion"]


def test_an_old_template_is_left_by_a_reboot(running: Cloud, single: dict[str, Any]) -> None:
    running.op.do("updateConfiguration", name="minreq.sysvmtemplate.version", value="4.22.0")
    age(running.sim)
    (old,) = routers(running)
    assert (old["version"], old["requiresupgrade"]) == ("4.20.0", True)
    jobs = running.op.do("upgradeRouterTemplate", zoneid=running.zone)["asyncjobs"]
    running.sim.settle()
    assert [running.sim.db.jobs.find(job["jobid"]).status for job in jobs] == [1]
    (after,) = routers(running)
    assert after["id"] == old["id"] and not after["requiresupgrade"]
    assert "asyncjobs" not in running.op.do("upgradeRouterTemplate", zoneid=running.zone)


def test_a_destroyed_router_comes_back_with_the_network_s_restart(running: Cloud, single: dict[str, Any]) -> None:
    (before,) = routers(running)
    running.op.do("destroyRouter", id=before["id"])
    running.sim.advance(120)
    assert routers(running) == []
    running.op.do("restartNetwork", id=single["id"], cleanup="false")
    (after,) = routers(running)
    assert after["id"] != before["id"] and after["publicip"] == before["publicip"]


def test_health_is_checked_periodically_and_on_demand(running: Cloud, single: dict[str, Any]) -> None:
    (router,) = routers(running)
    status, text = running.op.refused("getRouterHealthCheckResults", routerid=router["id"])
    assert status == 530 and "No health check results found" in text
    fresh = running.op.do("getRouterHealthCheckResults", routerid=router["id"], performfreshchecks="true")
    assert all(check["success"] for check in fresh["routerhealthchecks"]["healthchecks"])
    running.sim.advance(600)
    later = running.op.do("getRouterHealthCheckResults", routerid=router["id"])["routerhealthchecks"]["healthchecks"]
    assert later[0]["lastupdated"] > fresh["routerhealthchecks"]["healthchecks"][0]["lastupdated"]


def test_what_fails_goes_on_failing_until_the_router_is_replaced(running: Cloud, single: dict[str, Any]) -> None:
    (router,) = running.sim.db.vms.where(vm_type="DomainRouter")
    running.op.do("getRouterHealthCheckResults", routerid=router.uuid, performfreshchecks="true")
    router.health_checks[0]["success"] = False
    assert running.op.only("listRouters", listall="true", healthchecksfailed="true")["id"] == router.uuid
    running.op.do("getRouterHealthCheckResults", routerid=router.uuid, performfreshchecks="true")
    assert routers(running)[0]["healthchecksfailed"]
    running.op.do("restartNetwork", id=single["id"], cleanup="true")
    assert not routers(running)[0]["healthchecksfailed"]


def test_the_last_instance_takes_the_router_with_it(running: Cloud, single: dict[str, Any]) -> None:
    vm = running.op.only("listVirtualMachines", listall="true")
    running.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    running.op.do("deleteNetwork", id=single["id"])
    assert routers(running) == []


def test_a_pair_that_does_not_agree_has_no_primary(running: Cloud) -> None:
    running.sim.faults.add({"do": "roles-unsettled"})
    network_with(running, redundant=True)
    assert roles(running) == ["BACKUP", "BACKUP"]


def test_a_router_that_does_not_come_up_fails_the_restart_and_is_gone(running: Cloud) -> None:
    network = network_with(running, redundant=False)
    before = [row["id"] for row in routers(running)]
    running.sim.faults.add({"do": "router-lost", "times": 1})
    running.op.refused("restartNetwork", id=network["id"], cleanup="true")
    assert [row["id"] for row in routers(running)] == before
    running.op.do("restartNetwork", id=network["id"], cleanup="true")
    assert [row["id"] for row in routers(running)] != before


def test_a_patch_can_fail_without_a_word(running: Cloud) -> None:
    network = network_with(running, redundant=False)
    age(running.sim, template="4.22.0")
    rule = running.sim.faults.add({"do": "patch-swallowed", "object": "r-*"})
    running.op.do("restartNetwork", id=network["id"], livepatch="true", cleanup="false")
    assert routers(running)[0]["softwareversion"] == "4.20.1.0"
    running.sim.faults.remove(rule)
    running.op.do("restartNetwork", id=network["id"], livepatch="true", cleanup="false")
    assert routers(running)[0]["softwareversion"] == "4.22.0.0"


def test_a_health_check_can_fail_by_a_rule(running: Cloud) -> None:
    network_with(running, redundant=False)
    router = running.sim.db.vms.first(vm_type="DomainRouter")
    running.sim.faults.add({"do": "check-fails", "object": router.name, "times": 1})
    running.op.do("getRouterHealthCheckResults", routerid=router.uuid, performfreshchecks="true")
    assert [check["checkname"] for check in router.health_checks if not check["success"]] == ["dns_check.py"]


def test_a_router_takes_no_offering_for_other_storage(running: Cloud) -> None:
    offering = running.op.do(
        "createServiceOffering", name="local router", displaytext="local router", issystem="true",
        systemvmtype="domainrouter", cpunumber=1, cpuspeed=500, memory=512, storagetype="local",
    )["serviceoffering"]["id"]  # fmt: skip
    running.op.do("updateConfiguration", name="router.service.offering", value=offering)
    network_with(running, redundant=False)
    assert routers(running)[0]["serviceofferingname"] == "System Offering For Software Router"


def test_a_stopped_router_keeps_to_the_storage_that_its_disk_is_on(running: Cloud, single: dict[str, Any]) -> None:
    made = {
        kind: running.op.do(
            "createServiceOffering", name=kind, displaytext=kind, issystem="true", systemvmtype="domainrouter",
            cpunumber=1, cpuspeed=500, memory=512, storagetype=kind,
        )["serviceoffering"]["id"]
        for kind in ("local", "shared")
    }  # fmt: skip
    router = routers(running)[0]["id"]
    running.op.do("stopRouter", id=router)
    status, text = running.op.refused("changeServiceForRouter", id=router, serviceofferingid=made["local"])
    assert status == 431 and "due to new local storage status : true is different from current" in text
    changed = running.op.do("changeServiceForRouter", id=router, serviceofferingid=made["shared"])["router"]
    assert changed["serviceofferingname"] == "shared"


def test_ageing_is_done_from_outside_too(cloudstack_simulator_factory: Any) -> None:
    server = cloudstack_simulator_factory(zone="sandbox", seed=1)

    def post(content: Any) -> tuple[int, Any]:
        request = urllib.request.Request(
            f"{server.url}/simulator/age", json.dumps(content).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    assert post({"release": "4.19.3.0"}) == (200, {"aged": 2})
    vms = server.sim.call("listSystemVms", systemvmtype="secondarystoragevm")[1]["listsystemvmsresponse"]["systemvm"]
    assert [vm["version"] for vm in vms] == ["4.19.3.0"]
    for wrong in ([], {"relase": "4.19.3.0"}, {"release": 4}, {"release": "old"}):
        assert post(wrong)[0] == 400

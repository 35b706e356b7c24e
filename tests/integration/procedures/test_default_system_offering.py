"""Default system offerings swapped by settings, and every new system VM looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput, NotFound
from ansible_collections.cloudstack.ops.plugins.module_utils.procedures.default_settings import changes_of
from ansible_collections.cloudstack.ops.tests.support.balancers import balancer, enable_internal_balancers
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from cloudstack_simulator import contract

MODULE = "default_system_offering"
PROXY, STORAGE = "consoleproxy", "secondarystoragevm"
CHANGES = ("updateConfiguration", "destroySystemVm", "restartNetwork")


@pytest.fixture
def cloud() -> PopulatedCloud:
    """Two zones of KVM hosts."""
    return PopulatedCloud("hosts=4,vms=4,routers=4,zones=2,hypervisor=KVM")


def offering(cloud: PopulatedCloud, name: str, kind: str = PROXY, **more: Any) -> str:
    wanted = {
        "name": name, "displaytext": name, "issystem": True, "systemvmtype": kind, "cpunumber": 1, "cpuspeed": 500,
        "memory": 2048, **more,
    }  # fmt: skip
    return str(cloud.client.run("createServiceOffering", wanted)["serviceoffering"]["id"])


def system_vms(cloud: PopulatedCloud, kind: str) -> list[dict[str, Any]]:
    return cloud.client.list("listSystemVms", {"systemvmtype": kind})


def fault(cloud: PopulatedCloud, **rule: Any) -> Any:
    return cloud.sim.faults.add(rule)


def sent(cloud: PopulatedCloud) -> dict[str, int]:
    """How often each disruptive or changing command came to the server."""
    return {name: cloud.sent[name] for name in CHANGES}


def test_console_proxies_get_the_offering_one_zone_after_the_other(cloud):
    wanted = offering(cloud, "big proxy")
    planned = cloud.run(MODULE, check=True, system_vm_type=PROXY, offering="big proxy")
    assert (planned["changed"], cloud.changes) == (True, 0)
    assert planned["plan"][0] == {"step": "set consoleproxy.service.offering globally from '' to 'big proxy'"}
    assert [(entry["wave"], entry["place"]) for entry in planned["plan"][1:]] == [
        (1, "Populated/consoleproxy"), (2, "Populated-2/consoleproxy"),
    ]  # fmt: skip

    done = cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy")
    assert (done["counts"], done["restart_needed"]) == ({"done": 2}, False)
    rows = system_vms(cloud, PROXY)
    assert {(row["state"], row["agentstate"], row["serviceofferingid"]) for row in rows} == {("Running", "Up", wanted)}
    first, second = sorted(done["report"]["targets"], key=lambda target: target["begun"])
    assert first["ended"] <= second["begun"]

    again = cloud.run(MODULE, system_vm_type=PROXY, offering=wanted)
    assert (again["changed"], cloud.changes, again["counts"]) == (False, 0, {"already": 2})


def test_secondary_storage_vms_wait_for_the_restart_of_the_servers(cloud):
    wanted = offering(cloud, "big storage", STORAGE)
    options = {"system_vm_type": STORAGE, "offering": "big storage"}
    with pytest.raises(InvalidInput, match="still to be set") as caught:
        cloud.run(MODULE, **options, servers_restarted=True)
    assert (caught.value.option, cloud.changes) == ("servers_restarted", 0)

    first = cloud.run(MODULE, **options)
    assert (first["restart_needed"], first["counts"], sent(cloud)["destroySystemVm"]) == (True, {"left": 2}, 0)
    with pytest.raises(InvalidInput, match="was changed at"):
        cloud.run(MODULE, **options, servers_restarted=True)
    assert cloud.run(MODULE, **options)["restart_needed"]

    cloud.sim.restart()
    done = cloud.run(MODULE, **options)
    assert (done["restart_needed"], done["counts"]) == (False, {"done": 2})
    assert {row["serviceofferingid"] for row in system_vms(cloud, STORAGE)} == {wanted}


def test_a_default_that_was_taken_silently_is_found_at_the_first_one(cloud):
    """Somebody says that servers were restarted, no event tells when the setting was changed, and it is not true."""
    offering(cloud, "big storage", STORAGE)
    options = {"system_vm_type": STORAGE, "offering": "big storage"}
    cloud.run(MODULE, **options)
    for event in cloud.sim.db.events:
        cloud.sim.db.events.delete(event)
    failed = cloud.run(MODULE, **options, servers_restarted=True)
    assert failed["failed"]
    assert failed["counts"] == {"skipped": 1, "unsafe": 1}
    assert "System Offering For Secondary Storage VM instead of big storage" in failed["msg"]
    assert sent(cloud)["destroySystemVm"] == 1


@pytest.mark.parametrize(("kind", "more", "why"), [
    (STORAGE, {}, "not for consoleproxy"),
    (PROXY, {"storagetype": "local"}, "use shared storage"),
    (PROXY, {"tags": "gold"}, "no storage pool of zone Populated has the tags gold"),
    (PROXY, {"hosttags": "ssd"}, "no host of zone Populated has the tags ssd"),
])  # fmt: skip
def test_an_offering_with_which_nothing_would_start_is_refused(cloud, kind, more, why):
    wrong = offering(cloud, "wrong", kind, **more)
    with pytest.raises(InvalidInput, match=why) as caught:
        cloud.run(MODULE, system_vm_type=PROXY, offering=wrong)
    assert (caught.value.option, cloud.changes) == ("offering", 0)


def test_a_small_offering_is_warned_of(cloud):
    offering(cloud, "small", memory=256)
    result = cloud.run(MODULE, check=True, system_vm_type=PROXY, offering="small")
    assert any("needs 512 MB" in text for text in result["warnings"])


def test_a_zone_of_its_own_is_left_alone_or_set_where_the_server_can(cloud, monkeypatch):
    wanted = offering(cloud, "big proxy")
    with pytest.raises(InvalidInput, match="for zone Populated-2") as caught:
        cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", zone="Populated-2")
    assert (caught.value.option, cloud.changes) == ("zone", 0)

    scopes = contract.facts("setting_scopes.json")
    monkeypatch.setitem(scopes, "zone", [*scopes["zone"], "consoleproxy.service.offering"])
    zone = next(row for row in cloud.client.list("listZones") if row["name"] == "Populated-2")
    done = cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", zone="Populated-2")
    assert done["counts"] == {"done": 1}
    assert {row["zonename"] for row in system_vms(cloud, PROXY) if row["serviceofferingid"] == wanted} == {zone["name"]}

    other = offering(cloud, "bigger proxy")
    result = cloud.run(MODULE, system_vm_type=PROXY, offering="bigger proxy")
    assert result["counts"] == {"done": 1, "left": 1}
    assert {row["zonename"] for row in system_vms(cloud, PROXY) if row["serviceofferingid"] == other} == {"Populated"}


def test_a_destroy_that_changed_nothing_is_a_failure(cloud):
    offering(cloud, "big proxy")
    fault(cloud, do="claim-success", command="destroySystemVm")
    failed = cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", retries=0)
    assert failed["failed"]
    assert "reported success, but v-" in failed["msg"]
    assert sent(cloud)["destroySystemVm"] == 1


def test_a_new_one_whose_agent_stays_away_stops_the_rest(cloud):
    offering(cloud, "big proxy")
    rule = fault(cloud, do="agent-silent", object="v-*")
    failed = cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", retries=0, step_timeout=90)
    assert failed["counts"] == {"skipped": 1, "unsafe": 1}
    assert "the agent of v-" in failed["msg"]
    cloud.sim.faults.remove(rule)
    silent = next(row for row in system_vms(cloud, PROXY) if row.get("agentstate") != "Up")
    cloud.client.run("rebootSystemVm", {"id": silent["id"]})
    counts = cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", retries=0)["counts"]
    assert set(counts) <= {"already", "done"}
    assert sent(cloud)["destroySystemVm"] == 2


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_run_cut_off_at_any_call_is_resumed(cloud, cut):
    wanted = offering(cloud, "big proxy")
    rule = fault(cloud, do="lose-answer", command=list(CHANGES), nth=cut)
    options = {"system_vm_type": PROXY, "offering": "big proxy", "retries": 0}
    try:
        assert cloud.run(MODULE, **options)["failed"]
    except Exception as error:  # noqa: BLE001 - however it ends
        assert "updateConfiguration" in str(error)
    cloud.sim.faults.remove(rule)
    assert not cloud.run(MODULE, **options).get("failed")
    assert {row["serviceofferingid"] for row in system_vms(cloud, PROXY)} == {wanted}
    assert sent(cloud) == {"updateConfiguration": 1, "destroySystemVm": 2, "restartNetwork": 0}


def test_routers_are_renewed_by_a_restart_of_their_networks(cloud):
    wanted = offering(cloud, "big router", "domainrouter")
    done = cloud.run(MODULE, system_vm_type="domainrouter", offering="big router", parallel=4)
    assert done["counts"] == {"done": 4}
    routers = cloud.client.list("listRouters", {"listall": True})
    assert {row["serviceofferingid"] for row in routers} == {wanted}
    again = cloud.run(MODULE, system_vm_type="domainrouter", offering="big router")
    assert (again["changed"], cloud.changes) == (False, 0)


def test_the_console_that_opened_before_must_open_again(cloud):
    offering(cloud, "big proxy")
    rule = fault(cloud, do="error", command="createConsoleEndpoint", nth=[2, 3, 4])
    assert cloud.run(MODULE, system_vm_type=PROXY, offering="big proxy", zone=None)["counts"] == {"done": 2}
    assert rule.fired == 3
    cloud.sim.faults.remove(rule)

    offering(cloud, "bigger proxy")
    fault(cloud, do="error", command="createConsoleEndpoint", nth=list(range(2, 999)))
    failed = cloud.run(MODULE, system_vm_type=PROXY, offering="bigger proxy", retries=0, step_timeout=120)
    assert failed["counts"] == {"skipped": 1, "unsafe": 1}
    assert "a console to open" in failed["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_mistyped_name_is_refused_with_the_nearest_in_check_mode_too(cloud, check):
    offering(cloud, "big proxy")
    with pytest.raises(NotFound, match="'big prox' does not exist") as caught:
        cloud.run(MODULE, check=check, system_vm_type=PROXY, offering="big prox")
    assert (caught.value.nearest, cloud.changes) == (["big proxy"], 0)


def test_internal_load_balancers_are_named_and_left_to_the_first_rule_of_their_address():
    """No restart of a network renews them, and none is restarted in vain."""
    cloud = PopulatedCloud("hosts=3,routers=1,hypervisor=KVM")
    enable_internal_balancers(cloud.client)
    balancer(cloud.client, "shop", "10.20")
    offering(cloud, "big balancer", "internalloadbalancervm")
    options = {"system_vm_type": "internalloadbalancervm", "offering": "big balancer"}
    assert cloud.run(MODULE, **options)["restart_needed"] is True
    cloud.sim.restart()
    left = cloud.run(MODULE, **options)
    assert (left["counts"], left["plan"], cloud.changes) == ({"left": 1}, [], 0)
    (target,) = left["report"]["targets"]
    assert target["reason"].endswith("the server makes it anew only with the first rule of its address")
    assert sent(cloud)["restartNetwork"] == 0


@pytest.mark.parametrize(
    ("description", "counts"),
    [
        ("Successfully completed updating configuration. Name: secstorage.service.offering", True),
        ("Successfully completed updating configuration.  Name: secstorage.service.offering New Value: 7", True),
        ("Successfully completed updating configuration.  Name: secstorage.service.offering, New Value: 7, Scope: Zone",
         True),
        ("Successfully completed updating configuration.  Name: secstorage.service.offering.x New Value: 7", False),
        ("Successfully completed updating configuration.  Name: my.secstorage.service.offering", False),
    ],
)  # fmt: skip
def test_the_change_of_a_setting_is_found_in_events_of_all_servers(description, counts):
    row = {"description": description, "created": "2026-01-02T03:04:05+0000"}
    run = SimpleNamespace(client=SimpleNamespace(list=lambda _command, _asked: [row]))
    assert bool(changes_of(run, "secstorage.service.offering")) == counts

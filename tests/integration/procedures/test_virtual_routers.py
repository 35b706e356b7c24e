"""Virtual routers of KVM hosts: upgrades that the server says are done and are not, pairs, runs that are cut off."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from cloudstack_simulator.commands.appliances.ageing import age

MODULE = "virtual_router_upgrade"
RENEWING = ("restartNetwork", "rebootRouter", "restartVPC")
SERVICES = ("Dhcp", "Dns", "SourceNat", "StaticNat", "Firewall", "PortForwarding", "UserData")


@pytest.fixture
def cloud() -> PopulatedCloud:
    """One zone with four routers whose scripts are of the release before, their template is today's."""
    found = PopulatedCloud("hosts=3,routers=4,hypervisor=KVM")
    age(found.sim, template="4.22.0")
    return found


def pair(cloud: PopulatedCloud) -> dict[str, Any]:
    """A network with two routers; its row."""
    ask, client = cloud.client.list, cloud.client
    services = {
        key: value
        for number, service in enumerate(SERVICES)
        for key, value in (
            (f"serviceproviderlist[{number}].service", service),
            (f"serviceproviderlist[{number}].provider", "VirtualRouter"),
        )
    }
    capability = {"service": "SourceNat", "capabilitytype": "RedundantRouter", "capabilityvalue": "true"}
    wanted = {
        "name": "pair", "displaytext": "pair", "guestiptype": "Isolated", "traffictype": "GUEST", "ispersistent": True,
        "supportedservices": ",".join(SERVICES), **services,
        **{f"servicecapabilitylist[0].{key}": value for key, value in capability.items()},
    }  # fmt: skip
    offering = client.run("createNetworkOffering", wanted)["networkoffering"]["id"]
    client.run("updateNetworkOffering", {"id": offering, "state": "Enabled"})
    zone = ask("listZones")[0]["id"]
    network = {"name": "twins", "displaytext": "twins", "zoneid": zone, "networkofferingid": offering}
    made = client.run("createNetwork", network)["network"]
    while {row.get("redundantstate") for row in of(cloud, made)} != {"PRIMARY", "BACKUP"}:
        client.clock.sleep(1)
    return made


def of(cloud: PopulatedCloud, network: dict[str, Any]) -> list[dict[str, Any]]:
    return cloud.client.list("listRouters", {"networkid": network["id"], "listall": True})


def software(cloud: PopulatedCloud) -> Counter[str]:
    return Counter(row["softwareversion"] for row in cloud.client.list("listRouters", {"listall": True}))


def sent(cloud: PopulatedCloud) -> int:
    """Disruptive calls that came to the server."""
    return sum(cloud.sent[name] for name in RENEWING)


def test_old_software_is_found_though_the_server_requires_no_upgrade(cloud):
    assert not any(row["requiresupgrade"] for row in cloud.client.list("listRouters", {"listall": True}))
    planned = cloud.run(MODULE, check=True, method="patch")
    assert "software 4.20.1.0 instead of 4.22" in planned["plan"][0]["reason"]
    assert (cloud.changes, planned["plan"][0]["expected_cut"]) == (0, 0.0)
    assert cloud.run(MODULE, method="patch", parallel=4)["counts"] == {"done": 4}
    assert software(cloud) == {"4.22.0.0": 4}
    again = cloud.run(MODULE, method="patch")
    assert (again["changed"], cloud.changes) == (False, 0)


def test_many_routers_are_planned_by_a_few_lists(cloud):
    cloud.run(MODULE, check=True)
    many = PopulatedCloud("hosts=3,routers=40,hypervisor=KVM")
    age(many.sim, template="4.22.0")
    many.run(MODULE, check=True)
    assert many.calls == cloud.calls <= 15


def test_a_patch_that_failed_unheard_is_a_failure(cloud):
    cloud.sim.faults.add({"do": "patch-swallowed", "object": "r-*", "times": 2})
    failed = cloud.run(MODULE, method="patch", canaries=1, retries=1)
    assert failed["counts"] == {"failed": 1, "skipped": 3}
    assert "reported success, but r-" in failed["msg"]
    assert sent(cloud) == 2
    assert cloud.run(MODULE, method="patch")["counts"] == {"done": 4}


@pytest.mark.parametrize(("fault", "ends"), [
    ({"do": "claim-success", "command": "restartNetwork", "times": 1}, "done"),
    ({"do": "fail-job", "command": "restartNetwork", "times": 1}, "done"),
    ({"do": "router-lost", "times": 1}, "done"),
    ({"do": "router-lost"}, "failed"),
])  # fmt: skip
def test_what_fails_is_tried_again_and_the_others_are_not(cloud, fault, ends):
    cloud.sim.faults.add(fault)
    result = cloud.run(MODULE, retries=1)
    if ends == "done":
        assert result["counts"] == {"done": 4}
        assert sent(cloud) == 5
    else:
        assert result["counts"] == {"failed": 1, "skipped": 3}
        assert sent(cloud) == 2


def test_of_a_pair_the_backup_goes_first_and_both_have_their_roles_again(cloud):
    network = pair(cloud)
    age(cloud.sim, template="4.22.0")
    backup = next(row["name"] for row in of(cloud, network) if row["redundantstate"] == "BACKUP")
    done = cloud.run(MODULE, method="reboot", network="twins", parallel=2)
    first, second = sorted(done["report"]["targets"], key=lambda target: target["begun"])
    assert (first["name"], done["counts"]) == (backup, {"done": 2})
    assert first["ended"] <= second["begun"]
    assert {row["redundantstate"] for row in of(cloud, network)} == {"PRIMARY", "BACKUP"}


def test_a_pair_that_does_not_settle_is_not_touched_further(cloud):
    network = pair(cloud)
    age(cloud.sim, template="4.22.0")
    rule = cloud.sim.faults.add({"do": "roles-unsettled"})
    failed = cloud.run(MODULE, method="reboot", network="twins", retries=0, step_timeout=60)
    assert (failed["counts"], sent(cloud)) == ({"skipped": 1, "unsafe": 1}, 1)
    assert "roles of the pair are not settled" in failed["msg"]
    again = cloud.run(MODULE, method="reboot", network="twins", retries=0, step_timeout=60)
    assert again["counts"] == {"skipped": 1, "unsafe": 1}
    assert sent(cloud) == 1

    cloud.sim.faults.remove(rule)
    stopped = next(row for row in of(cloud, network) if row["softwareversion"] == "4.22.0.0")
    cloud.client.run("rebootRouter", {"id": stopped["id"]})
    while {row.get("redundantstate") for row in of(cloud, network)} != {"PRIMARY", "BACKUP"}:
        cloud.client.clock.sleep(1)
    assert cloud.run(MODULE, method="reboot", network="twins")["counts"] == {"already": 1, "done": 1}


@pytest.mark.parametrize("cut", [1, 4])
def test_a_run_cut_off_at_any_call_is_resumed(cloud, cut):
    rule = cloud.sim.faults.add({"do": "lose-answer", "command": "restartNetwork", "nth": cut})
    assert cloud.run(MODULE, retries=0)["failed"]
    cloud.sim.faults.remove(rule)
    assert not cloud.run(MODULE, retries=0).get("failed")
    assert (software(cloud), sent(cloud)) == ({"4.22.0.0": 4}, 4)


def test_jobs_of_a_run_that_was_cut_off_are_awaited_and_a_hanging_one_is_not_for_ever(cloud):
    network, other = (row["id"] for row in cloud.client.list("listNetworks", {"listall": True})[:2])
    cloud.client.start("restartNetwork", {"id": network, "cleanup": True})
    assert cloud.run(MODULE, parallel=4)["counts"] == {"already": 1, "done": 3}
    assert sent(cloud) == 3

    age(cloud.sim, template="4.22.0")
    cloud.sim.faults.add({"do": "hang-job", "command": "restartNetwork", "times": 1})
    cloud.client.start("restartNetwork", {"id": network, "cleanup": True})
    result = cloud.run(MODULE, method="patch", network=other, step_timeout=60)
    assert result["counts"] == {"done": 1}
    assert any("do not end: RestartNetworkCmd" in text for text in result["warnings"])


def test_a_restart_is_refused_where_no_new_router_could_be_made(cloud):
    cloud.client.run("updateConfiguration", {"name": "router.template.kvm", "value": "nowhere"})
    with pytest.raises(InvalidInput, match="names nowhere") as caught:
        cloud.run(MODULE, method="restart")
    assert (caught.value.option, cloud.changes) == ("method", 0)
    assert cloud.run(MODULE, method="patch", parallel=4)["counts"] == {"done": 4}


def test_a_restart_after_which_the_server_requires_one_still_is_a_failure(cloud, monkeypatch):
    asked = cloud.client.list

    def required(command: str, *rest: Any, **more: Any) -> list[dict[str, Any]]:
        rows = asked(command, *rest, **more)
        return [{**row, "restartrequired": True} for row in rows] if command == "listNetworks" else rows

    monkeypatch.setattr(cloud.client, "list", required)
    failed = cloud.run(MODULE, retries=0)
    assert failed["counts"]["unsafe"] == 1
    assert "says that a restart is still required" in failed["msg"]

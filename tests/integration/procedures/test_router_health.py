"""Health of virtual routers, and routers that were lost with their hosts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput, NotFound
from ansible_collections.cloudstack.ops.tests.support.populated import PopulatedCloud
from tests.integration.procedures.test_virtual_routers import of, pair

HEALTH, RECOVERY = "router_health", "virtual_router_recovery"
DAY = 24 * 3600.0


@pytest.fixture
def cloud() -> PopulatedCloud:
    """Three routers that are two days old, on three hosts."""
    found = PopulatedCloud("hosts=3,routers=3,hypervisor=KVM")
    for router in found.sim.db.vms.where(vm_type="DomainRouter"):
        router.created -= 2 * DAY
    return found


def fault(cloud: PopulatedCloud, **rule: Any) -> Any:
    return cloud.sim.faults.add(rule)


def routers(cloud: PopulatedCloud) -> list[dict[str, Any]]:
    return sorted(cloud.client.list("listRouters", {"listall": True}), key=lambda row: row["name"])


def sent(cloud: PopulatedCloud, *names: str) -> list[int]:
    return [cloud.sent[name] for name in names]


def test_fresh_checks_tell_who_is_ill_and_change_nothing(cloud):
    assert cloud.run(HEALTH)["unhealthy"] == []
    ill = routers(cloud)[1]
    fault(cloud, do="check-fails", object=ill["name"])
    result = cloud.run(HEALTH, check=True)
    assert (result["changed"], cloud.changes) == (False, 0)
    assert result["unhealthy"] == [
        {"name": ill["name"], "id": ill["id"], "serves": f"network {ill['guestnetworkname']}",
         "checks": ["dns_check.py"]}
    ]  # fmt: skip


def test_a_router_is_recreated_for_the_named_checks_only_and_only_once(cloud):
    ill = routers(cloud)[0]
    rule = fault(cloud, do="check-fails", object=ill["name"])
    with pytest.raises(InvalidInput, match="again and again") as caught:
        cloud.run(HEALTH, recreate=True)
    assert (caught.value.option, cloud.changes) == ("checks", 0)
    other = cloud.run(HEALTH, recreate=True, checks=["dhcp_check.py"])
    assert (other["counts"], cloud.changes) == ({"already": 2, "left": 1}, 0)

    mended = cloud.run(HEALTH, recreate=True, checks=["dns_check.py"])
    assert mended["counts"] == {"already": 2, "done": 1}
    assert ill["id"] not in {row["id"] for row in routers(cloud)}
    cloud.sim.faults.remove(rule)
    assert cloud.run(HEALTH, recreate=True, checks=["dns_check.py"])["counts"] == {"already": 3}


def test_a_new_router_that_is_ill_again_is_not_recreated_in_circles(cloud):
    fault(cloud, do="check-fails")
    options = {"recreate": True, "checks": ["dns_check.py"], "retries": 3, "failure_budget": 9}
    failed = cloud.run(HEALTH, **options, network="net-00001")
    assert (failed["counts"], sent(cloud, "restartNetwork")) == ({"unsafe": 1}, [1])
    assert "failed again" in failed["msg"]
    again = cloud.run(HEALTH, **options, network="net-00001")
    assert (again["counts"], sent(cloud, "restartNetwork")) == ({"left": 1}, [1])
    assert "a new one is no help" in again["report"]["targets"][0]["reason"]


def test_a_wrong_name_in_the_server_s_own_list_is_warned_of(cloud):
    name = "router.health.checks.failures.to.recreate.vr"
    cloud.client.run("updateConfiguration", {"name": name, "value": "dns_check.py,dns"})
    result = cloud.run(HEALTH)
    assert result["recreated_by_server"] == ["dns_check.py", "dns"]
    assert any("names dns, which is no check" in text for text in result["warnings"])


def test_routers_that_are_not_checked_are_refused(cloud):
    cloud.client.run("updateConfiguration", {"name": "router.health.checks.enabled", "value": "false"})
    with pytest.raises(InvalidInput, match="not checked"):
        cloud.run(HEALTH)


def test_a_check_that_there_is_not_is_refused(cloud):
    with pytest.raises(InvalidInput, match=r"there is no check dns_chek\.py.*dns_check\.py") as caught:
        cloud.run(HEALTH, recreate=True, checks=["dns_chek.py"], check=True)
    assert caught.value.option == "checks"


def lose(cloud: PopulatedCloud, router: dict[str, Any]) -> Any:
    """The agent of the router's host goes away; the server still takes the router for running."""
    return fault(cloud, do="agents-down", where=router["hostname"])


def test_a_router_on_a_host_that_is_up_is_not_lost(cloud):
    first = routers(cloud)[0]
    with pytest.raises(InvalidInput, match="is not lost") as caught:
        cloud.run(RECOVERY, network=first["guestnetworkname"], router=first["name"], confirm=f"{first['name']} is dead")
    assert (caught.value.option, cloud.changes) == ("router", 0)
    assert cloud.run(RECOVERY, network=first["guestnetworkname"])["counts"] == {"already": 1}
    with pytest.raises(NotFound):
        cloud.run(RECOVERY, network="nowhere")


def test_a_single_lost_router_must_be_typed_dead_and_is_made_anew(cloud):
    first = routers(cloud)[0]
    lose(cloud, first)
    options = {"network": first["guestnetworkname"]}
    planned = cloud.run(RECOVERY, check=True, **options)
    assert (planned["confirm"], cloud.changes) == (f"{first['name']} is dead", 0)
    with pytest.raises(InvalidInput, match="confirm"):
        cloud.run(RECOVERY, **options)
    assert cloud.changes == 0
    assert cloud.run(RECOVERY, **options, confirm=planned["confirm"])["counts"] == {"done": 1}
    fresh = next(row for row in routers(cloud) if row["guestnetworkname"] == first["guestnetworkname"])
    assert fresh["state"] == "Running"
    assert fresh["hostname"] != first["hostname"]
    assert sent(cloud, "stopRouter", "destroyRouter", "restartNetwork") == [1, 0, 1]
    again = cloud.run(RECOVERY, **options)
    assert (again["changed"], cloud.changes) == (False, 0)


def test_no_router_is_replaced_instead_of_the_one_that_was_named(cloud):
    first, second = routers(cloud)[:2]
    lose(cloud, first)
    with pytest.raises(InvalidInput, match=f"lost is {first['name']}") as caught:
        cloud.run(RECOVERY, network=first["guestnetworkname"], router=second["name"], check=True)
    assert caught.value.option == "router"


def test_a_lost_router_stays_where_no_new_one_could_be_made(cloud):
    first = routers(cloud)[0]
    lose(cloud, first)
    cloud.client.run("updateConfiguration", {"name": "router.template.kvm", "value": "nowhere"})
    with pytest.raises(InvalidInput, match="names nowhere") as caught:
        cloud.run(RECOVERY, network=first["guestnetworkname"], confirm=f"{first['name']} is dead")
    assert (caught.value.option, cloud.changes) == ("network", 0)


def test_a_host_whose_power_is_off_needs_no_word(cloud):
    first = routers(cloud)[0]
    lose(cloud, first)
    host = cloud.sim.db.hosts.find(first["hostid"])
    host.resource_state = "Degraded"
    assert cloud.run(RECOVERY, network=first["guestnetworkname"])["counts"] == {"done": 1}


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_of_a_pair_only_the_lost_one_goes_and_a_cut_run_is_resumed(cloud, cut):
    network = pair(cloud)
    lost = next(row for row in of(cloud, network) if row["redundantstate"] == "PRIMARY")
    partner = next(row for row in of(cloud, network) if row["id"] != lost["id"])
    lose(cloud, lost)
    options = {"network": "twins", "confirm": f"{lost['name']} is dead", "retries": 0}
    if cut:
        commands = ["stopRouter", "destroyRouter", "restartNetwork"]
        rule = fault(cloud, do="lose-answer", command=commands, nth=cut)
        assert cloud.run(RECOVERY, **options)["failed"]
        cloud.sim.faults.remove(rule)
    result = cloud.run(RECOVERY, **options)
    assert not result.get("failed")
    rows = of(cloud, network)
    assert {row["redundantstate"] for row in rows} == {"PRIMARY", "BACKUP"}
    assert partner["id"] in {row["id"] for row in rows}
    assert lost["id"] not in {row["id"] for row in rows}
    assert sent(cloud, "destroyRouter") == [1]

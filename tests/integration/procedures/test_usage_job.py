"""The usage server's job: seen done, seen missed, and made up for. A usage server of the simulator really counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import Client, Connection, JobTimeout
from cloudstack_simulator import usage
from tests.integration.resources.conftest import Cloud


class UsageCloud(Cloud):
    """A cloud with instances and a usage server, at noon; days are passed over."""

    def __init__(self) -> None:
        super().__init__(rate=None, populate="hosts=2,vms=2,routers=1,hypervisor=KVM")
        self.sim = self.running.sim
        tomorrow = datetime.fromtimestamp(self.sim.clock.now(), UTC) + timedelta(days=1)
        self.sim.clock.start_at(tomorrow.replace(hour=12).timestamp())
        usage.begin(self.sim)

    def past_midnight(self, hour: int = 0) -> str:
        """Go to half past an hour of the next day; the day that ended."""
        now = datetime.fromtimestamp(self.sim.clock.now(), UTC)
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.sim.clock.start_at((day + timedelta(days=1, hours=hour, minutes=30)).timestamp())
        return day.strftime("%Y-%m-%d")

    def look(self, **options: Any) -> dict[str, Any]:
        return self.run("usage_job", timeout=3600, **options)

    def break_down(self) -> Any:
        return self.sim.faults.add({"name": "gone", "do": "usage-server-down"})


@pytest.fixture
def cloud() -> Iterator[UsageCloud]:
    found = UsageCloud()
    yield found
    found.close()


def test_a_day_that_was_counted_is_fine_and_is_not_ordered_again(cloud: UsageCloud) -> None:
    day = cloud.past_midnight()
    seen = cloud.look(generate=True)
    assert (seen["day"], seen["problems"], seen["changed"], cloud.changes) == (day, [], False, 0)
    assert seen["records"] >= 4, "two instances, which ran and were allocated"
    assert seen["usage_server"]["state"] == "Up"
    assert seen["usage_server"]["last_successful_job"].startswith(f"{day}T23:59:59")
    assert seen["settings"]["usage.stats.job.exec.time"] == "00:15"


def test_a_missed_run_is_ordered_once_and_awaited(cloud: UsageCloud) -> None:
    rule = cloud.break_down()
    day = cloud.past_midnight()
    missed = cloud.look()
    assert missed["failed"] and "the usage server is Down" in missed["msg"]
    assert f"there are no usage records of {day}" in missed["msg"]
    for check in (True, False):
        refused = cloud.look(generate=True, check=check)
        assert refused["failed"] and (refused["changed"], cloud.changes) == (False, 0), "nobody would take the order"
    cloud.sim.faults.remove(rule)
    planned = cloud.look(generate=True, check=True)
    assert (planned["changed"], cloud.changes) == (True, 0)
    made_up = cloud.look(generate=True)
    assert (made_up["changed"], cloud.changes, made_up["day"]) == (True, 1, day)
    assert made_up["records"] >= 4
    again = cloud.look(generate=True)
    assert (again["changed"], cloud.changes, again["problems"]) == (False, 0, [])


def test_records_that_do_not_come_are_a_failure_whatever_the_server_answered(cloud: UsageCloud) -> None:
    rule = cloud.break_down()
    day = cloud.past_midnight()
    cloud.sim.faults.remove(rule)
    with pytest.raises(JobTimeout, match=f"there are no usage records of {day}"):
        cloud.run("usage_job", generate=True, timeout=0)
    assert cloud.changes == 1


def test_a_day_that_the_server_has_gone_past_is_not_ordered(cloud: UsageCloud) -> None:
    cloud.sim.settings.set("enable.usage.server", False)
    day = cloud.past_midnight()
    seen = cloud.look(generate=True)
    assert (seen["changed"], cloud.changes, seen["day"]) == (False, 0, day)
    assert seen["failed"] and "another run does not go back" in seen["msg"]


def test_yesterday_is_that_of_the_time_zone_of_the_records(cloud: UsageCloud) -> None:
    cloud.sim.settings.set("usage.aggregation.timezone", "America/New_York")
    cloud.sim.restart()
    day = cloud.past_midnight(hour=2)
    yesterday = (datetime.fromisoformat(day) - timedelta(days=1)).strftime("%Y-%m-%d")
    assert cloud.look()["day"] == yesterday


def test_a_caller_who_may_not_ask_the_usage_server_still_sees_the_records(cloud: UsageCloud) -> None:
    role = cloud.client.call("createRole", {"name": "billing", "type": "Admin"})["role"]["id"]
    for rule, permission in (("listUsageServerMetrics", "deny"), ("*", "allow")):
        cloud.client.call("createRolePermission", {"roleid": role, "rule": rule, "permission": permission})
    user = cloud.client.call(
        "createAccount",
        {"username": "bill", "password": "of-bill-1", "email": "b@example.com", "firstname": "B", "lastname": "B"}
        | {"roleid": role},
    )["account"]["user"][0]["id"]
    keys = cloud.client.call("registerUserKeys", {"id": user})["userkeys"]
    cloud.client = Client(
        Connection(cloud.running.endpoint, key=keys["apikey"], secret=keys["secretkey"]),
        clock=cloud.client.clock,
    )
    cloud.past_midnight()
    seen = cloud.look()
    assert (seen["usage_server"], seen["problems"]) == ({}, [])
    assert seen["records"] >= 4

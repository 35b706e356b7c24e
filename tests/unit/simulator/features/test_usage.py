"""The usage server: what it counts, when its job runs, and what becomes of a job that was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudstack_simulator import Simulator, usage
from cloudstack_simulator.cli import start
from cloudstack_simulator.clock import Clock
from cloudstack_simulator.options import parser
from tests.unit.simulator.conftest import Cloud, Operator

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def midnight(cloud: Any, *, days: int = 1) -> str:
    """Go on to half past the midnight after so many days; the day that began with the first of them."""
    now = datetime.fromtimestamp(cloud.sim.clock.now(), UTC)
    begin = now.replace(hour=0, minute=0, second=0, microsecond=0)
    cloud.sim.advance((begin + timedelta(days=days, minutes=30) - now).total_seconds())
    return begin.strftime("%Y-%m-%d")


def records(op: Operator, day: str, **more: Any) -> list[dict[str, Any]]:
    return op.rows("listUsageRecords", startdate=day, enddate=day, **more)


@pytest.fixture
def sim() -> Simulator:
    """A server as after installation, at noon, with a usage server."""
    return Simulator(seed=1, clock=Clock(NOON), usage_server=True)


def test_a_day_is_counted_when_it_is_over(running: Cloud) -> None:
    vm = running.deploy("counted")
    began = running.sim.clock.now()
    assert records(running.op, "2026-03-01") == []
    running.sim.advance(3600)
    running.op.do("stopVirtualMachine", id=vm["id"])
    day = midnight(running)
    (ran,) = records(running.op, day, type=1, usageid=vm["id"])
    assert float(ran["rawusage"]) == pytest.approx(1, abs=0.02)
    assert (ran["usage"], ran["name"]) == (f"{ran['rawusage']} Hrs", "counted")
    assert (ran["startdate"], ran["enddate"]) == ("2026-03-01T00:00:00+0000", "2026-03-01T23:59:59+0000")
    assert (ran["cpunumber"], ran["memory"]) == (vm["cpunumber"], vm["memory"])
    assert vm["serviceofferingid"] in ran["description"]
    (there,) = records(running.op, day, type=2)
    assert float(there["rawusage"]) == pytest.approx((NOON + 43200 - began) / 3600, abs=0.02)
    kinds = {row["usagetype"] for row in records(running.op, day)}
    assert kinds == {1, 2, 3, 6, 7}
    (address,) = records(running.op, day, type=3)
    assert address["issourcenat"] is True
    root = running.op.only("listVolumes", virtualmachineid=vm["id"])
    (disk,) = records(running.op, day, type=6)
    assert (disk["usageid"], disk["size"]) == (root["id"], root["size"])


def test_what_lasts_is_counted_every_day_and_what_went_no_more(running: Cloud) -> None:
    vm = running.deploy("lasting")["id"]
    midnight(running)
    second = midnight(running)
    assert [row["rawusage"] for row in records(running.op, second, type=1)] == ["24"]
    address = running.op.only("listPublicIpAddresses", allocatedonly="true", issourcenat="true")
    running.op.do("destroyVirtualMachine", id=vm, expunge="true")
    running.op.do("deleteNetwork", id=address["associatednetworkid"])
    third = midnight(running)
    assert {row["usagetype"] for row in records(running.op, third, type=3)} == {3}, "half an hour of it"
    fourth = midnight(running)
    assert {row["usagetype"] for row in records(running.op, fourth)} == {7}, "only the template"


def test_the_usage_server_says_how_it_is(op: Operator) -> None:
    op.sim.advance(30)
    told = op.do("listUsageServerMetrics")["usageMetrics"]
    assert (told["state"], told["lastsuccessfuljob"]) == ("Up", "1970-01-01T00:00:00+0000")
    midnight(op)
    told = op.do("listUsageServerMetrics")["usageMetrics"]
    assert told["lastsuccessfuljob"] == "2026-03-01T23:59:59+0000"
    assert told["lastheartbeat"] > "2026-03-02T00:29"
    op.sim.faults.add({"do": "usage-server-down"})
    assert op.do("listUsageServerMetrics")["usageMetrics"]["state"] == "Down"


def test_a_missed_job_is_made_up_for_when_it_is_ordered(running: Cloud) -> None:
    running.op.do("updateConfiguration", name="usage.stats.job.exec.time", value="06:00")
    running.sim.restart()
    running.deploy("missed")
    midnight(running, days=2)
    running.sim.faults.add({"name": "gone", "do": "usage-server-down", "seconds": 86400})
    missed = midnight(running)
    running.sim.advance(2 * 3600)
    assert records(running.op, missed) == []
    running.op.do("generateUsageRecords", startdate=missed, enddate=missed)
    assert records(running.op, missed) == [], "nobody hears it"
    running.sim.advance(86400)
    assert [row["rawusage"] for row in records(running.op, missed, type=1)] == ["24"]


def test_a_server_that_was_away_catches_up_by_itself_when_its_job_is_far(running: Cloud) -> None:
    running.deploy("late")
    midnight(running)
    running.sim.faults.add({"name": "gone", "do": "usage-server-down"})
    missed = midnight(running, days=2)
    assert records(running.op, missed) == []
    running.sim.faults.clear()
    running.sim.advance(120)
    assert [row["rawusage"] for row in records(running.op, missed, type=1)] == ["24"]


def test_settings_that_cannot_be_read_keep_it_from_starting(op: Operator) -> None:
    op.sim.settings.set("usage.stats.job.exec.time", "at night")
    op.sim.restart()
    assert op.do("listUsageServerMetrics")["usageMetrics"]["state"] == "Down"


def test_nothing_is_counted_where_the_setting_says_so(running: Cloud) -> None:
    running.op.do("updateConfiguration", name="enable.usage.server", value="false")
    running.deploy("free")
    assert records(running.op, midnight(running)) == []


def test_hours_are_counted_where_a_job_runs_every_hour(running: Cloud) -> None:
    running.op.do("updateConfiguration", name="usage.stats.job.aggregation.range", value="60")
    running.sim.restart()
    running.deploy("hourly")
    midnight(running)
    running.sim.advance(3 * 3600)
    hours = records(running.op, "2026-03-02", type=1)
    assert [row["startdate"][11:16] for row in hours] == ["00:00", "01:00", "02:00"]
    assert [row["rawusage"] for row in hours] == ["1"] * 3


def test_old_records_are_removed_but_not_around_the_job(running: Cloud) -> None:
    running.deploy("old")
    day = midnight(running)
    running.sim.advance(3 * 86400)
    assert records(running.op, day)
    running.op.do("removeRawUsageRecords", interval=1)
    assert records(running.op, day) == []
    midnight(running)
    running.sim.advance(-15 * 60 + 86400)
    assert running.op.do("removeRawUsageRecords", interval=1) == {"success": False}


def test_who_may_read_which_records(running: Cloud, people: Any) -> None:
    running.op.do(
        "registerTemplate", name="of-ann", displaytext="x", zoneid=running.zone, format="QCOW2", hypervisor="KVM",
        ostypeid=running.op.rows("listOsTypes")[0]["id"], url="http://images.example.com/a.qcow2", account="ann",
        domainid=people["ann"].domain.uuid,
    )  # fmt: skip
    day = midnight(running)
    owner, whole = Operator(running.sim, people["owner"]), records(running.op, day)
    assert {row["account"] for row in whole} == {"admin", "ann"}
    assert records(owner, day) == []
    assert {row["account"] for row in records(owner, day, isrecursive="true")} == {"ann"}
    assert {row["account"] for row in records(owner, day, accountid=people["ann"].account.uuid)} == {"ann"}
    code, text = owner.refused("listUsageRecords", startdate=day, enddate=day, accountid=running.sim.admin.account.uuid)
    assert (code, "own domain and child domains" in text) == (531, True)


def test_the_command_line_brings_one_up() -> None:
    sim, _restored = start(parser().parse_args(["--usage-server"]), None)
    assert sim.db.usage_servers.first().state == "Up"
    usage.begin(sim)
    assert len(sim.db.usage_servers) == 1

"""Schedules of instances: made, changed and removed, and what they are for seen to happen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import (
    Ambiguous,
    CloudStackError,
    Drift,
    InvalidInput,
)
from ansible_collections.cloudstack.ops.tests.support.storage_clouds import StorageCloud

MODULE = "instance_schedule"
HOUR = (datetime.now(UTC) + timedelta(hours=12)).hour
"""Half a day away: nothing is due while a test looks, as it would be at that hour."""
STOP = {"vm": "web", "action": "stop", "schedule": f"0 {HOUR} * * *", "time_zone": "UTC"}


@pytest.fixture(scope="module")
def cloud() -> StorageCloud:
    found = StorageCloud()
    found.deploy("web")
    return found


def twice(cloud: StorageCloud, **options: Any) -> dict[str, Any]:
    """Plans, does and repeats; the plan is what is done, and the second run sends nothing."""
    planned = cloud.run(MODULE, check=True, **options)
    assert cloud.changes == 0
    done = cloud.run(MODULE, **options)
    assert (done["changed"], done["plan"]) == (True, planned["plan"])
    assert (cloud.run(MODULE, **options)["changed"], cloud.changes) == (False, 0)
    return done


def test_an_instance_is_stopped_at_its_hour_and_left_alone_when_the_schedule_is_off(cloud):
    made = twice(cloud, name="evening", **STOP)
    assert made["resource"]["name"] == "evening"
    cloud.sim.advance(24 * 3600)
    assert cloud.vm("web")["state"] == "Stopped"
    cloud.do("startVirtualMachine", id=cloud.vm("web")["id"])
    changed = twice(cloud, name="evening", vm="web", enabled=False, schedule=f"30  {HOUR} * * MON-SUN")
    assert [change["option"] for change in changed["plan"]["changes"]] == ["schedule", "enabled"]
    cloud.sim.advance(24 * 3600)
    assert cloud.vm("web")["state"] == "Running"
    twice(cloud, name="evening", vm="web", state="absent")
    assert cloud.rows("listVMSchedule", virtualmachineid=cloud.vm("web")["id"]) == []


def test_dates_are_of_the_time_zone_and_move_with_it(cloud):
    day = cloud.client.clock.now() + timedelta(days=40)
    dates = {"start_date": f"{day:%Y-%m-%d} 08:00", "end_date": f"{day:%Y}-12-31" if day.month < 12 else "2099-12-31"}
    twice(cloud, name="dated", **{**STOP, "time_zone": "Asia/Tokyo"}, **dates)
    (row,) = cloud.rows("listVMSchedule", virtualmachineid=cloud.vm("web")["id"])
    assert row["startdate"] == f"{day - timedelta(days=1):%Y-%m-%d}T23:00:00+0000"
    twice(cloud, name="dated", **STOP, **dates)
    (row,) = cloud.rows("listVMSchedule", virtualmachineid=cloud.vm("web")["id"])
    assert (row["timezone"], row["startdate"]) == ("UTC", f"{day:%Y-%m-%d}T08:00:00+0000")
    cloud.sim.advance(41 * 24 * 3600)
    assert cloud.run(MODULE, name="dated", **STOP, **dates)["changed"] is False
    twice(cloud, name="dated", vm="web", state="absent")


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"schedule": "0 20 * *"}, "schedule"),
        ({"time_zone": "Europe/Zurch"}, "time_zone"),
        ({"start_date": "tomorrow"}, "start_date"),
        ({"start_date": "2001-01-01"}, "start_date"),
        ({"end_date": "2001-01-01"}, "end_date"),
        ({"start_date": "2098-01-02", "end_date": "2098-01-01"}, "end_date"),
        ({"account": "admin"}, "domain"),
    ],
)
def test_refused_before_anything_is_sent(cloud, options, option):
    for check in (True, False):
        with pytest.raises(InvalidInput) as caught:
            cloud.run(MODULE, check=check, name="wrong", **{**STOP, **options})
        assert (caught.value.option, cloud.changes) == (option, 0)


def test_what_it_does_is_fixed_and_twins_are_told_apart_by_their_ids(cloud):
    cloud.run(MODULE, name="fixed", **STOP)
    with pytest.raises(Drift, match="action is 'stop', wanted 'start'"):
        cloud.run(MODULE, name="fixed", **{**STOP, "action": "start"})
    vm = cloud.vm("web")["id"]
    cloud.do("createVMSchedule", virtualmachineid=vm, action="REBOOT", schedule=f"30 {HOUR} * * *", timezone="UTC",
             description="fixed")  # fmt: skip
    with pytest.raises(Ambiguous):
        cloud.run(MODULE, name="fixed", **STOP)
    for row in cloud.rows("listVMSchedule", virtualmachineid=vm):
        cloud.run(MODULE, name="fixed", vm="web", id=row["id"], state="absent")
    assert cloud.rows("listVMSchedule", virtualmachineid=vm) == []


def test_the_server_refuses_what_only_it_can_tell(cloud):
    with pytest.raises(CloudStackError, match=r"MinuteOfHour|minute"):
        cloud.run(MODULE, name="odd", **{**STOP, "schedule": f"77 {HOUR} * * *"})

"""Schedules of instances: cron text, dates in their time zone, and what happens when they are due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from cloudstack_simulator import Simulator
from cloudstack_simulator.commands.schedules import cron, wording
from cloudstack_simulator.errors import ApiError
from cloudstack_simulator.state import StateFile

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Place

MONDAY = datetime(2026, 11, 23, 10, 0, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "zone", "due"),
    [
        ("* * * * *", "UTC", "2026-11-23T10:01"),
        ("0 10 * * *", "UTC", "2026-11-24T10:00"),
        ("*/20 11-12 * * ?", "UTC", "2026-11-23T11:00"),
        ("5/20 10 * * *", "UTC", "2026-11-23T10:05"),
        ("30 8 * * SUN", "UTC", "2026-11-29T08:30"),
        ("30 8 * * 0", "UTC", "2026-11-29T08:30"),
        ("0 0 13 * FRI", "UTC", "2027-08-13T00:00"),
        ("0 0 29 feb *", "UTC", "2028-02-29T00:00"),
        ("0 12 * * *", "Asia/Tokyo", "2026-11-24T12:00"),
        ("0 0 30 2 *", "UTC", None),
    ],
)
def test_when_a_schedule_is_due(text: str, zone: str, due: str | None) -> None:
    found = cron.parse(text).after(MONDAY, ZoneInfo(zone))
    assert (found and datetime.fromtimestamp(found, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")) == due


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("* * * *", 'Cron expression must consist of 6 fields (found 5 in "0 * * * *")'),
        ("@daily", 'Cron expression must consist of 6 fields (found 2 in "0 @daily")'),
        ("60 * * * *", "Invalid value for MinuteOfHour (valid values 0 - 59): 60 '60' in cron expression"),
        ("x * * * *", "For input string: \"x\" 'x' in cron expression"),
        ("*/0 * * * *", "Incrementer delta must be 1 or higher '*/0' in cron expression"),
        ("9-5 * * * *", "Minimum value must be less than maximum value '9-5'"),
        ("0 0 L * *", "not modelled"),
    ],
)
def test_what_is_no_schedule(text: str, said: str) -> None:
    with pytest.raises(ApiError) as error:
        cron.parse(text)
    assert said in (error.value.text or "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 9 * * 1-5", "at 09:00 every day between Monday and Friday"),
        ("*/15 * * * *", "every 15 minutes"),
        ("* * * * *", "every minute"),
        ("0 8,17 * * *", "at 8 and 17 hours"),
        ("30 22 1 */3 SUN", "at 22:30 at 1 day every March months at Sunday day"),
    ],
)
def test_a_schedule_in_words(text: str, words: str) -> None:
    assert wording.describe(cron.parse(text)) == words


@pytest.fixture
def vm(place: Place) -> dict[str, Any]:
    """An instance at half past an hour, far from the moments at which schedules act."""
    found = place.deploy("web")
    clock = place.cloud.sim.clock
    place.cloud.sim.advance((1800 - clock.now()) % 3600)
    return found


def schedule(place: Place, vm: dict[str, Any], text: str, action: str, **more: Any) -> dict[str, Any]:
    made = place.op.do(
        "createVMSchedule", virtualmachineid=vm["id"], schedule=text, action=action, timezone="UTC", **more
    )
    found: dict[str, Any] = made["vmschedule"]
    return found


def test_an_instance_is_stopped_and_started_when_it_is_time(place: Place, vm: dict[str, Any]) -> None:
    sim, seen = place.cloud.sim, set()
    sim.advance((12.5 * 3600 - sim.clock.now()) % 86400)
    stop = schedule(place, vm, "0 22 * * *", "stop")
    schedule(place, vm, "0 6 * * *", "START")
    assert (stop["action"], stop["enabled"], stop["description"]) == ("STOP", True, "STOP - at 22:00")
    for _ in range(25):
        hour = datetime.fromtimestamp(sim.clock.now(), UTC).hour
        seen.add((hour >= 22 or hour < 6, place.look(vm)["state"]))
        sim.advance(3600)
    assert seen == {(True, "Stopped"), (False, "Running")}
    events = place.op.rows("listEvents", listall="true", type="VM.SCHEDULE.STOP")
    assert {e["state"] for e in events} == {"Scheduled", "Completed"}
    assert f"Executing action (STOP) for VM Id:{vm['id']}" in {e["description"] for e in events}


def test_of_two_actions_at_once_the_older_schedule_wins(place: Place, vm: dict[str, Any]) -> None:
    schedule(place, vm, "0 * * * *", "REBOOT")
    schedule(place, vm, "0 * * * *", "FORCE_STOP")
    place.cloud.sim.advance(7200)
    assert place.look(vm)["state"] == "Running"
    assert len(place.op.rows("listVMSchedule", virtualmachineid=vm["id"])) == 2


def test_what_is_disabled_changed_or_deleted_acts_no_longer(place: Place, vm: dict[str, Any]) -> None:
    one = schedule(place, vm, "0 * * * *", "STOP")
    off = place.op.do("updateVMSchedule", id=one["id"], enabled="false", description="later")["vmschedule"]
    assert (off["enabled"], off["description"], off["schedule"]) == (False, "later", "0 * * * *")
    place.cloud.sim.advance(7200)
    assert place.look(vm)["state"] == "Running"
    place.op.do("updateVMSchedule", id=one["id"], enabled="true")
    place.op.do("deleteVMSchedule", virtualmachineid=vm["id"], ids=one["id"])
    place.cloud.sim.advance(7200)
    assert place.look(vm)["state"] == "Running"
    assert place.op.rows("listVMSchedule", virtualmachineid=vm["id"]) == []


def test_dates_are_meant_in_the_time_zone_and_the_end_disables(place: Place, vm: dict[str, Any]) -> None:
    day = datetime.fromtimestamp(place.cloud.sim.clock.now() + 2 * 86400, UTC).strftime("%Y-%m-%d")
    made = place.op.do(
        "createVMSchedule", virtualmachineid=vm["id"], schedule="0 * * * *", action="REBOOT", timezone="Asia/Tokyo",
        startdate=f"{day} 09:00:00", enddate=f"{day} 12:30:00",
    )["vmschedule"]  # fmt: skip
    assert (made["startdate"], made["enddate"]) == (f"{day}T00:00:00+0000", f"{day}T03:30:00+0000")
    place.cloud.sim.advance(4 * 86400)
    assert place.op.only("listVMSchedule", virtualmachineid=vm["id"])["enabled"] is False


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"action": "HALT"}, "Invalid value for action: HALT"),
        ({"startdate": "2001-01-01"}, "can't be before current time ["),
        ({"enddate": "2001-01-01"}, "Invalid value for end date. End date [2001-01-01T23:59:59Z[UTC]]"),
        ({"schedule": "never"}, "Cron expression must consist of 6 fields"),
    ],
)
def test_schedules_that_are_refused(place: Place, vm: dict[str, Any], params: dict[str, str], said: str) -> None:
    wanted = {"schedule": "0 1 * * *", "action": "STOP", "timezone": "UTC", **params}
    code, text = place.op.refused("createVMSchedule", virtualmachineid=vm["id"], **wanted)
    assert (code, said in text) == (431, True), text
    assert place.op.rows("listVMSchedule", virtualmachineid=vm["id"]) == []


def test_a_schedule_is_kept_over_a_restart_and_goes_with_its_instance(
    place: Place, vm: dict[str, Any], tmp_path: Path
) -> None:
    schedule(place, vm, "0 * * * *", "STOP")
    file = StateFile(tmp_path / "cloud.state")
    file.save(place.cloud.sim)
    again = Simulator(seed=9)
    file.load(again)
    again.advance(7200)
    assert again.db.vms.find(vm["id"]).state == "Stopped"
    place.op.do("destroyVirtualMachine", id=vm["id"], expunge="true")
    assert len(place.cloud.sim.db.vm_schedules) == 0

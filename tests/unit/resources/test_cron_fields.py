"""Schedules in the fields of cron: the engine refuses what the server refuses, and nothing else."""

from __future__ import annotations

import pytest

from ansible_collections.cloudstack.ops.plugins.module_utils.client import InvalidInput
from ansible_collections.cloudstack.ops.plugins.module_utils.resources.cron_fields import check_cron
from ansible_collections.cloudstack.ops.plugins.module_utils.resources.instance_schedules import INSTANCE_SCHEDULE
from cloudstack_simulator.commands.schedules.cron import parse
from cloudstack_simulator.errors import ApiError

RIGHT = (
    "0 20 * * MON-FRI", "*/15 * * * *", "5/10 0-6/2 1,15 jan,Jul 0", "0 0 ? * sun-tue", "0 0 29 2 *", "59 23 31 12 7",
    "0 0 1-7 * 7-7", "1,2,3 4-5,6 * * 1-5/2",
)  # fmt: skip
WRONG = {
    "60 * * * *": "minute", "0 24 * * *": "hour", "0 0 0 * *": "day of the month", "0 0 32 * *": "day of the month",
    "0 0 * 13 *": "month", "0 0 * FOO *": "month", "0 0 * * 8": "day of the week", "0 0 * * FRI-MON": "day of the week",
    "0 9-5 * * *": "hour", "*/0 * * * *": "minute", "0 , * * *": "hour", "a * * * *": "minute", "1- * * * *": "minute",
    "? * * * *": "minute", "0 0 * L *": "month",
}  # fmt: skip


@pytest.mark.parametrize("schedule", RIGHT)
def test_what_the_server_takes_is_taken(schedule):
    check_cron(schedule)
    parse(schedule)


@pytest.mark.parametrize("schedule", ["0 0 L * *", "0 0 LW * *", "0 0 15W * *", "0 0 * * 5L", "0 0 ? * MON#1"])
def test_last_days_workdays_and_numbered_days_are_left_to_the_server(schedule):
    check_cron(schedule)


@pytest.mark.parametrize(("schedule", "field"), WRONG.items())
def test_the_field_that_is_wrong_is_named(schedule, field):
    with pytest.raises(InvalidInput, match=f"its {field} is ") as caught:
        check_cron(schedule)
    assert caught.value.option == "schedule" and f"the {field} is *" in str(caught.value).lower()
    with pytest.raises(ApiError):
        parse(schedule)


@pytest.mark.parametrize("schedule", ["0 20 * *", "0 20 * * * *", ""])
def test_a_schedule_has_five_fields(schedule):
    with pytest.raises(InvalidInput, match="is no schedule"):
        check_cron(schedule)


@pytest.mark.parametrize("schedule", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *"])
def test_a_day_that_no_month_has_is_refused(schedule):
    with pytest.raises(InvalidInput, match="never due"):
        check_cron(schedule)


def test_the_module_looks_before_it_asks_the_server():
    with pytest.raises(InvalidInput, match="its minute is '60'"):
        INSTANCE_SCHEDULE.validate({"name": "evening", "vm": "web", "schedule": "60 20 * * *"})

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Schedules of instances: started, stopped or restarted by the server at set times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..client import InvalidInput
from ..model import Commands, Option, Resource, Row, Update
from ..procedures.snapshot_times import canonical_zone, check_time_zone
from .cron_fields import check_cron
from .owned import check_owner
from .vm_snapshots import OF_INSTANCE

ACTIONS = ("start", "stop", "reboot", "force_stop", "force_reboot")
DATES = {"start_date": "startdate", "end_date": "enddate"}
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def _validate(given: Mapping[str, Any]) -> None:
    check_owner(given)
    if given.get("schedule") is not None:
        check_cron(str(given["schedule"]))
    if given.get("time_zone") is not None:
        check_time_zone(given["time_zone"])
    dates = [_wall(given[name], name) for name in DATES if given.get(name) is not None]
    if len(dates) > 1 and dates[1] <= dates[0]:
        raise InvalidInput(
            f"end_date {given['end_date']} does not come after start_date {given['start_date']}",
            option="end_date",
            remedy="give a later end_date",
        )


def _wall(text: Any, option: str) -> datetime:
    """A date and time as a clock on the wall of the schedule's time zone shows it."""
    for form in _FORMS:
        try:
            return datetime.strptime(str(text), form)
        except ValueError:
            continue
    raise InvalidInput(
        f"{option} {text!r} is no date", option=option, remedy="give for example 2026-12-24 or 2026-12-24 20:00"
    )


def _zone(name: Any) -> Any:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _told(field: str) -> Callable[[Row], str]:
    def decode(row: Row) -> str:
        try:
            moment = datetime.strptime(str(row.get(field)), "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            return ""
        return moment.astimezone(_zone(row.get("timezone"))).strftime(_FORMS[0])

    return decode


def _same_date(want: Any, have: Any) -> bool:
    return bool(have) and _wall(want, "start_date") == _wall(have, "start_date")


def _sent(option: str) -> Callable[[Any, Any], Mapping[str, Any]]:
    """The server reads the clock of the text alone, in the schedule's time zone [VMScheduleManagerImpl of 4.22]."""
    return lambda value, _ctx: {DATES[option]: _wall(value, option).strftime("%Y-%m-%dT%H:%M:%S+0000")}


def _rows(ctx: Any) -> list[Row]:
    found: list[Row] = ctx.view.rows(ctx.resource, {"virtualmachineid": ctx.ref_id("vm")})
    return found


def _check_wish(ctx: Any, row: Row | None) -> None:
    """What begins or ends in the past is refused, unless it stands there already."""
    zone = _zone(ctx.given.get("time_zone") or (row or {}).get("timezone") or "UTC")
    for option, field in DATES.items():
        wanted = ctx.given.get(option)
        if wanted is None or (row is not None and _same_date(wanted, _told(field)(row))):
            continue
        if _wall(wanted, option).replace(tzinfo=zone) < ctx.client.clock.now():
            raise InvalidInput(
                f"{ctx.name}: {option} {wanted} lies in the past",
                option=option,
                obj=ctx.name,
                remedy="leave it out" if option == "start_date" else "give a later one, or remove the schedule",
            )


def _with_dates(ctx: Any, row: Row) -> dict[str, Any]:
    """Dates are meant in the time zone: with another one they have to be said anew."""
    wanted = ctx.given.get("time_zone")
    params: dict[str, Any] = {}
    if wanted is None or canonical_zone(wanted) == canonical_zone(str(row.get("timezone"))):
        return params
    zone = _zone(wanted)
    for option in DATES:
        value = ctx.given.get(option)
        if value is not None and _wall(value, option).replace(tzinfo=zone) >= ctx.client.clock.now():
            params.update(_sent(option)(value, ctx))
    return params


INSTANCE_SCHEDULE = Resource(
    name="instance_schedule",
    noun="schedule of an instance",
    summary="Manage schedules of instances",
    event_resource="VirtualMachine",
    description=(
        "Starts, stops or restarts an instance at set times, by the server itself.",
        "An instance may have several; each has a name here, which the server keeps as its description.",
    ),
    notes=(
        "Needs CloudStack 4.19.",
        "What a schedule does cannot be changed: remove it, and create another one.",
        "The server takes GMT for a time zone that it does not know, so the task checks it before it sends anything.",
        "An C(end_date) cannot be taken away again, only moved.",
    ),
    exported=False,
    commands=Commands(
        list="listVMSchedule",
        create="createVMSchedule",
        update="updateVMSchedule",
        delete="deleteVMSchedule",
        filters={},
        parents={"vm": "virtualmachineid"},
        delete_fields=("virtualmachineid",),
    ),
    scope=("vm",),
    updates=(Update("updateVMSchedule", extra=_with_dates),),
    options=(
        Option(
            "name", required=True, api="description", aliases=("description",),
            help="Name of the schedule, told apart from others of the instance. Case counts.",
        ),
        Option(
            "vm", "ref", required=True, api="virtualmachineid", refers_to="instance", aliases=("instance",),
            help="The instance.",
        ),
        *(Option(o.name, o.type, o.help, refers_to=o.refers_to, behaviour=True) for o in OF_INSTANCE),
        Option(
            "action", needed=True, choices=ACTIONS, help="What is done then.",
            encode=lambda value, _ctx: {"action": str(value).upper()},
            decode=lambda row: str(row.get("action", "")).lower(),
        ),
        Option(
            "schedule", needed=True, updatable=True, equal=lambda want, have: str(want).split() == str(have).split(),
            help=(
                "When, in the fields of cron: minute, hour, day of the month, month, day of the week.",
                "V(0 20 * * MON-FRI) for example. Days of the week are V(MON) to V(SUN) or 1 to 7, 1 is Monday.",
                "Where both kinds of days are given, both have to fit.",
            ),
        ),
        Option(
            "time_zone", api="timezone", updatable=True, aliases=("timezone",),
            equal=lambda want, have: canonical_zone(want) == canonical_zone(str(have)),
            help="Time zone of O(schedule), O(start_date) and O(end_date), V(Europe/Zurich) for example. UTC if it is "
            "left out at creation.",
        ),
        Option(
            "start_date", api="startdate", updatable=True, decode=_told("startdate"), equal=_same_date,
            encode=_sent("start_date"),
            help="Nothing is done before, V(2026-12-24) or V(2026-12-24 20:00). Left out, it holds a minute after it "
            "was made.",
        ),
        Option(
            "end_date", api="enddate", updatable=True, decode=_told("enddate"), equal=_same_date,
            encode=_sent("end_date"), help="Nothing is done afterwards.",
        ),
        Option("enabled", "bool", updatable=True, help="Whether it counts. The server's default is true."),
    ),
    omitted={"updateVMSchedule.description": "is the name by which the schedule is found"},
    validate=_validate,
    rows=_rows,
    check_wish=_check_wish,
    before_create=lambda _ctx, params: {"timezone": "UTC", **params},
)  # fmt: skip

RESOURCES = (INSTANCE_SCHEDULE,)

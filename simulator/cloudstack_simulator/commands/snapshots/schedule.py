"""When a snapshot policy runs: reading schedules and time zones as Java does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

HOURLY, DAILY, WEEKLY, MONTHLY = range(4)
INTERVALS = ("HOURLY", "DAILY", "WEEKLY", "MONTHLY")
PARTS = {HOURLY: 1, DAILY: 2, WEEKLY: 3, MONTHLY: 3}
LAST_DAY_OF_MONTH = 28
JAVA_SHORT_IDS = {
    "ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires",
    "ART": "Africa/Cairo", "AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka",
    "CAT": "Africa/Harare", "CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai",
    "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis",
    "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
    "NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
    "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}  # fmt: skip


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def canonical_timezone(name: str) -> str:
    """The name itself when Java knows it, else GMT."""
    return name if name in _known() or name in JAVA_SHORT_IDS else "GMT"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(JAVA_SHORT_IDS.get(name, name))
    except (KeyError, ValueError):
        return UTC


def parts(interval: int, schedule: str) -> list[int] | None:
    """The numbers of a schedule, or None when the server refuses it. Ranges are hardly checked, as there."""
    words = schedule.split(":")
    if len(words) < PARTS[interval]:
        return None
    try:
        numbers = [int(word) for word in words[: PARTS[interval]]]
    except ValueError:
        return None
    if interval == MONTHLY and numbers[2] > LAST_DAY_OF_MONTH:
        return None
    return numbers


def next_run(interval: int, schedule: str, timezone: str, now: float) -> float:
    """The first moment after `now` that the schedule names (fields out of range roll over, as in Java)."""
    numbers = parts(interval, schedule) or [0, 0, 0]
    local = datetime.fromtimestamp(now, _zone(timezone))
    moment = _first(interval, numbers, local)
    while moment.timestamp() <= now:
        moment = _following(interval, numbers, moment)
    return moment.timestamp()


def _first(interval: int, numbers: list[int], local: datetime) -> datetime:
    if interval == HOURLY:
        return local.replace(minute=0, second=0, microsecond=0) + timedelta(minutes=numbers[0])
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    time = timedelta(minutes=numbers[0], hours=numbers[1])
    if interval == DAILY:
        return midnight + time
    if interval == WEEKLY:
        sunday = midnight - timedelta(days=midnight.isoweekday() % 7)
        return sunday + timedelta(days=numbers[2] - 1) + time
    return midnight.replace(day=1) + timedelta(days=numbers[2] - 1) + time


def _following(interval: int, numbers: list[int], moment: datetime) -> datetime:
    if interval == MONTHLY:
        offset = timedelta(days=numbers[2] - 1, hours=numbers[1], minutes=numbers[0])
        return (moment - offset + timedelta(days=32)).replace(day=1) + offset
    step = {HOURLY: timedelta(hours=1), DAILY: timedelta(days=1), WEEKLY: timedelta(weeks=1)}[interval]
    return moment + step

"""Cron expressions of five fields as the server's library reads them: what they refuse, and when they are due."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from ...errors import CloudRuntime, IllegalArgument

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)
LONGEST_SEARCH = 8 * 366
"""Days within which even the 29th of February comes."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One field: its name in refusals, its range, and words that stand for numbers."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


FIELDS = (
    Kind("MinuteOfHour", 0, 59),
    Kind("HourOfDay", 0, 23),
    Kind("DayOfMonth", 1, 31),
    Kind("MonthOfYear", 1, 12, MONTHS),
    Kind("DayOfWeek", 1, 7, DAYS),
)
DAY_OF_MONTH, DAY_OF_WEEK = FIELDS[2], FIELDS[4]


@dataclass(frozen=True, slots=True)
class Cron:
    """A checked expression. `allowed`: the numbers of minute, hour, day, month and weekday (1 is Monday)."""

    text: str
    fields: tuple[str, ...]
    allowed: tuple[frozenset[int], ...]

    def after(self, moment: float, zone: tzinfo) -> float | None:
        """The first moment behind `moment` that the expression names, or None. Both kinds of days have to fit."""
        minutes, hours, days, months, weekdays = self.allowed
        local = datetime.fromtimestamp(moment, zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        for _number in range(LONGEST_SEARCH):
            if day.day in days and day.month in months and day.isoweekday() in weekdays:
                for hour in sorted(hours):
                    for minute in sorted(minutes):
                        due = day.replace(hour=hour, minute=minute, tzinfo=zone).timestamp()
                        if due > moment:
                            return due
            day += timedelta(days=1)
        return None


def parse(text: str) -> Cron:
    """The expression, or the refusal of the library: it reads seconds too, which the server puts in front."""
    full = f"0 {text}"
    fields = tuple(text.split())
    if len(fields) != len(FIELDS):
        raise IllegalArgument(f'Cron expression must consist of 6 fields (found {len(fields) + 1} in "{full}")')
    try:
        allowed = tuple(_numbers(kind, field) for kind, field in zip(FIELDS, fields, strict=True))
    except ValueError as error:
        raise IllegalArgument(f'{error} in cron expression "{full}"') from None
    return Cron(text, fields, allowed)


def _numbers(kind: Kind, text: str) -> frozenset[int]:
    value = text.upper() if kind.words else text
    for number, word in enumerate(kind.words, start=1):
        value = value.replace(word, str(number))
    if kind in (DAY_OF_MONTH, DAY_OF_WEEK):
        if value == "?":
            value = "*"
        if any(letter in value for letter in "LW#"):
            raise CloudRuntime(f"L, W and # in schedules are not modelled by this simulator: {text}")
    try:
        found = {n for part in value.split(",") for n in _part(kind, part)}
    except ValueError as error:
        raise ValueError(f"{error} '{value}'") from None
    return frozenset(7 if n == 0 and kind is DAY_OF_WEEK else n for n in found)


def _part(kind: Kind, text: str) -> range:
    span, slash, step = text.partition("/")
    low, high = _span(kind, span)
    if not slash:
        return range(low, high + 1)
    if "-" not in span:
        high = kind.high
    by = _number(step)
    if by <= 0:
        raise ValueError("Incrementer delta must be 1 or higher")
    return range(low, high + 1, by)


def _span(kind: Kind, text: str) -> tuple[int, int]:
    if text == "*":
        return kind.low, kind.high
    first, hyphen, last = text.partition("-")
    if not hyphen:
        return (_valid(kind, _number(first)),) * 2
    low, high = _valid(kind, _number(first)), _valid(kind, _number(last))
    if low == 7 and kind is DAY_OF_WEEK:
        low = 0
    if low > high:
        raise ValueError("Minimum value must be less than maximum value")
    return low, high


def _number(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise ValueError(f'For input string: "{text}"')
    return int(text)


def _valid(kind: Kind, number: int) -> int:
    """Sunday may be 0 too."""
    if kind is DAY_OF_WEEK and number == 0:
        return number
    if not kind.low <= number <= kind.high:
        raise ValueError(f"Invalid value for {kind.name} (valid values {kind.low} - {kind.high}): {number}")
    return number

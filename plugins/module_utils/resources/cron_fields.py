# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five fields of cron, as the server reads them: what it would refuse is refused before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..client import InvalidInput

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_EXAMPLE = "give minute, hour, day of the month, month and day of the week, '0 20 * * MON-FRI' for example"


@dataclass(frozen=True)
class Field:
    """name: for people. low, high: its numbers. words: names for them, from the lowest on. special: further forms."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    special: str = ""


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31, special=r"\?|L(-\d{1,2})?|LW|\d{1,2}W"),
    Field("month", 1, 12, MONTHS),
    # Sunday is 0 and 7.
    Field("day of the week", 0, 7, DAYS, special=r"\?|[0-7]L|[0-7]#[1-5]"),
)


def check_cron(schedule: str) -> None:
    """Raises InvalidInput that names the field and what it may be."""
    parts = schedule.split()
    if len(parts) != len(FIELDS):
        raise InvalidInput(f"{schedule!r} is no schedule", option="schedule", remedy=_EXAMPLE)
    allowed = [_numbers(schedule, field, part) for field, part in zip(FIELDS, parts, strict=True)]
    days, months = allowed[2], allowed[3]
    if days and months and all(min(days) > LENGTHS[month - 1] for month in months):
        raise InvalidInput(
            f"{schedule!r} is never due: no month in it has a day {min(days)}",
            option="schedule",
            remedy="correct the day of the month, or the month; L is its last day",
        )


def _numbers(schedule: str, field: Field, text: str) -> set[int]:
    """What a field allows; nothing where only the server can tell (the last day, the nearest workday ...)."""
    value = text.upper()
    for number, word in enumerate(field.words, start=1):
        value = value.replace(word, str(number))
    found: set[int] = set()
    for part in value.split(","):
        if field.special and re.fullmatch(field.special, part):
            return set()
        numbers = _of_part(field, part)
        if not numbers:
            names = f", or {field.words[0]} to {field.words[-1]}" if field.words else ""
            raise InvalidInput(
                f"{schedule!r} is no schedule: its {field.name} is {text!r}",
                option="schedule",
                value=schedule,
                remedy=f"the {field.name} is *, or numbers from {field.low} to {field.high}{names}, as in 1,3 or 1-3 "
                "or */5; a span goes upwards",
            )
        found |= numbers
    return found


def _of_part(field: Field, part: str) -> set[int]:
    """``*``, ``3``, ``1-3``, each with a step behind it; an empty set where it is none of them."""
    form = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,3}))?", part, re.ASCII)
    if form is None:
        return set()
    first, last, step = (int(text) if text is not None else None for text in form.groups())
    low = field.low if first is None else first
    high = last if last is not None else field.high if first is None or step is not None else first
    if field.words is DAYS and low == 7 and last is not None:
        low = 0  # from Sunday on
    if not field.low <= low <= high <= field.high or step == 0:
        return set()
    return set(range(low, high + 1, step or 1))

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When snapshots of a policy are taken: intervals, schedules and time zones, checked as the server does not."""

from __future__ import annotations

import re
import zoneinfo
from typing import Any

from ..client import InvalidInput
from ..model import Row

INTERVALS = ("hourly", "daily", "weekly", "monthly")
"""In the order of the numbers that the server answers [api_facts 2.6]."""

_FORMS = {
    "hourly": ("MM", "15", ((0, 59),)),
    "daily": ("MM:HH", "30:02", ((0, 59), (0, 23))),
    "weekly": ("MM:HH:D with Sunday as day 1", "30:02:1", ((0, 59), (0, 23), (1, 7))),
    "monthly": ("MM:HH:D with day 1 to 28", "30:02:28", ((0, 59), (0, 23), (1, 28))),
}
_GMT_OFFSET = re.compile(r"^GMT([+-])(\d{1,2})(?::?(\d{2}))?$")
# Short names that Java knows besides those of the time zone database.
_JAVA_NAMES = re.compile(
    r"A[CEGRS]T|AET|B[ES]T|C[ANST]T|CTT|E[ACS]T|HST|I[ES]T|JST|M[IS]T|N[ES]T|PLT|PNT|PRT|PST|SST|VST"
)


def interval_of(row: Row) -> str:
    return INTERVALS[int(row["intervaltype"])]


def parts_of(schedule: Any) -> tuple[int, ...] | None:
    """The numbers of a schedule, so that 30:2 and 30:02 are the same. None where there are others than numbers."""
    parts = str(schedule).split(":")
    return tuple(int(part) for part in parts) if all(part.isascii() and part.isdigit() for part in parts) else None


def check_schedule(interval: str, schedule: str) -> None:
    """Bounds that the server doesn't check: it accepts minute 60, hour 24, day 0 and parts too many [observed.md]."""
    form, example, bounds = _FORMS[interval]
    numbers = parts_of(schedule)
    fits = numbers is not None and len(numbers) == len(bounds)
    if not fits or any(not low <= n <= high for n, (low, high) in zip(numbers or (), bounds, strict=False)):
        raise InvalidInput(
            f"{schedule!r} is no {interval} schedule",
            option="schedule",
            value=schedule,
            remedy=f'give {form}, "{example}" for example, and quote it: YAML takes 30:02 for a number',
        )


def canonical_zone(name: str) -> str:
    """A fixed offset in the form that the server stores; other names as they are."""
    found = _GMT_OFFSET.match(name)
    return f"GMT{found[1]}{int(found[2]):02d}:{found[3] or '00'}" if found else name


def check_time_zone(name: str) -> None:
    """The server silently takes GMT for a name that it doesn't know [observed.md]."""
    known = zoneinfo.available_timezones()
    if not known or name in known or _JAVA_NAMES.fullmatch(name) or _GMT_OFFSET.match(name):
        return
    raise InvalidInput(
        f"the time zone {name!r} is not known",
        option="time_zone",
        value=name,
        remedy="give a name of the time zone database, Europe/Zurich for example; case counts",
    )

"""A schedule in words: the description that the server gives to a schedule that comes without one."""

from __future__ import annotations

from calendar import day_name, month_name
from collections.abc import Callable

from .cron import FIELDS, Cron, Kind

Namer = Callable[[int], str]


def describe(cron: Cron) -> str:
    """`at 09:00 every day between Monday and Friday`."""
    minute, hour, day, month, weekday = (_Field(k, t) for k, t in zip(FIELDS, cron.fields, strict=True))
    parts = (
        _time(hour, minute),
        day.told("day", "days", str),
        month.told("month", "months", lambda n: month_name[n]),
        weekday.told("day", "days", lambda n: day_name[(n - 1) % 7]),
    )
    return " ".join(" ".join(parts).split())


class _Field:
    """One field of an expression in the terms of the library that describes it."""

    def __init__(self, kind: Kind, text: str) -> None:
        text = text.upper()
        for number, word in enumerate(kind.words, start=1):
            text = text.replace(word, str(number))
        self.text = text
        self.items = text.split(",")

    @property
    def always(self) -> bool:
        return self.text in ("*", "?")

    @property
    def on(self) -> int | None:
        """The one number that the field is."""
        return int(self.text) if self.text.isdigit() else None

    @property
    def step(self) -> int | None:
        head, slash, step = self.text.partition("/")
        return int(step) if slash and len(self.items) == 1 and head else None

    @property
    def between(self) -> tuple[int, int] | None:
        return _bounds(self.text.partition("/")[0]) if len(self.items) == 1 else None

    def told(self, one: str, many: str, name: Namer) -> str:
        if self.always:
            return ""
        if len(self.items) == 1:
            return _told_alone(self.text, one, many, name)
        single = [name(int(i)) for i in self.items if i.isdigit()]
        others = [_told_alone(i, one, many, name) for i in self.items if not i.isdigit()]
        return (f"at {_joined(single)} {many} " if single else "") + (_joined(others) if others else "")


def _bounds(text: str) -> tuple[int, int] | None:
    low, hyphen, high = text.partition("-")
    return (int(low), int(high)) if hyphen else None


def _told_alone(text: str, one: str, many: str, name: Namer) -> str:
    if text.isdigit():
        return f"at {name(int(text))} {one}"
    head, slash, step = text.partition("/")
    bounds = _bounds(head)
    span = f" between {name(bounds[0])} and {name(bounds[1])} " if bounds else ""
    if slash and int(step) > 1:
        return f"every {name(int(step))} {many} {span}"
    return f"every {one} {span}"


def _joined(parts: list[str]) -> str:
    if len(parts) == 1:
        return f"and {parts[0]}"
    return ", ".join([*parts[:-2], parts[-2]]) + f" and {parts[-1]}"


def _time(hour: _Field, minute: _Field) -> str:
    if hour.always and minute.always:
        return "every minute"
    if hour.always and minute.on is not None:
        return f"every hour at minute {minute.on}" if minute.on else "every hour"
    if hour.on is not None and minute.on is not None:
        return f"at {hour.on:02d}:{minute.on:02d}"
    if hour.on is not None and minute.between and minute.step is None:
        low, high = minute.between
        return f"every minute between {hour.on:02d}:{low:02d} and {hour.on:02d}:{high:02d}"
    if hour.always and minute.step is not None:
        # The library forgets to put a word for its own placeholder here.
        span = f" every %s between {minute.between[0]} and {minute.between[1]}" if minute.between else ""
        return ("every minute" if minute.step == 1 else f"every {minute.step} minutes") + span
    if hour.step is not None and minute.on is not None:
        return f"every {hour.step} hours at minute {minute.on}" if minute.on else "every hour"
    minutes = "" if minute.on == 0 else minute.told("minute", "minutes", str)
    return f"{minutes} {hour.told('hour', 'hours', str)}"

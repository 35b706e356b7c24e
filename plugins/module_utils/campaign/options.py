# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that every campaign has, and their meaning in plain types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..client import InvalidInput
from ..model import Option
from .schedule import Limits

OPTIONS = (
    Option(
        "canaries", "int", default=0, behaviour=True,
        help="So many targets are worked first, and the rest only if they all end well.",
    ),
    Option(
        "batch", behaviour=True,
        help="Targets per batch, as a number or a percentage such as V(10%). Batches are worked one after the other, "
        "with O(pause) between them.",
    ),
    Option("pause", "int", default=0, behaviour=True, unit="seconds", help="Rest between two batches."),
    Option("parallel", "int", default=1, behaviour=True, help="Steps under way at the same time, in all."),
    Option("per_host", "int", default=1, behaviour=True, help="Steps under way on one host; 0 is no limit."),
    Option("per_cluster", "int", default=0, behaviour=True, help="Steps under way in one cluster; 0 is no limit."),
    Option(
        "window", behaviour=True,
        help=(
            "When steps may begin, such as V(22:00-05:30). Outside of it the campaign waits for the next window.",
            "What failed is not tried again outside of it.",
        ),
    ),
    Option("time_zone", default="UTC", behaviour=True, help="Time zone of O(window), such as V(Europe/Berlin)."),
    Option(
        "failure_budget", "int", default=0, behaviour=True,
        help="So many targets may fail before nothing new is begun.",
    ),
    Option("retries", "int", default=1, behaviour=True, help="How often the step of one target is tried again."),
    Option("retry_delay", "int", default=10, behaviour=True, unit="seconds", help="Rest before a step is tried again."),
    Option(
        "step_timeout", "int", default=900, behaviour=True, unit="seconds",
        help="Longest time in which one target must reach its goal.",
    ),
    Option(
        "stop_file", behaviour=True,
        help=(
            "When this file appears, no new step is begun; what is under way is still verified. Ctrl-C does the same.",
            "It must not be there at the beginning.",
        ),
    ),
    Option(
        "notice_url", behaviour=True,
        help="Web hook that gets the plan before the first and the report after the last step, as JSON by POST.",
    ),
    Option("report", behaviour=True, help="Path without suffix; the report is written there as V(.json) and V(.html)."),
    Option(
        "confirm", behaviour=True,
        help="What the module asks to be typed where data can be lost, so that it cannot happen by accident.",
    ),
)  # fmt: skip


def with_default(name: str, default: Any) -> Option:
    """An option of every campaign with another default, for the options of a procedure."""
    return replace(next(option for option in OPTIONS if option.name == name), default=default)


@dataclass(frozen=True)
class Window:
    """A daily window in a time zone; it may span midnight."""

    begin: time
    end: time
    zone: ZoneInfo

    def seconds_until_open(self, now: float) -> float:
        """0 while the window is open, else the seconds until it opens. ``now`` is seconds since the epoch.

        Minute by minute by the clock on the wall: where it jumps, a window may begin late, or have no beginning.
        """
        if self._is_open(now):
            return 0.0
        at = now - now % 60 + 60
        while not self._is_open(at):
            at += 60
        return at - now

    def _is_open(self, moment: float) -> bool:
        at = datetime.fromtimestamp(moment, self.zone).time()
        return self.begin <= at < self.end if self.begin < self.end else at >= self.begin or at < self.end


@dataclass(frozen=True)
class Rules:
    """How a campaign goes about its targets."""

    limits: Limits
    canaries: int
    batch: str
    pause: float
    window: Window | None
    failure_budget: int
    retries: int
    retry_delay: float
    step_timeout: float
    stop_file: str
    notice_url: str
    report: str
    confirm: str

    def batch_size(self, targets: int) -> int:
        """Targets per batch; 0 is one batch for all. A percentage gives at least one."""
        if not self.batch:
            return 0
        if self.batch.endswith("%"):
            return max(1, targets * int(self.batch[:-1]) // 100)
        return int(self.batch)


def rules(given: Mapping[str, Any]) -> Rules:
    """The rules from a task's options. Raises InvalidInput that names the option."""
    for name in ("canaries", "pause", "per_host", "per_cluster", "failure_budget", "retries", "retry_delay"):
        if int(given.get(name) or 0) < 0:
            raise InvalidInput(f"{name} must not be negative", option=name, remedy="give 0 or more")
    for name in ("parallel", "step_timeout"):
        if given.get(name) is not None and int(given[name]) < 1:
            raise InvalidInput(f"{name} must be at least 1", option=name, remedy="give 1 or more")
    return Rules(
        limits=Limits(
            int(given.get("parallel") or 1), int(given.get("per_host") or 0), int(given.get("per_cluster") or 0)
        ),
        canaries=int(given.get("canaries") or 0),
        batch=_batch(str(given.get("batch") or "")),
        pause=float(given.get("pause") or 0),
        window=_window(str(given.get("window") or ""), str(given.get("time_zone") or "UTC")),
        failure_budget=int(given.get("failure_budget") or 0),
        retries=int(given.get("retries") or 0),
        retry_delay=float(given.get("retry_delay") or 0),
        step_timeout=float(given.get("step_timeout") or 900),
        stop_file=str(given.get("stop_file") or ""),
        notice_url=str(given.get("notice_url") or ""),
        report=str(given.get("report") or ""),
        confirm=str(given.get("confirm") or ""),
    )


def _batch(text: str) -> str:
    if text and not re.fullmatch(r"[1-9]\d{0,5}|(100|[1-9]\d?)%", text):
        raise InvalidInput(
            f"batch {text!r} is neither a number nor a percentage", option="batch", remedy="give for example 10 or 5%"
        )
    return text


def _window(text: str, zone: str) -> Window | None:
    if not text:
        return None
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if not match:
        raise InvalidInput(
            f"window {text!r} is no span of time", option="window", remedy="give for example 22:00-05:30"
        )
    first, second, third, fourth = (int(part) for part in match.groups())
    try:
        return Window(time(first, second), time(third, fourth), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(
            f"time_zone {zone!r} is unknown", option="time_zone", remedy="give a name such as Europe/Berlin or UTC"
        ) from None

"""The one clock and the scheduler. Nothing in the simulator sleeps on, or reads, wall time directly."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


class Clock:
    """Virtual time in seconds since the epoch. It moves only when told to (`advance`): the clock of tests."""

    runs = False
    """Whether time passes by itself."""

    def __init__(self, start: float | None = None) -> None:
        self._now = time.time() if start is None else start

    def now(self) -> float:
        return self._now

    def advance_to(self, moment: float) -> None:
        self._now = max(self._now, moment)

    def start_at(self, moment: float) -> None:
        """Go on from a moment, later or earlier than now."""
        self._now += moment - self.now()

    def outside(self) -> float:
        """The time of those who call, by which they date what they sign."""
        return self.now()

    def real_seconds(self, seconds: float) -> float:
        """How long a server has to wait in real time for `seconds` of this clock."""
        return seconds


class RunningClock(Clock):
    """Time that runs `rate` times as fast as the wall; what the server uses."""

    runs = True

    def __init__(self, rate: float = 1.0, start: float | None = None) -> None:
        super().__init__(start)
        self._rate = rate
        self._base = time.monotonic()

    def now(self) -> float:
        return self._now + (time.monotonic() - self._base) * self._rate

    def advance_to(self, moment: float) -> None:
        self._now += max(0.0, moment - self.now())

    def outside(self) -> float:
        return time.time()

    def real_seconds(self, seconds: float) -> float:
        return max(0.0, seconds) / self._rate


class Scheduler:
    """Things to do later, in order of time: `callback(*args)` at a moment of the clock.

    Callbacks are module-level functions or bound methods with plain arguments, so that state can be saved.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._heap: list[tuple[float, int, Callable[..., Any], tuple[Any, ...]]] = []
        self._serial = itertools.count()

    def at(self, moment: float, callback: Callable[..., Any], *args: Any) -> None:
        heapq.heappush(self._heap, (moment, next(self._serial), callback, args))

    def after(self, seconds: float, callback: Callable[..., Any], *args: Any) -> None:
        self.at(self.clock.now() + seconds, callback, *args)

    def entries(self) -> list[tuple[float, Callable[..., Any], tuple[Any, ...]]]:
        """What is to be done, by time: (moment, callback, arguments)."""
        return [(moment, callback, args) for moment, _serial, callback, args in sorted(self._heap, key=lambda e: e[:2])]

    def replace(self, entries: Iterable[tuple[float, Callable[..., Any], Iterable[Any]]]) -> None:
        """Do just this, and nothing that was planned before."""
        self._heap.clear()
        for moment, callback, args in entries:
            self.at(moment, callback, *args)

    def next_due(self) -> float | None:
        """The moment of the earliest entry, or None."""
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> int:
        """Do everything that is due by now; return how many things that was."""
        done = 0
        while self._heap and self._heap[0][0] <= self.clock.now():
            _moment, _serial, callback, args = heapq.heappop(self._heap)
            callback(*args)
            done += 1
        return done

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, stopping at each due moment so that callbacks see their own time."""
        self.advance_to(self.clock.now() + seconds)

    def advance_to(self, end: float) -> None:
        while self._heap and self._heap[0][0] <= end:
            self.clock.advance_to(self._heap[0][0])
            self.run_due()
        self.clock.advance_to(end)


def timestamp(moment: float | None) -> str | None:
    """The server's way to write a date: 2026-11-21T03:37:30+0000."""
    if moment is None:
        return None
    return _written(int(moment // 1))


@lru_cache(maxsize=100_000)
def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

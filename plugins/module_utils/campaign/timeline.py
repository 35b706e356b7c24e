# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happened to whom and when: the record that reports are made of."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .targets import Target

FINAL = ("done", "failed", "skipped", "left", "already", "unsafe")


@dataclass
class Entry:
    """One target's way. Times are seconds since the epoch; ``begun`` 0 means that no step was taken.

    state: ``waiting``, ``running``, ``done``, ``already`` (was at its goal), ``left`` (not this campaign's business),
    ``skipped`` (see reason), ``failed``, ``unsafe`` (a step was begun and its end is unknown).
    """

    target: Target
    state: str = "waiting"
    wave: int = 0
    begun: float = 0.0
    ended: float = 0.0
    attempts: int = 0
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        target = self.target
        return {
            "id": target.id,
            "name": target.name,
            "kind": target.kind,
            "place": list(target.place),
            "host": target.host,
            "cluster": target.cluster,
            "pair": target.pair,
            "interrupts": list(target.interrupts),
            "cut": target.cut,
            "state": self.state,
            "wave": self.wave,
            "begun": round(self.begun, 3),
            "ended": round(self.ended, 3),
            "attempts": self.attempts,
            "reason": self.reason,
        }


@dataclass
class Timeline:
    """All targets of a campaign; safe to use from the threads of the steps."""

    procedure: str
    begun: float
    ended: float = 0.0
    entries: dict[str, Entry] = field(default_factory=dict)
    marks: list[tuple[float, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _counts: Counter[str] = field(default_factory=Counter, repr=False)

    def add(self, target: Target, state: str = "waiting", reason: str = "") -> Entry:
        with self._lock:
            entry = self.entries[target.id] = Entry(target, state, reason=reason)
            self._counts[state] += 1
            return entry

    def turn(self, target: Target, state: str, reason: str | None = None) -> None:
        """From now on a target is in this state, with a reason if one is given."""
        with self._lock:
            entry = self.entries[target.id]
            self._counts[entry.state] -= 1
            self._counts[state] += 1
            entry.state = state
            if reason is not None:
                entry.reason = reason

    def mark(self, now: float, text: str) -> None:
        """A thing that concerns everybody: a pause, a stop, the end of a wave."""
        with self._lock:
            self.marks.append((now, text))

    def count(self, *states: str) -> int:
        return sum(self._counts[state] for state in states)

    def counts(self) -> dict[str, int]:
        return {state: number for state, number in sorted(self._counts.items()) if number}

    def as_dict(self) -> dict[str, Any]:
        """The report: for machines as it is, for people drawn by campaign/report.py."""
        return {
            "procedure": self.procedure,
            "begun": round(self.begun, 3),
            "ended": round(self.ended, 3),
            "counts": self.counts(),
            "targets": [entry.as_dict() for entry in self.entries.values()],
            "marks": [{"at": round(at, 3), "text": text} for at, text in self.marks],
        }

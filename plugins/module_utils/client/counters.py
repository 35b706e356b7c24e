# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many calls were made, for tests, benchmarks and reports."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Counters:
    """Requests sent: all, changing ones, job polls, repeated ones; and each command's."""

    calls: int = 0
    changes: int = 0
    polls: int = 0
    retries: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def sent(self, command: str, changing: bool, again: bool) -> None:
        with self._lock:
            self.calls += 1
            self.changes += changing
            self.polls += command == "queryAsyncJobResult"
            self.retries += again
            self.commands[command] += 1

    def as_dict(self) -> dict[str, Any]:
        with self._lock:
            return {
                "calls": self.calls,
                "changes": self.changes,
                "polls": self.polls,
                "retries": self.retries,
                "commands": dict(self.commands),
            }

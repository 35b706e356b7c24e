# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the work on a document is and what it is doing, for those who watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .document import Work
from .nodes import Node

STILL_EVERY = 10.0
"""Seconds without an end after which it is told what takes so long."""
_NAMED = 3
_DONE = {"create": "created", "update": "changed", "replace": "replaced", "delete": "removed"}


class Progress:
    """One line for each object that ends: how many of how many, what became of it, what is running beside it.

    ``tell`` takes the lines; without it nothing is told. ``clock`` is the client's. ``total``: how many will end.
    """

    def __init__(self, tell: Callable[[str], None] | None, clock: Any, total: int) -> None:
        self._tell = tell
        self._clock = clock
        self._total = total
        self._done = 0
        #: Since when an object is worked on, and what is being done to it.
        self._running: dict[Node, tuple[float, str]] = {}

    def begin(self, node: Node) -> None:
        self._running[node] = (self._clock.monotonic(), "")

    def note(self, node: Node, text: str) -> None:
        """What is being done to an object that has begun. Called by whoever works on it."""
        begun, _before = self._running[node]
        self._running[node] = (begun, text.removeprefix(f"{node.title}: "))

    def rest(self, node: Node) -> None:
        """An object is not worked on any more, at least for now."""
        self._running.pop(node, None)

    def end(self, work: Work) -> None:
        self._done += 1
        if work.error:
            became = f"failed: {work.error}"
        else:
            became = f"skipped, {work.skipped}" if work.skipped else _DONE[work.plan.action]
        self._say(f"{self._done}/{self._total} {work.node.title} {became}{self._beside()}")

    def still(self) -> None:
        """Nothing has ended for a while."""
        self._say(f"{self._done}/{self._total} done{self._beside()}")

    def _beside(self) -> str:
        now = self._clock.monotonic()
        longest = sorted(self._running.items(), key=lambda item: item[1][0])
        shown = [self._one(node, now - begun, doing) for node, (begun, doing) in longest[:_NAMED]]
        more = f", {len(longest) - _NAMED} more" if len(longest) > _NAMED else ""
        return f" (running: {', '.join(shown)}{more})" if shown else ""

    @staticmethod
    def _one(node: Node, seconds: float, doing: str) -> str:
        details = [doing] if doing else []
        if seconds >= 1:
            details.append(f"{seconds:.0f} s")
        return f"{node.title}: {', '.join(details)}" if details else node.title

    def _say(self, line: str) -> None:
        if self._tell:
            self._tell(line)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation (a module that is no resource) sees of its task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..model import Operation
from .view import View

SAME_AGAIN = 60.0
"""Seconds after which the same line of progress is told again."""


@dataclass
class Task:
    """``given`` has the options the user gave and the defaults, in plain Python types."""

    operation: Operation
    given: Mapping[str, Any]
    view: View
    check: bool = False
    diff: bool = False
    warnings: list[str] = field(default_factory=list)
    progress: Callable[[str], None] | None = None
    #: File, line and column of a value by its path (``cloud.zones[0].name``); an empty text where that is not known.
    locate: Callable[[str], str] | None = None
    _told: dict[str, float] = field(default_factory=dict, init=False)

    @property
    def client(self) -> Any:
        return self.view.client

    @property
    def clock(self) -> Any:
        """The one injected clock: everything that waits asks it."""
        return self.view.client.clock

    def option(self, name: str) -> Any:
        """A value, or None if neither given nor defaulted."""
        return self.given.get(name)

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def tell(self, text: str) -> None:
        """Live progress, where there is somebody to see it. While nothing is new, one line a minute is enough."""
        if not self.progress:
            return
        now = self.clock.monotonic()
        if now - self._told.get(text, -SAME_AGAIN) >= SAME_AGAIN:
            self._told[text] = now
            self.progress(text)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign works on: targets with their place, what their step interrupts, and how they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DONE, DUE, UNDER_WAY, BLOCKED, LEFT = "done", "due", "under way", "blocked", "left"


@dataclass(frozen=True)
class Target:
    """One object that a step is taken on.

    place: zone, pod, cluster, domain, account ..., by which targets are ordered.
    host, cluster: where its step causes load, for the limits; empty where that is nowhere in particular.
    pair: key that redundant partners share; they are worked one after the other, lower ``rank`` first.
    rank: among partners, or else among the targets of one place, lower goes first.
    interrupts: networks, instances or consoles that are cut by the step, for the plan and the report.
    cut: seconds that the interruption is expected to last.
    """

    id: str
    name: str
    kind: str
    place: tuple[str, ...] = ()
    host: str = ""
    cluster: str = ""
    pair: str = ""
    rank: int = 0
    interrupts: tuple[str, ...] = ()
    cut: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Standing:
    """How a target stands before a step.

    state: ``done`` is at its goal already, ``due`` needs the step, ``under way`` needs none and has yet to prove its
    goal (its step was taken by a run that was cut off), ``blocked`` must not be touched now, ``left`` is none of this
    campaign's business though it is not at the goal (a stopped router). reason: why, for people.
    """

    state: str
    reason: str = ""

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a campaign will do, in order: for its result, and in lines for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .targets import Target

LONGEST = 200
"""Lines that people are shown; what is over is counted. The result has all."""


def entries(run: Any, planned: Sequence[Sequence[Target]], steps: Sequence[str]) -> list[dict[str, Any]]:
    """The steps before the first target, then every target in the order of work."""
    plan: list[dict[str, Any]] = [{"step": text} for text in steps]
    for number, wave in enumerate(planned, 1):
        for target in wave:
            plan.append(
                {
                    "wave": number,
                    "target": target.name,
                    "kind": target.kind,
                    "place": "/".join(part for part in target.place if part),
                    "host": target.host,
                    "reason": run.timeline.entries[target.id].reason,
                    "interrupts": list(target.interrupts),
                    "expected_cut": target.cut,
                }
            )
    return plan


def lines(run: Any, planned: Sequence[Sequence[Target]], steps: Sequence[str]) -> list[str]:
    """One line for each step and target, with the procedure's own details below it."""
    details = run.procedure.plan_details
    told = [f"first: {text}" for text in steps]
    for number, wave in enumerate(planned, 1):
        for target in wave:
            in_wave = f"wave {number}: " if len(planned) > 1 else ""
            told.append(f"{in_wave}{target.title}{_in(target)}{_why(run, target)}{_cut(target)}")
            told += [f"  {text}" for text in (details(run, target) if details else ())]
    over = len(told) - LONGEST
    return [*told[:LONGEST], f"... and {over} more lines"] if over > 0 else told


def _in(target: Target) -> str:
    place = "/".join(part for part in target.place if part)
    return f" ({place})" if place else ""


def _why(run: Any, target: Target) -> str:
    reason = run.timeline.entries[target.id].reason
    return f": {reason}" if reason else ""


def _cut(target: Target) -> str:
    if not target.interrupts:
        return ""
    seconds = f" for about {target.cut:.0f} s" if target.cut else ""
    return f"; interrupts {', '.join(target.interrupts)}{seconds}"

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A procedure: the one record of what a disruptive piece of work is, from which its module is generated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..model import Option
from .rights import Sends
from .targets import Standing, Target

CHECK, ACT, VERIFY = "check", "act", "verify"
"""What a stage does: it only reads, it changes something, it proves the goal."""


@dataclass(frozen=True)
class Stage:
    """One stage of a procedure, as people read it in the documentation and see it in its picture.

    kind: CHECK, ACT or VERIFY.
    text: a short sentence without a full stop, such as "Wait for a new one whose agent is up".
    each: whether it is done for each target, or once for the whole campaign.
    """

    kind: str
    text: str
    each: bool = True


@dataclass(frozen=True)
class Procedure:
    """What to work on, in which order, how one step goes, and how its goal is proved.

    Every function gets the run (``campaign/run.py``: ``run.task``, ``run.client``, ``run.option(name)``,
    ``run.clock``, ``run.wait_for``) first.

    targets: reads what may be worked on; changes nothing.
    standing: how one target stands, from reading; called again before each step and after a failure, so what reached
        its goal is never disrupted again.
    standings: how all targets stand, in their order, from what ``targets`` has read: for procedures with so many
        targets that one question each would take too long. ``standing`` is then asked only before each step.
    sends: every changing command that its functions may send (campaign/rights.py), those that only some runs send with
        ``when``. What a run needs is asked of the server when all is planned, so that a right that the caller lacks
        does not show half-way.
    commands: those that take a step. Jobs of theirs that are under way already are awaited first.
    act: takes the step; may raise. It is called only for what is due at that moment.
    verify: proves from outside that the target is at its goal; returns when it is, raises when it never will be.
    preflight: refuses early, with all due targets in hand; raises InvalidInput that says why.
    prepare, finish: work before the first and after the last step (a setting, a certificate); called only if needed.
    plan_details: lines below a target in the plan that people see, such as what moves where.
    confirm: text that the user must type in the option ``confirm`` because data can be lost; empty if none can.
        ``Names`` where it lists what is left to do, so that a resumed run takes the text of the first one.
    options: the procedure's own options; those of every campaign are added (campaign/options.py).
    sequence: the stages in order, for its documentation and its picture.
    """

    name: str
    summary: str
    noun: str
    targets: Callable[[Any], Sequence[Target]]
    standing: Callable[[Any, Target], Standing]
    act: Callable[[Any, Target], None]
    verify: Callable[[Any, Target], None]
    sends: Sends = ()
    options: tuple[Option, ...] = ()
    sequence: tuple[Stage, ...] = ()
    commands: tuple[str, ...] = ()
    standings: Callable[[Any, Sequence[Target]], Sequence[Standing]] | None = None
    description: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    preflight: Callable[[Any, Sequence[Target]], None] | None = None
    prepare: Callable[[Any, Sequence[Target]], Mapping[str, Any] | None] | None = None
    prepare_plan: Callable[[Any, Sequence[Target]], Sequence[str]] | None = None
    finish: Callable[[Any, Sequence[Target]], None] | None = None
    plan_details: Callable[[Any, Target], Sequence[str]] | None = None
    confirm: Callable[[Any, Sequence[Target]], str] | None = None
    returns: Mapping[str, tuple[str, str]] | None = None
    constraints: Mapping[str, Any] | None = None

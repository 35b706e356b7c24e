# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disruptive work in order: many targets, limits, verification from outside, a brake and a report."""

from __future__ import annotations

from .module import as_operation
from .options import with_default
from .procedure import ACT, CHECK, VERIFY, Procedure, Stage
from .rights import commands_of, given, if_allowed, when
from .run import Run, run_campaign
from .targets import BLOCKED, DONE, DUE, LEFT, UNDER_WAY, Standing, Target
from .typed import Names

__all__ = (
    "ACT",
    "BLOCKED",
    "CHECK",
    "DONE",
    "DUE",
    "LEFT",
    "UNDER_WAY",
    "VERIFY",
    "Names",
    "Procedure",
    "Run",
    "Stage",
    "Standing",
    "Target",
    "as_operation",
    "commands_of",
    "given",
    "if_allowed",
    "run_campaign",
    "when",
    "with_default",
)

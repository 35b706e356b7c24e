# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One object at a time: resolve names, read, compare, plan, apply, read back. Check mode and diff live only here."""

from __future__ import annotations

from .context import Context
from .plan import ABSENT, Plan
from .reconcile import Outcome, make_context, reconcile, wished
from .same import Change
from .task import Task
from .view import View

__all__ = ("ABSENT", "Change", "Context", "Outcome", "Plan", "Task", "View", "make_context", "reconcile", "wished")

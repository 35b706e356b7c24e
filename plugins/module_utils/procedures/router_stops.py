# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routers and internal load balancers that are stopped and started again, whatever becomes of the run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..campaign import DONE, DUE, Standing, Target
from ..client import CloudStackError
from ..model import Row
from .routers import is_balancer
from .volume_marks import Marks

ROUTER_COMMANDS = ("stopRouter", "startRouter")
BALANCER_COMMANDS = ("stopInternalLoadBalancerVM", "startInternalLoadBalancerVM")


class Stops:
    """Who was stopped by this kind of campaign and has to run again: a remark at the router says so.

    Without it nobody could tell such a router from one that its owner has stopped.
    """

    def __init__(self, run: Any) -> None:
        self._run = run
        self._marks = Marks(run, f"after {run.procedure.name}", "VR")
        self._known = self._marks.read()

    def judged(self, rows: Sequence[Row], standing: Standing) -> Standing:
        """How routers stand once their remarks are looked at too."""
        marked = [row for row in rows if row["id"] in self._known]
        if any(row.get("state") == "Stopped" for row in marked):
            return Standing(DUE, "a run that was cut off stopped it; it has to be started")
        if marked and standing.state == DONE:
            return Standing(DUE, "it runs, and the remark that it has to be started is left over")
        return standing

    def cycle(self, target: Target, row: Row, change: Callable[[], None] | None = None) -> None:
        """Stops a router if it runs, lets ``change`` happen, and starts it."""
        stop, start = BALANCER_COMMANDS if is_balancer(row) else ROUTER_COMMANDS
        if row.get("state") == "Running":
            self._remark(row)
            self._run.change(stop, {"id": row["id"]}, target.title)
        if change is not None:
            change()
        self._run.change(start, {"id": row["id"]}, target.title)
        self.forget(row)

    def _remark(self, row: Row) -> None:
        if row["id"] not in self._known:
            self._known[row["id"]] = self._marks.add_one(row)

    def forget(self, row: Row) -> None:
        """It runs again: takes its remark away, if it has one."""
        if row["id"] not in self._known:
            return
        try:
            self._marks.remove(self._known[row["id"]])
        except CloudStackError:
            if row["id"] in self._marks.read():
                raise
        del self._known[row["id"]]

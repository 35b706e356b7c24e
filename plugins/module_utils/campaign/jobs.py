# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that are still under way: of a run that was cut off, or of a call whose answer was lost.

A step that the server has taken on and not yet ended looks as if it had never been taken. Jobs about networks do not
even tell which one [recordings], so all of their kind are awaited.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..client import NotAllowed
from ..model import Row

LOOK_EVERY = 2.0


def await_others(run: Any) -> None:
    """Waits for the jobs of the procedure's commands that are under way now and that this run does not wait for itself.

    Those that begin later are none of its business. After the time of one step it goes on with a warning: a job that
    hangs must not hold everybody up.
    """
    classes = {f"{command}cmd".lower() for command in run.procedure.commands}
    left = [row for row in _under_way(run, classes) if row.get("jobid") not in run.own_jobs] if classes else []
    awaited, begun = {row.get("jobid") for row in left}, run.clock.monotonic()
    while left and not run.stopped:
        if run.clock.monotonic() - begun >= run.rules.step_timeout:
            run.task.warn(f"gone on although jobs of others do not end: {_named(left)}")
            return
        run.task.tell(f"{run.progress()}: waiting for jobs of an earlier run or of others: {_named(left)}")
        run.clock.sleep(LOOK_EVERY)
        left = [row for row in _under_way(run, classes) if row.get("jobid") in awaited]


def _under_way(run: Any, classes: Iterable[str]) -> list[Row]:
    try:
        rows = run.client.list("listAsyncJobs", {"listall": True})
    except NotAllowed:
        return []
    return [
        row
        for row in rows
        if row.get("jobstatus") == 0 and str(row.get("cmd", "")).rpartition(".")[2].lower() in classes
    ]


def _named(rows: Iterable[Row]) -> str:
    return ", ".join(sorted(f"{str(row.get('cmd', '')).rpartition('.')[2]} {row.get('jobid')}" for row in rows))

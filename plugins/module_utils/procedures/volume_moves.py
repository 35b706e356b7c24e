# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The step that moves volumes between storage pools, for one instance or one free volume at a time (C5, C6).

A running instance of KVM can't move a volume alone: it goes to another host together with its volumes, or it is stopped
for the while. Others move live.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import BLOCKED, DONE, DUE, LEFT, UNDER_WAY, Standing, Target
from ..client import ApiError, CloudStackError, JobFailed
from ..client.maps import indexed_list
from ..model import Option, Row
from .long_jobs import change
from .volume_destinations import destination_host, place_for
from .volume_facts import goal_of, is_moved_by_a_job, obstacle, pending, size_text, volumes_now
from .volume_marks import Marks, instance_now, start

STUCK_AFTER = 5
"""Looks after which a volume that migrates without a job is called stuck."""
SETTLED = ("Running", "Stopped")

RUNNING = Option(
    "running", default="live", choices=("live", "stop", "skip"), behaviour=True,
    help=(
        "What is done with instances that run.",
        "V(live): moved while they run; on KVM to another host together with their volumes.",
        "V(stop): stopped, moved and started again.",
        "V(skip): left alone.",
    ),
)  # fmt: skip
PARTIAL = Option(
    "partial", "bool", default=False, behaviour=True,
    help="Go on with what can be done, though something cannot; otherwise nothing is touched then.",
)  # fmt: skip


def marks_of(run: Any) -> Marks:
    """Instances that this procedure has stopped. A migration and an evacuation side by side have their own."""
    return Marks(run, f"after {run.procedure.name}")


def standing(run: Any, target: Target) -> Standing:
    """How the volumes of a target stand, without a place for them yet."""
    machine = instance_now(run, target.id) if target.facts["attached"] else None
    marked = target.facts["attached"] and target.id in marks_of(run).read()
    return judged(run, target, volumes_now(run, target), machine, marked=marked)


def judged(run: Any, target: Target, rows: Sequence[Row], machine: Row | None, *, marked: bool) -> Standing:
    """The same from rows that were just read. marked: whether the instance was stopped for its volumes."""
    waiting = pending(run, rows)
    if not waiting:
        return Standing(DUE, "is to be started again") if marked else Standing(DONE)
    migrating = [row["name"] for row in waiting if row.get("state") == "Migrating"]
    if migrating:
        if is_moved_by_a_job(run, target):
            return Standing(UNDER_WAY, f"{', '.join(migrating)} is being moved")
        return Standing(BLOCKED, _stuck(migrating))
    odd = [f"{row['name']} is {row.get('state')}" for row in waiting if row.get("state") != "Ready"]
    if odd:
        return Standing(BLOCKED, ", ".join(odd))
    state = str(machine.get("state")) if machine else "Stopped"
    if state not in SETTLED:
        return Standing(BLOCKED, f"the instance is {state}")
    if state == "Running" and run.option("running") == "skip":
        return Standing(LEFT, "the instance runs")
    why_not = obstacle(run, waiting)
    if why_not:
        return Standing(BLOCKED, why_not)
    return Standing(DUE, ", ".join(f"{row['name']} ({size_text(row)}) on {row.get('storage')}" for row in waiting))


def _stuck(names: Sequence[str]) -> str:
    return (
        f"{', '.join(names)} stays in state Migrating and no job is at it: a job timed out. Look where the data is "
        "before anything else, on both pools; never delete a copy until the volume is Ready"
    )


def act(run: Any, target: Target) -> None:
    """Moves what is still to be moved; each call is about what is true at that moment."""
    waiting = pending(run, volumes_now(run, target))
    machine = instance_now(run, target.id) if target.facts["attached"] else None
    if waiting:
        places = [(row, place_for(run, row)) for row in waiting]
        try:
            if machine is not None and machine.get("state") == "Running":
                _move_running(run, target, machine, places)
            else:
                _move_at_rest(run, target, places)
        except CloudStackError as error:
            _bring_back(run, target)
            if isinstance(error, (ApiError, JobFailed)):
                marks_of(run).forget_running({target.id})
            raise
    _start_again(run, target)


def _move_running(run: Any, target: Target, machine: Row, places: Sequence[tuple[Row, Row]]) -> None:
    if run.option("running") == "stop":
        marks_of(run).add([machine])
        run.change("stopVirtualMachine", {"id": machine["id"]}, target.title)
        _move_at_rest(run, target, places)
    elif machine.get("hypervisor") == "KVM":
        pairs = indexed_list("migrateto", [{"volume": row["id"], "pool": pool["id"]} for row, pool in places])
        params = {"virtualmachineid": machine["id"], "hostid": destination_host(run, machine)["id"], **pairs}
        change(run, "migrateVirtualMachineWithVolume", params, target.title)
    else:
        _move_each(run, target, places, {"livemigrate": True})


def _move_at_rest(run: Any, target: Target, places: Sequence[tuple[Row, Row]]) -> None:
    offering = goal_of(run).offering
    _move_each(run, target, places, {"newdiskofferingid": offering["id"]} if offering else {})


def _move_each(run: Any, target: Target, places: Sequence[tuple[Row, Row]], more: dict[str, Any]) -> None:
    for row, pool in places:
        run.task.tell(f"{target.name}: {row['name']} ({size_text(row)}) to {pool['name']}")
        params = {"volumeid": row["id"], "storageid": pool["id"], **more}
        change(run, "migrateVolume", params, f"volume {row['name']}")


def _start_again(run: Any, target: Target) -> None:
    """What was stopped here, in this run or one that was cut off, runs again; anything else is left as it is."""
    marks = marks_of(run)
    mark = marks.read().get(target.id) if target.facts["attached"] else None
    machine = instance_now(run, target.id) if mark else None
    if mark is None or pending(run, volumes_now(run, target)):
        return
    if machine is not None and machine.get("state") == "Stopped":
        problem = start(run, machine)
        if problem:
            raise ApiError("its volumes have moved, but it does not start", obj=target.title, server_text=problem)
    marks.remove(mark)


def _bring_back(run: Any, target: Target) -> None:
    """After a failure an instance that was stopped here runs again, unless one of its volumes is in between."""
    mark = marks_of(run).read().get(target.id) if target.facts["attached"] else None
    if mark is None or any(row.get("state") == "Migrating" for row in volumes_now(run, target)):
        return
    machine = instance_now(run, target.id)
    if machine is not None and machine.get("state") == "Stopped" and not start(run, machine):
        marks_of(run).remove(mark)


def verify(run: Any, target: Target) -> None:
    """Every volume is Ready where it shall be, and the instance is in peace. The job's word is not enough."""
    looks = {"stuck": 0}

    def look() -> bool | str:
        waiting = pending(run, volumes_now(run, target))
        migrating = [row["name"] for row in waiting if row.get("state") == "Migrating"]
        if migrating:
            looks["stuck"] = 0 if is_moved_by_a_job(run, target) else looks["stuck"] + 1
            if looks["stuck"] >= STUCK_AFTER:
                raise ApiError(_stuck(migrating), obj=target.title)
            return f"{', '.join(migrating)} to be moved"
        if waiting:
            names = ", ".join(f"{row['name']} is on {row.get('storage')}" for row in waiting)
            raise ApiError(f"the server says that it was moved, but {names}", obj=target.title)
        machine = instance_now(run, target.id) if target.facts["attached"] else None
        state = str(machine.get("state")) if machine else "Stopped"
        return state in SETTLED or f"the instance to settle (is {state})"

    run.wait_for(target, "volumes where they shall be", look)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves away what runs on a host, one machine after the other or some at a time, under our own control.

The server empties a host by itself too, but starts everything at once, tells nobody which instance did not move, and
stops what it cannot move.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..campaign import Target
from ..client import ApiError, CloudStackError
from ..model import Row
from .host_places import Room, plan_moves, suitable, unmovable
from .hosts import host_now, neighbours, reasons, residents, residents_now, short_list, titled

UNDECIDED = ("Starting", "Stopping", "Migrating")
BROKEN = ("Error", "Unknown", "Shutdown")
ROUNDS = 3
"""How often a machine that did not move is tried again, each time with a fresh look at where it may go."""
STOPS = {
    "instance": "stopVirtualMachine", "virtual router": "stopRouter", "system VM": "stopSystemVm",
    "internal load balancer": "stopInternalLoadBalancerVM",
}  # fmt: skip


def refusals(run: Any, row: Mapping[str, Any], targets: Collection[str]) -> list[str]:
    """Why a host must not be emptied now, whatever runs on it. ``targets`` are hosts that this run works itself."""
    found = []
    if row.get("state") != "Up":
        found.append(
            f"its agent is {row.get('state')}, so nothing can be moved away; if the machine is off, see host_degraded"
        )
    if row.get("resourcestate") == "Degraded":
        found.append("it is declared degraded; end that first with host_degraded")
    for other in neighbours(run, row):
        if other.get("resourcestate") in ("PrepareForMaintenance", "ErrorInPrepareForMaintenance"):
            if other["id"] not in targets:
                found.append(f"{other['name']} of the same cluster is {other['resourcestate']}; the server takes one")
        elif other.get("state") != "Up" and other.get("resourcestate") == "Enabled":
            found.append(
                f"{other['name']} of the same cluster is {other.get('state')}, and restarts of its instances may be "
                "pending; bring it back, or take it into maintenance too"
            )
    return found


def broken(rows: Sequence[Row]) -> list[str]:
    """Machines in a state in which the server refuses the maintenance of their host."""
    return [f"{titled(row)} is {row.get('state')}" for row in rows if row.get("state") in BROKEN]


def await_what_left(run: Any, target: Target) -> None:
    """Waits until nothing that left an earlier host of this run is still on its way.

    A work item of the server that is still queued stops an instance when its next host is emptied in turn.
    """
    entries = [entry for host in sorted(run.memory["finished"]) for entry in run.memory["ran"].of(host)]

    def look() -> bool | str:
        rows = [row for row in residents_now(run, entries) if row and row.get("state") in UNDECIDED]
        return short_list([f"{titled(row)} is {row['state']}" for row in rows], 3) if rows else True

    run.wait_for(target, "what left earlier hosts", look)


def empty(run: Any, target: Target, leaving: Collection[str]) -> None:
    """Moves, or stops where that is allowed, everything on a host. Raises ApiError with what is left."""
    problems: list[tuple[str, Exception]] = []
    for _round in range(ROUNDS):
        rows = _settled(run, target)
        bad = broken(rows)
        if bad:
            raise ApiError(
                "the host cannot be emptied: " + short_list(bad), obj=target.title, remedy="mend or stop them first"
            )
        if not rows:
            return
        problems = _round_of_moves(run, target, rows, leaving)
    left = residents(run, target.id)
    if left:
        why = reasons(problems) if problems else short_list(titled(row) for row in left)
        raise ApiError(
            f"it is {host_now(run, target.id).get('resourcestate')}; {len(left)} could not be moved away: {why}",
            obj=target.title,
            remedy="move or stop them and run again, or set state enabled",
        )


def _settled(run: Any, target: Target) -> list[Row]:
    """What is on the host, once nothing of it is starting, stopping or moving."""
    found: list[Row] = []

    def look() -> bool | str:
        found[:] = residents(run, target.id)
        undecided = [f"{titled(row)} is {row['state']}" for row in found if row.get("state") in UNDECIDED]
        return short_list(undecided, 3) if undecided else True

    run.wait_for(target, "instances to start, stop or move", look)
    return found


def _round_of_moves(
    run: Any, target: Target, rows: Sequence[Row], leaving: Collection[str]
) -> list[tuple[str, Exception]]:
    problems: list[tuple[str, Exception]] = []
    width = int(run.option("parallel_migrations"))
    for first in range(0, len(rows), width):
        if run.stopped:
            raise ApiError(
                f"stopped: {run.stopped}", obj=target.title, remedy="run again to go on, or set state enabled"
            )
        started = [_began(run, target, row, leaving, problems) for row in rows[first : first + width]]
        running = [(row, job) for row, job in started if job is not None]
        ended = run.client.wait_all([job for _row, job in running])
        problems += [
            (titled(row), what) for (row, _job), what in zip(running, ended, strict=True) if isinstance(what, Exception)
        ]
        run.task.tell(f"{run.progress()}, {target.name}: {min(first + width, len(rows))} of {len(rows)} moved away")
    return problems


def _began(
    run: Any, target: Target, row: Row, leaving: Collection[str], problems: list[tuple[str, Exception]]
) -> tuple[Row, Any]:
    """Starts to move, or to stop, one machine; (row, None) where that was refused."""
    try:
        hosts, why = suitable(run, row, leaving)
        if hosts:
            command, params = _migration(row, hosts)
            return row, run.client.start(command, params, obj=titled(row))
        if run.option("unmovable") != "stop":
            raise ApiError(why, obj=titled(row), remedy="set unmovable to stop")
        run.memory["ran"].note(target.id, [row], stopped=True)
        return row, run.client.start(STOPS[row["kind"]], {"id": row["id"]}, obj=titled(row))
    except CloudStackError as error:
        problems.append((titled(row), error))
        return row, None


def _migration(row: Row, hosts: Sequence[Row]) -> tuple[str, dict[str, Any]]:
    """To the host with the most room."""
    best = max(hosts, key=_free)
    params = {"virtualmachineid": row["id"], "hostid": best["id"]}
    if row["kind"] == "instance":
        return "migrateVirtualMachine", params
    if row.get("hypervisor") == "Simulator":
        # Its machines move only where the server's planner sends them [recordings systemvms].
        params.pop("hostid")
    return "migrateSystemVm", params


def _free(host: Row) -> float:
    return float(host.get("memorywithoverprovisioning") or 0) - float(host.get("memoryallocatedbytes") or 0)


def look_ahead(run: Any, rows: Sequence[Mapping[str, Any]], leaving: Collection[str]) -> dict[str, Any]:
    """What would happen on some hosts, by host id: residents, moves, unmovable and broken ones, names to be stopped."""
    rooms: dict[str, Room] = {}
    found: dict[str, Any] = {}
    for row in rows:
        here = residents(run, row["id"])
        running = [one for one in here if one.get("state") == "Running"]
        moves = plan_moves(run, running, leaving, rooms)
        found[row["id"]] = {
            "residents": here,
            "moves": [move.as_dict(row["name"]) for move in moves],
            "unmovable": unmovable(moves),
            "stopped": [move.row["name"] for move in moves if move.why_not],
            "broken": broken(here),
        }
    return found


def left_behind(run: Any, target: Target) -> str:
    """Who keeps a host from its maintenance, with the state it is in."""
    state = host_now(run, target.id).get("resourcestate")
    rows = residents(run, target.id)
    return f"it is {state} with " + (
        short_list(f"{titled(r)} ({r.get('state')})" for r in rows) or "nothing left on it"
    )

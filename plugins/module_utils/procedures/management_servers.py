# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of management servers, one at a time (J1): jobs drained, agents elsewhere, another server up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, UNDER_WAY, VERIFY, Procedure, Stage, Standing, Target, when, with_default
from ..client import ApiError, CloudStackError, InvalidInput, NotAllowed, Unauthorized
from ..model import Option, Row
from .default_settings import changes_of
from .facts import only_named, server_version, version_key

SINCE = (4, 21)
"""Version of CloudStack from which a management server can be taken into maintenance."""
UNSETTLED = ("Connecting", "Disconnected", "Rebalancing")
STEP = 2.0


def _leaving(run: Any) -> bool:
    return bool(run.option("state") == "up")


def _rows(run: Any) -> list[Row]:
    rows: list[Row] = run.client.list("listManagementServers")
    return rows


def _rows_once_it_answers(run: Any) -> list[Row]:
    """A server that was restarted alone takes its API with it for a while."""
    begun = run.clock.monotonic()
    while True:
        try:
            return _rows(run)
        except (InvalidInput, NotAllowed, Unauthorized):
            raise
        except CloudStackError:
            if not _leaving(run) or run.clock.monotonic() - begun >= run.rules.step_timeout:
                raise
            run.task.tell("waiting for the API to answer")
            run.clock.sleep(STEP)


def _targets(run: Any) -> Sequence[Target]:
    everything = _rows_once_it_answers(run)
    rows = only_named(run, everything, "management server")
    run.memory.update(since=_since(run), drains=False, agents=set())
    if not _leaving(run):
        up = [row for row in everything if row.get("state") == "Up"]
        run.memory["drains"] = len(up) == 1 or version_key(server_version(run)) < SINCE
    run.notes["servers"] = {row["name"]: _told(run, row) for row in rows}
    return [
        Target(id=row["id"], name=row["name"], kind="management server", host=row["name"], facts=row) for row in rows
    ]


def _told(run: Any, row: Row) -> dict[str, Any]:
    return {
        "state": row.get("state"),
        "last_start": row.get("lastserverstart"),
        "restart_due": _restart_due(run, row),
        "agents": int(row.get("agentscount") or 0),
        "jobs": int(row.get("pendingjobscount") or 0),
        "address": row.get("serviceip") or row.get("ipaddress"),
    }


def _since(run: Any) -> datetime | None:
    """From when on a start counts; None where every server is to be restarted."""
    found = []
    text = run.option("started_before")
    if text:
        moment = moment_of(text)
        if moment is None:
            raise InvalidInput(
                f"started_before {text!r} is no moment", option="started_before", remedy="give 2026-01-02T03:04:05+0000"
            )
        found.append(moment)
    for name in run.option("settings") or ():
        changes = changes_of(run, name)
        if not changes:
            # Its events are gone, so nobody knows whether a server has read it since.
            return None
        found += changes
    return max(found, default=None)


def moment_of(text: Any) -> datetime | None:
    """``2026-01-02T03:04:05+0000`` or another ISO form as a moment; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _restart_due(run: Any, row: Row) -> bool:
    started, since = moment_of(row.get("lastserverstart")), run.memory["since"]
    return since is None or started is None or started <= since


def _now(run: Any, target: Target) -> Row:
    rows = [row for row in _rows(run) if row["id"] == target.id]
    if not rows:
        raise ApiError("it is in the list of servers no more", obj=target.title, remedy="look at its database entry")
    return rows[0]


def _standing(run: Any, target: Target) -> Standing:
    row = _now(run, target)
    state = str(row.get("state"))
    if _leaving(run):
        return Standing(DONE if state == "Up" else DUE, f"it is {state}")
    if state == "Maintenance":
        return Standing(DONE)
    if state == "PreparingForMaintenance":
        return Standing(UNDER_WAY, "it prepares already")
    if not _restart_due(run, row):
        return Standing(DONE, f"started at {row.get('lastserverstart')}, after the change")
    if run.memory["drains"] and target.id in run.memory.get("drained", ()):
        return Standing(DONE)
    return Standing(DUE, f"{state}, {row.get('agentscount', 0)} agents, {row.get('pendingjobscount', 0)} jobs")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if run.rules.limits.overall != 1:
        raise InvalidInput("servers are taken one at a time", option="parallel", remedy="leave it at 1")
    if _leaving(run) or not due:
        return
    everything = _rows(run)
    ids = {target.id for target in due}
    if run.memory["drains"] and not run.option("drain_only"):
        raise InvalidInput(
            "no server can be taken into maintenance here: there is only one that is up, or CloudStack is older than "
            + ".".join(map(str, SINCE)),
            option="drain_only",
            remedy="set it, so that only the end of running jobs is waited for; the API is away while it restarts",
        )
    if not run.memory["drains"] and not any(row["id"] not in ids and row.get("state") == "Up" for row in everything):
        raise InvalidInput(
            "one server has to stay up, and all that are up are named", option="names", remedy="name one at a time"
        )
    busy = [row["name"] for row in everything if row.get("state", "").startswith("Preparing") and row["id"] not in ids]
    if busy:
        raise InvalidInput(
            f"{', '.join(busy)} prepares already; the server takes one at a time",
            option="names",
            remedy="finish that one first",
        )
    away = [target.name for target in due if target.facts.get("state") not in ("Up", "PreparingForMaintenance")]
    if away:
        raise InvalidInput(
            ", ".join(f"{target.name} is {target.facts.get('state')}" for target in due if target.name in away),
            option="names",
            remedy="start its service first",
        )


def _act(run: Any, target: Target) -> None:
    if not _leaving(run):
        if not run.memory["drains"]:
            run.change("prepareForMaintenance", {"managementserverid": target.id}, target.title)
        return
    run.wait_for(target, "its service", lambda: _is_started(run, target))
    row = _now(run, target)
    if row.get("state") in ("Maintenance", "PreparingForMaintenance"):
        run.memory["agents"] = {*run.memory["agents"], *(row.get("lastagents") or ())}
        params = {"managementserverid": target.id, "rebalance": bool(run.option("rebalance"))}
        run.change("cancelMaintenance", params, target.title)


def _prepares(run: Any, _due: Sequence[Target]) -> bool:
    return not _leaving(run) and not run.memory["drains"]


def _is_started(run: Any, target: Target) -> bool | str:
    try:
        state = str(_now(run, target).get("state"))
    except CloudStackError:
        return "the API to answer"
    return True if state in ("Up", "Maintenance", "PreparingForMaintenance") else f"its service, it is {state}"


def _verify(run: Any, target: Target) -> None:
    look = _back if _leaving(run) else _drained if run.memory["drains"] else _in_maintenance
    run.wait_for(target, "its goal", lambda: look(run, target))
    run.memory.setdefault("drained", set()).add(target.id)
    run.notes["servers"][target.name] = _told(run, _now(run, target))


def _in_maintenance(run: Any, target: Target) -> bool | str:
    """The answer comes at once; the state follows when its jobs have ended and its agents are elsewhere."""
    row = _now(run, target)
    state, jobs, agents = row.get("state"), row.get("pendingjobscount", 0), row.get("agentscount", 0)
    if state == "Up":
        raise ApiError(
            f"it went back to work with {jobs} jobs and {agents} agents: jobs did not end in time, or agents found no "
            "other server",
            obj=target.title,
            remedy="look at listAsyncJobs, and at the settings management.server.maintenance.timeout and host",
        )
    return True if state == "Maintenance" and not agents else f"maintenance, it is {state} with {jobs} jobs"


def _drained(run: Any, target: Target) -> bool | str:
    jobs = int(_now(run, target).get("pendingjobscount") or 0)
    return f"{jobs} jobs to end" if jobs else True


def _back(run: Any, target: Target) -> bool | str:
    """Up, and every agent that lost its server has one again.

    The server calls some that found none down or in alert: of those that it had before, all must be up.
    """
    state = _now(run, target).get("state")
    if state != "Up":
        return f"it to be up, is {state}"
    hosts = run.client.list("listHosts", {"type": "Routing"})
    away = [
        row["name"]
        for row in hosts
        if row.get("resourcestate") == "Enabled"
        and (row.get("state") in UNSETTLED or (row["id"] in run.memory["agents"] and row.get("state") != "Up"))
    ]
    return f"the agents of {', '.join(away[:3])}" if away else True


MANAGEMENT_SERVER_MAINTENANCE = Procedure(
    name="management_server_maintenance",
    noun="management server",
    summary="Take a management server into maintenance and back",
    description=(
        "Drains the jobs of a management server and moves its agents to another one, so that it can be restarted.",
        "Afterwards brings it back to work, with its agents.",
    ),
    notes=(
        "The restart between is your work; the role C(cloudstack.ops.management_servers) does all of it.",
        "With O(settings), a server that was started after the last change of these settings is left in peace.",
    ),
    options=(
        Option("names", "list", help="Only these servers.", behaviour=True, aliases=("name",)),
        Option("state", default="maintenance", choices=("maintenance", "up"), behaviour=True,
               help=("V(maintenance): no jobs and no agents, ready for a restart.", "V(up): back at work.")),
        Option("settings", "list", behaviour=True,
               help="Settings that are read at the start: only servers that were started before their last change."),
        Option("started_before", behaviour=True,
               help="Only servers that were started before this moment, such as V(2026-01-02T03:04:05+0000)."),
        Option("drain_only", "bool", default=False, behaviour=True,
               help="Where no server can be taken into maintenance, only wait until its jobs have ended."),
        Option("rebalance", "bool", default=True, behaviour=True, help="Give a server that is back its agents again."),
        with_default("step_timeout", 3900),
    ),
    sequence=(
        Stage(CHECK, "Refuse the last server that is up, and a second one at a time", each=False),
        Stage(CHECK, "Leave servers alone that were started after the settings were changed"),
        Stage(ACT, "Prepare the server for maintenance"),
        Stage(VERIFY, "Wait until its jobs have ended and its agents are elsewhere; going back to work is a failure"),
        Stage(ACT, "Your restart; then the same module with state up"),
        Stage(ACT, "Cancel the maintenance and give it its agents back"),
        Stage(VERIFY, "Wait until it is up and no agent is without a server"),
    ),
    returns={
        "servers": ("dict", "Each server by name: state, last_start, restart_due, agents, jobs and address."),
    },
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=(
        *when(_prepares, "prepareForMaintenance"),
        *when(lambda run, _due: _leaving(run), "cancelMaintenance"),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip

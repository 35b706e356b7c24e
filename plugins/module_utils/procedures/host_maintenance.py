# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of hosts (K3): emptied under control, entered, and left until all is as before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, UNDER_WAY, VERIFY, Names, Procedure, Stage, Standing, Target, with_default
from ..client import ApiError, InvalidInput, JobFailed
from ..model import Option
from .facts import CLUSTER, POD, ZONE
from .host_down import is_down, why_not_parked
from .host_emptying import await_what_left, empty, left_behind, look_ahead, refusals
from .host_marks import HostMarks
from .host_return import come_back, lost, tell_of_lost, wait_for_agent, wait_until_in_service
from .host_rights import SENT_BY_MAINTENANCE
from .hosts import HOSTS, IN_ERROR, PREPARING, host_now, host_target, named_hosts, residents, short_list

SETTLED = ("Maintenance", "PrepareForMaintenance")
"""Nothing is left for us to move then."""
MOVE_SECONDS = 1.0
"""Pause of an instance that moves alive."""


def _targets(run: Any) -> Sequence[Target]:
    if run.option("parallel_migrations") < 1:
        raise InvalidInput(
            "parallel_migrations must be at least 1", option="parallel_migrations", remedy="give 1 or more"
        )
    run.memory.update(ran=HostMarks(run), finished=set())
    rows = named_hosts(run)
    leaving = {row["id"] for row in rows}
    ahead = {}
    if _entering(run):
        full = [row for row in rows if row.get("resourcestate") not in SETTLED and not is_down(row)]
        ahead = look_ahead(run, full, leaving)
    run.memory.update(leaving=leaving, ahead=ahead)
    run.notes["moves"] = [move for plan in ahead.values() for move in plan["moves"]]
    return [
        host_target(
            row,
            interrupts=tuple(f"instance {name}" for name in ahead.get(row["id"], {}).get("stopped", ())),
            cut=MOVE_SECONDS if ahead.get(row["id"], {}).get("moves") else 0.0,
            # The server takes one host of a cluster at a time, so one that is on its way goes first.
            rank=0 if row.get("resourcestate") in PREPARING else 1,
        )
        for row in rows
    ]


def _moves(run: Any, target: Target) -> list[str]:
    """Where each machine goes, for the plan that people see."""
    moves = run.memory["ahead"].get(target.id, {}).get("moves", ())
    return [
        f"{move['kind']} {move['name']}: "
        + (f"to {move['to']}" if move.get("to") else f"is stopped: {move['stopped']}")
        for move in moves
    ]


def _entering(run: Any) -> bool:
    return bool(run.option("state") == "maintenance")


def _standing(run: Any, target: Target) -> Standing:
    row = host_now(run, target.id)
    state = str(row.get("resourcestate"))
    if _entering(run):
        if state == "Maintenance":
            return Standing(DONE)
        if state == "PrepareForMaintenance":
            return Standing(UNDER_WAY, "the server is emptying it already")
        plan = run.memory["ahead"].get(target.id, {})
        return Standing(DUE, f"{state}, with {len(plan.get('residents', ()))} machines on it")
    if state == "Enabled" and row.get("state") == "Up":
        waiting, again = run.memory["ran"].of(target.id), run.option("return_instances")
        return (
            Standing(DUE, f"{len(waiting)} machines to {'bring back' if again else 'forget'}")
            if waiting
            else Standing(DONE)
        )
    return Standing(UNDER_WAY if state == "Enabled" else DUE, f"{state}, its agent is {row.get('state')}")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    if int(run.option("per_cluster") or 0) != 1:
        raise InvalidInput(
            "the server takes one host of a cluster into maintenance at a time",
            option="per_cluster",
            remedy="leave it at 1",
        )
    problems: list[str] = []
    for target in due:
        if not _entering(run):
            if target.facts.get("resourcestate") == "Degraded":
                problems.append(f"{target.name}: it is declared degraded; end that with host_degraded")
            continue
        plan = run.memory["ahead"].get(target.id, {"broken": (), "unmovable": ()})
        problems += [f"{target.name}: {text}" for text in _refusals(run, target.facts)]
        problems += [f"{target.name}: {text}; mend or stop it first" for text in plan["broken"]]
        if run.option("unmovable") != "stop":
            problems += [f"{target.name}: {text}" for text in plan["unmovable"]]
    if problems:
        stuck = any(plan["unmovable"] for plan in run.memory["ahead"].values())
        hint = "; what cannot move is stopped with unmovable: stop" if stuck else ""
        raise InvalidInput(
            "maintenance would go wrong: " + "; ".join(problems), option="names", remedy=f"mend what is named{hint}"
        )


def _refusals(run: Any, row: Mapping[str, Any]) -> list[str]:
    return why_not_parked(run, row) if is_down(row) else refusals(run, row, run.memory["leaving"])


def _confirm(run: Any, due: Sequence[Target]) -> str:
    names = [name for target in due for name in run.memory["ahead"].get(target.id, {}).get("stopped", ())]
    return Names(sorted(names), before="stop ")


def _act(run: Any, target: Target) -> None:
    if _entering(run):
        _enter(run, target)
        return
    row = host_now(run, target.id)
    if row.get("state") != "Up":
        wait_for_agent(run, target)
    state = row.get("resourcestate")
    if state in (*PREPARING, *IN_ERROR, "Maintenance"):
        run.change("cancelHostMaintenance", {"id": target.id}, target.title)
    elif state == "Disabled":
        run.change("updateHost", {"id": target.id, "allocationstate": "Enable"}, target.title)


def _enter(run: Any, target: Target) -> None:
    row = host_now(run, target.id)
    trouble = _refusals(run, row)
    if trouble:
        raise ApiError(short_list(trouble), obj=target.title, remedy="mend what is named and run again")
    await_what_left(run, target)
    if not is_down(row):
        _clear(run, target, row)
    state = host_now(run, target.id).get("resourcestate")
    if state == "Disabled":
        # The server's table of states has no way from Disabled to maintenance [api_facts 2.8].
        run.change("updateHost", {"id": target.id, "allocationstate": "Enable"}, target.title)
    if state in ("Disabled", "Enabled", "ErrorInMaintenance"):
        try:
            run.change("prepareHostForMaintenance", {"id": target.id}, target.title)
        except (ApiError, JobFailed):
            _keep_closed(run, target)
            raise


def _keep_closed(run: Any, target: Target) -> None:
    """A host that was emptied and did not come into maintenance takes no new work all the same."""
    if host_now(run, target.id).get("resourcestate") == "Enabled":
        run.change("updateHost", {"id": target.id, "allocationstate": "Disable"}, target.title)


def _clear(run: Any, target: Target, row: Mapping[str, Any]) -> None:
    """Moves everything away, so that nothing is left for the server to do."""
    run.memory["ran"].begin(target.id, residents(run, target.id))
    if row.get("resourcestate") == "Enabled":
        run.change("updateHost", {"id": target.id, "allocationstate": "Disable"}, target.title)
    empty(run, target, run.memory["leaving"])


def _verify(run: Any, target: Target) -> None:
    if _entering(run):
        _verify_maintenance(run, target)
    else:
        wait_until_in_service(run, target)
        come_back(run, target)


def _verify_maintenance(run: Any, target: Target) -> None:
    """The job's end is not the goal: the host's own state counts, and nothing may be left on it [api_facts 2.8]."""

    def look() -> bool | str:
        state = str(host_now(run, target.id).get("resourcestate"))
        rows = residents(run, target.id)
        if state in ("Enabled", "Disabled"):
            _keep_closed(run, target)
            if not rows:
                raise ApiError(
                    f"the server reported success, but it is {state} and not in maintenance",
                    obj=target.title,
                    remedy="it is kept disabled; look at the server's events and run again, or set state enabled",
                )
        if (state in IN_ERROR and rows) or state in ("Enabled", "Disabled"):
            raise ApiError(
                left_behind(run, target),
                obj=target.title,
                remedy="move or stop them and run again, or set state enabled",
            )
        if state == "Maintenance" and not rows:
            return True
        return f"maintenance, is {state} with {len(rows)} machines left"

    run.wait_for(target, "maintenance", look)
    run.memory["finished"].add(target.id)
    tell_of_lost(run, target, lost(run, run.memory["ran"].of(target.id)))


HOST_MAINTENANCE = Procedure(
    name="host_maintenance",
    noun="host",
    summary="Take hosts into maintenance and back",
    description=(
        "Disables a host, moves away what runs on it under control, and takes it into maintenance; or brings it back.",
        "In maintenance counts as done when nothing is left on the host.",
        "Back counts as done when the host is enabled and its agent and its storage are up.",
    ),
    notes=(
        "CloudStack does not bring instances back after a maintenance; O(return_instances) does.",
        "A host that is down is taken as it is where its zone allows it (setting C(set.host.down.to.maintenance)).",
        "It is refused while the server still counts machines on it, or restarts may be pending in its cluster.",
        "A host whose instances could not be moved stays disabled, so that nothing new starts on it.",
        "Until a host is back, each machine that ran on it carries a remark that only admins read and that says so.",
    ),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option(
            "state", default="maintenance", choices=("maintenance", "enabled"), behaviour=True,
            help=("V(maintenance): emptied and in maintenance.", "V(enabled): out of maintenance and in service."),
        ),
        Option(
            "unmovable", default="refuse", choices=("refuse", "stop"), behaviour=True,
            help=(
                "What happens to machines that cannot move alive.",
                "They have a GPU or local disks, no other host takes them, or this is the last host of its cluster.",
                "V(stop) wants to be confirmed with their names.",
            ),
        ),
        Option("parallel_migrations", "int", default=1, behaviour=True,
               help="Machines that move away from one host at the same time."),
        Option("return_instances", "bool", default=False, behaviour=True,
               help="Bring back what ran on the host before, when it is in service again."),
        Option("agent_timeout", "int", default=300, behaviour=True, unit="seconds",
               help="How long the agent of a host that comes back is waited for before maintenance is ended."),
        with_default("per_cluster", 1),
    ),
    sequence=(
        Stage(CHECK, "Find a place for everything on the hosts: room, tags, affinity, storage", each=False),
        Stage(CHECK, "Refuse while another host of the cluster prepares, an agent is away or an instance is broken",
              each=False),
        Stage(ACT, "Mark what runs on the host in the cloud"),
        Stage(ACT, "Disable the host, so that nothing new starts on it"),
        Stage(ACT, "Move instances, routers and system VMs to the hosts that were found"),
        Stage(ACT, "Prepare it for maintenance"),
        Stage(VERIFY, "Wait until it is in maintenance with nothing left, and all that ran still runs"),
        Stage(ACT, "Your work on the machine; then the same module with state enabled"),
        Stage(VERIFY, "Wait until it is enabled, its agent and its storage are up"),
        Stage(ACT, "Bring instances back, if wanted"),
    ),
    returns={
        "moves": ("list", "Where each machine goes, or why it is stopped."),
        "not_running": ("list", "Machines that ran before and do not run now."),
        "not_back": ("list", "Machines that ran on a host before its maintenance and now run elsewhere."),
    },
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    plan_details=_moves,
    confirm=_confirm,
    sends=SENT_BY_MAINTENANCE,
    act=_act,
    verify=_verify,
)  # fmt: skip

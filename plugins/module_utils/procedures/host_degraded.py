# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lost hosts (J2): declared degraded, so that their instances start elsewhere, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, CHECK, DONE, DUE, UNDER_WAY, VERIFY, Names, Procedure, Stage, Standing, Target, given, when
from ..client import ApiError, InvalidInput, JobTimeout
from ..model import Option, Row
from .facts import CLUSTER, POD, ZONE
from .host_availability import restart_obstacles
from .host_out_of_band import ask_power, is_enabled
from .host_return import wait_until_in_service
from .hosts import HOSTS, host_now, host_target, named_hosts, residents, residents_now, short_list, titled

LOST = ("Alert", "Disconnected")
"""Agent states in which the server takes a host for lost only if it is told to [api_facts 2.8]."""


def _targets(run: Any) -> Sequence[Target]:
    rows = named_hosts(run)
    here = {row["id"]: residents(run, row["id"]) if _declaring(run) else [] for row in rows}
    run.memory["residents"] = here
    return [
        host_target(row, interrupts=tuple(f"{one['kind']} {one['name']}" for one in here[row["id"]])) for row in rows
    ]


def _declaring(run: Any) -> bool:
    return bool(run.option("state") == "degraded")


def _standing(run: Any, target: Target) -> Standing:
    row = host_now(run, target.id)
    degraded = row.get("resourcestate") == "Degraded"
    if _declaring(run):
        return Standing(DONE) if degraded else Standing(DUE, f"its agent is {row.get('state')}")
    if degraded:
        return Standing(DUE, "it is degraded")
    return Standing(DONE if row.get("state") == "Up" else UNDER_WAY, f"its agent is {row.get('state')}")


def _preflight(run: Any, due: Sequence[Target]) -> None:
    problems = []
    for target in due:
        state = target.facts.get("state")
        if _declaring(run) and state not in LOST:
            problems.append(
                f"{target.name}: its agent is {state}; the server takes this only of {' or '.join(LOST)}"
                + (", and starts the instances of a host that is Down by itself" if state == "Down" else "")
            )
        if not _declaring(run) and target.facts.get("resourcestate") == "Degraded" and state != "Up":
            problems.append(f"{target.name}: its agent is {state}; bring the machine back first")
    if problems:
        raise InvalidInput("; ".join(problems), option="names", remedy="look at the host; nothing was changed")
    if _declaring(run):
        _warn_of_obstacles(run, due)


def _warn_of_obstacles(run: Any, due: Sequence[Target]) -> None:
    for zone in sorted({str(target.facts["zoneid"]) for target in due}):
        hosts = run.client.list("listHosts", {"type": "Routing", "zoneid": zone})
        for text in restart_obstacles(run, zone, hosts):
            run.task.warn(text)


def _confirm(run: Any, due: Sequence[Target]) -> str:
    """Where no controller can say that a machine is off, a person has to."""
    unsure = sorted(target.name for target in due if _declaring(run) and not is_enabled(target.facts))
    return Names(unsure, after=" off")


def _asks_controllers(run: Any, due: Sequence[Target]) -> bool:
    return _declaring(run) and any(is_enabled(target.facts) for target in due)


def _act(run: Any, target: Target) -> None:
    if not _declaring(run):
        run.change("cancelHostAsDegraded", {"id": target.id}, target.title)
        return
    if is_enabled(target.facts):
        found = ask_power(run, target)
        if found != "off":
            raise ApiError(
                f"its power is {found}: what runs on it would be started a second time, on the same disks",
                obj=target.title,
                remedy="switch it off with host_power first",
            )
    run.change("declareHostAsDegraded", {"id": target.id}, target.title)


def _verify(run: Any, target: Target) -> None:
    if not _declaring(run):
        wait_until_in_service(run, target)
        return
    if host_now(run, target.id).get("resourcestate") != "Degraded":
        raise ApiError("it is not degraded, whatever the server answered", obj=target.title, remedy="run again")
    _restarted(run, target)


def _restarted(run: Any, target: Target) -> None:
    """What shall be kept available runs again elsewhere; the rest is told."""
    before = run.memory["residents"][target.id]
    kept = [row for row in before if row["kind"] != "instance" or row.get("haenable")]

    def look() -> bool | str:
        away = [titled(row) for row in _stopped(run, kept)]
        return f"{short_list(away, 3)} to run elsewhere" if away else True

    try:
        run.wait_for(target, "its instances to run elsewhere", look, timeout=float(run.option("restart_timeout")))
    except JobTimeout:
        run.task.tell(f"{target.name}: not everything was started again")
    stopped = [{"id": row["id"], "name": row["name"], "kind": row["kind"]} for row in _stopped(run, before)]
    run.notes.setdefault("not_running", []).extend({**entry, "host": target.name} for entry in stopped)
    if stopped:
        run.task.warn(f"{target.name}: these ran on it and do not run now: {short_list(titled(e) for e in stopped)}")


def _stopped(run: Any, rows: Sequence[Row]) -> list[Row]:
    return [row for row, now in zip(rows, residents_now(run, rows), strict=True) if now and now["state"] != "Running"]


HOST_DEGRADED = Procedure(
    name="host_degraded",
    noun="host",
    summary="Declare lost hosts as degraded, and take them back",
    description=(
        "Tells the server that a host is lost, so that its instances are started elsewhere.",
        "Only when its board controller says that the machine is off, or when a person has typed so.",
    ),
    notes=("If the machine still runs, its instances run twice and write to the same disks.",),
    options=(
        HOSTS, ZONE, POD, CLUSTER,
        Option("state", default="degraded", choices=("degraded", "enabled"), behaviour=True,
               help=("V(degraded): lost; what ran on it starts elsewhere.", "V(enabled): back in service.")),
        Option("restart_timeout", "int", default=300, unit="seconds", behaviour=True,
               help="How long the start of instances elsewhere is waited for."),
    ),
    sequence=(
        Stage(CHECK, "Refuse a host whose agent is neither in alert nor disconnected", each=False),
        Stage(CHECK, "Tell what keeps instances from being started again", each=False),
        Stage(CHECK, "Ask the board controller whether the machine is off; without one a person types it"),
        Stage(ACT, "Declare the host as degraded"),
        Stage(VERIFY, "Wait until what shall be kept available runs elsewhere; tell what does not"),
    ),
    returns={"not_running": ("list", "Machines that ran on the host and do not run now.")},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    confirm=_confirm,
    sends=(
        *when(given("state", "enabled"), "cancelHostAsDegraded"),
        *when(given("state", "degraded"), "declareHostAsDegraded"),
        *when(_asks_controllers, "issueOutOfBandManagementPowerAction"),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip

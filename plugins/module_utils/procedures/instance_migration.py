# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Live migration of instances to other hosts (M11), with their volumes where that is needed and asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import (
    ACT,
    BLOCKED,
    CHECK,
    DONE,
    DUE,
    LEFT,
    UNDER_WAY,
    VERIFY,
    Procedure,
    Stage,
    Standing,
    Target,
    given,
    when,
)
from ..client import ApiError, InvalidInput
from ..model import Option, Row
from .facts import ZONE
from .instance_facts import (
    ACCOUNT,
    DOMAIN,
    NAMES,
    PROBES,
    PROJECT,
    present,
    remember_answer,
    selected_instances,
    still_answers,
    target_of,
)
from .volume_facts import instance_snapshots
from .volume_marks import instance_now

EXPECTED_CUT = 1.0
"""Seconds in which a guest stands still at the end of a live migration."""


def _targets(run: Any) -> Sequence[Target]:
    run.memory["to"], run.memory["from"] = (_host(run, option) for option in ("to_host", "from_host"))
    if not run.memory["to"] and not run.memory["from"]:
        raise InvalidInput(
            "where instances shall go, or leave, is not told", option="to_host", remedy="give to_host or from_host"
        )
    if not run.option("names") and not run.memory["from"]:
        raise InvalidInput("which instances shall move is not told", option="names", remedy="give names or from_host")
    if run.memory["to"] and run.memory["to"] == run.memory["from"]:
        raise InvalidInput("to_host and from_host are the same", option="to_host", remedy="give another host")
    rows = selected_instances(run, {"hostid": run.memory["from"]} if run.memory["from"] else None)
    return [target_of(run, row, cut=EXPECTED_CUT, interrupts=f"instance {row['name']}") for row in rows]


def _host(run: Any, option: str) -> str:
    return (
        str(run.view.find("host", run.option(option), {"zone": run.option("zone")})["id"]) if run.option(option) else ""
    )


def _at_goal(run: Any, row: Row) -> bool:
    to, leaves = run.memory["to"], run.memory["from"]
    return bool(row.get("hostid")) and (row["hostid"] == to if to else row["hostid"] != leaves)


def _standing(run: Any, target: Target) -> Standing:
    row = instance_now(run, target.id)
    if row is None:
        return Standing(DONE)
    state = row.get("state")
    if state == "Migrating":
        return Standing(UNDER_WAY, "is moving already")
    if state != "Running":
        return Standing(LEFT, f"is {state}, so it is on no host; it is placed anew at its next start")
    if _at_goal(run, row):
        return Standing(DONE)
    hosts, why = _destinations(run, row)
    if not hosts:
        return Standing(BLOCKED, why)
    return Standing(DUE, f"runs on {row.get('hostname')}")


def _destinations(run: Any, row: Row) -> tuple[list[Row], str]:
    """(hosts that the server calls suitable, most room first; why there is none).

    Which hosts can take an instance is the server's to say: rules of our own about clusters would be out of date.
    """
    found = run.client.list("findHostsForMigration", {"virtualmachineid": row["id"]})
    able = [host for host in found if host.get("suitableformigration") and host["id"] != run.memory["from"]]
    if run.memory["to"]:
        able = [host for host in able if host["id"] == run.memory["to"]]
    if not able:
        where = run.option("to_host") or "no other host"
        return [], f"{where} cannot take it: too full, other tags, an affinity group, or storage out of reach"
    fitting = [host for host in able if not host.get("requiresStorageMotion")]
    if fitting:
        return sorted(fitting, key=_room, reverse=True), ""
    if not run.option("with_volumes"):
        return [], "its disks would have to move too; set with_volumes to true if that is meant"
    if instance_snapshots(run, row["id"]):
        return [], "has snapshots of the whole instance (vm_snapshot), which forbid moving its disks; remove them first"
    return sorted(able, key=_room, reverse=True), ""


def _room(host: Row) -> float:
    return float(host.get("memorytotal") or 0) - float(host.get("memoryallocatedbytes") or 0)


def _act(run: Any, target: Target) -> None:
    row = present(run, target)
    hosts, why = _destinations(run, row)
    if not hosts:
        raise ApiError(why, obj=target.title, remedy="look for room on other hosts, then run again")
    remember_answer(run, target)
    best = hosts[0]
    moving_disks = bool(best.get("requiresStorageMotion"))
    command = "migrateVirtualMachineWithVolume" if moving_disks else "migrateVirtualMachine"
    run.change(command, {"virtualmachineid": target.id, "hostid": best["id"]}, target.title)


def _verify(run: Any, target: Target) -> None:
    """The job's end is not the goal: it runs where it shall be, and answers as before."""

    def look() -> bool | str:
        row = present(run, target)
        if row.get("state") == "Stopped":
            raise ApiError("it stopped instead of moving", obj=target.title, remedy="look at the server's events")
        if row.get("state") != "Running":
            return f"it to run (is {row.get('state')})"
        if not _at_goal(run, row):
            return f"it to leave {row.get('hostname')}"
        return True if still_answers(run, target) else f"an answer at port {run.option('probe_port')}"

    run.wait_for(target, "the move", look)


INSTANCE_MIGRATION = Procedure(
    name="instance_migration",
    noun="instance",
    summary="Move running instances to other hosts",
    description=(
        "Moves instances live to one host, or away from one, in order and within limits.",
        "Which hosts can take an instance is asked of the server; the one with the most free memory is taken.",
    ),
    notes=(
        "Stopped instances are left alone; they are placed anew when they start.",
        "To empty a host for work on it, use M(cloudstack.ops.host_maintenance).",
        "Volumes alone are moved by M(cloudstack.ops.volume_migration).",
    ),
    options=(
        NAMES, ZONE, DOMAIN, ACCOUNT, PROJECT,
        Option("to_host", "ref", refers_to="host", behaviour=True, help="Host that the instances shall be on."),
        Option(
            "from_host", "ref", refers_to="host", behaviour=True,
            help="Host that the instances shall leave. Without O(names) all of them.",
        ),
        Option(
            "with_volumes", "bool", default=False, behaviour=True,
            help="Move the disks too, where the new host does not reach them. It takes longer and needs storage.",
        ),
        *PROBES,
    ),
    sequence=(
        Stage(CHECK, "List the instances that are not where they shall be", each=False),
        Stage(CHECK, "Ask the server which hosts can take it; leave stopped ones alone"),
        Stage(CHECK, "See whether it answers at the port asked for"),
        Stage(ACT, "Move it live to the suitable host with the most free memory"),
        Stage(VERIFY, "Wait until it runs there, and answers as before"),
    ),
    targets=_targets,
    standing=_standing,
    sends=("migrateVirtualMachine", *when(given("with_volumes"), "migrateVirtualMachineWithVolume")),
    act=_act,
    verify=_verify,
)  # fmt: skip

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refresh of system VMs: replaced, or patched live, one after the other, until each serves again (E5, E6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DONE, DUE, LEFT, VERIFY, Procedure, Stage, Standing, Target
from ..client import ApiError
from ..model import Option, Row
from .facts import NAMES, ZONE, busy_with, clusters_of_hosts, only_named, same_version, scope_of, server_version

CUTS = {"consoleproxy": ("consoles",), "secondarystoragevm": ("downloads", "snapshots", "templates")}
IMAGE_JOBS = r"Snapshot|Template|Iso|ExtractVolume|UploadVolume|SecondaryStorage"
"""Jobs that break when the secondary storage VM goes away, by the class name that listAsyncJobs tells."""
EXPECTED_CUT = {"recreate": 120.0, "patch": 20.0}


def _rows(run: Any) -> list[Row]:
    params = {key: value for key, value in scope_of(run).items() if key == "zoneid"}
    if run.option("system_vm_type"):
        params["systemvmtype"] = run.option("system_vm_type")
    return only_named(run, run.client.list("listSystemVms", params), "system VM")


def _targets(run: Any) -> Sequence[Target]:
    run.memory["version"] = server_version(run)
    run.memory.update(refreshed=set(), siblings={})
    clusters = clusters_of_hosts(run)
    # One type after the other in each zone, so that never all consoles and all image work are cut at once.
    return [
        Target(
            id=row["id"],
            name=row["name"],
            kind=str(row["systemvmtype"]),
            place=(row.get("zonename", ""), row["systemvmtype"]),
            host=row.get("hostname", ""),
            cluster=clusters.get(row.get("hostid", ""), ""),
            pair=f"{row.get('zonename', '')}/{row['systemvmtype']}",
            interrupts=tuple(f"{what} of zone {row.get('zonename', '')}" for what in CUTS.get(row["systemvmtype"], ())),
            cut=EXPECTED_CUT[run.option("method")],
            facts=row,
        )
        for row in _rows(run)
    ]


def _now(run: Any, target: Target) -> Row | None:
    rows = run.client.list("listSystemVms", {"id": target.id})
    return rows[0] if rows else None


def _standing(run: Any, target: Target) -> Standing:
    row = _now(run, target)
    if row is None:
        return Standing(DONE)
    reason = _behind(run, row)
    if not reason:
        return Standing(DONE)
    if row.get("state") != "Running":
        return Standing(LEFT, f"{reason}, but it is {row.get('state')}; it gets the new one at its next start")
    if target.kind == "secondarystoragevm" and not run.option("force"):
        jobs = busy_with(run, IMAGE_JOBS)
        if jobs:
            return Standing(BLOCKED, f"these jobs would break: {', '.join(jobs)}; wait for them, or set force")
    return Standing(DUE, reason)


def _behind(run: Any, row: Row) -> str:
    """Why a system VM is to be refreshed; empty where it is as it should be."""
    if run.option("force") and row["id"] not in run.memory["refreshed"]:
        return "asked for by force"
    wanted = run.memory["version"]
    if not row.get("version") or same_version(row["version"], wanted):
        return ""
    return f"version {row['version']} instead of {wanted}"


def _act(run: Any, target: Target) -> None:
    if run.option("method") == "patch":
        run.change("patchSystemVm", {"id": target.id, "forced": run.option("force")}, target.title)
        run.memory["refreshed"].add(target.id)
        return
    run.memory["siblings"][target.id] = {row["id"] for row in _of_kind(run, target)}
    run.change("destroySystemVm", {"id": target.id}, target.title)


def _of_kind(run: Any, target: Target) -> list[Row]:
    row = target.facts
    return run.client.list("listSystemVms", {"zoneid": row["zoneid"], "systemvmtype": row["systemvmtype"]})


def _verify(run: Any, target: Target) -> None:
    """The job's end is not the goal: the same, or a new one of the kind, runs with its agent and the right version."""
    patched, known = run.option("method") == "patch", run.memory["siblings"].get(target.id, set())

    def look() -> bool | str:
        found = [
            row for row in _of_kind(run, target) if (row["id"] == target.id if patched else row["id"] not in known)
        ]
        if not found:
            return "a new one to appear"
        row = found[0]
        if row.get("state") == "Error":
            raise ApiError(f"{row['name']} is in state Error", obj=target.title, remedy="look at the server's alerts")
        if row.get("state") != "Running":
            return f"{row['name']} to run (is {row.get('state')})"
        if row.get("agentstate") != "Up" and not _never_has_an_agent(row):
            return f"the agent of {row['name']}"
        if row.get("version") and not same_version(row["version"], run.memory["version"]):
            return f"{row['name']} to have version {run.memory['version']} (has {row['version']})"
        return True

    run.wait_for(target, "the refreshed system VM", look)


def _never_has_an_agent(row: Row) -> bool:
    """Console proxies of CloudStack's simulator hypervisor have none [recordings/README.md]."""
    return row.get("hypervisor") == "Simulator" and row.get("systemvmtype") == "consoleproxy"


SYSTEM_VM_REFRESH = Procedure(
    name="system_vm_refresh",
    noun="system VM",
    summary="Refresh console proxies and secondary storage VMs in order",
    description=(
        "Replaces, or patches live, the system VMs that are behind the management server, one after the other.",
        "Each counts as done when it runs, its agent is connected and it tells the version of the server.",
    ),
    notes=(
        "Consoles are cut while a console proxy is replaced.",
        "Downloads, snapshots and templates wait for the secondary storage VM; it is spared while jobs need it.",
    ),
    options=(
        ZONE,
        NAMES,
        Option(
            "system_vm_type", help="Only this kind.", choices=("consoleproxy", "secondarystoragevm"), behaviour=True
        ),
        Option(
            "method", default="recreate", choices=("recreate", "patch"), behaviour=True,
            help=(
                "V(recreate): destroy it; the server makes a new one from the current template.",
                "V(patch): bring its software up to date while it runs, where the template is unchanged.",
            ),
        ),
        Option(
            "force", "bool", default=False, behaviour=True,
            help="Refresh also those that are up to date, and whatever jobs are running.",
        ),
    ),
    sequence=(
        Stage(CHECK, "List console proxies and secondary storage VMs, and the version they should have", each=False),
        Stage(CHECK, "Spare a secondary storage VM while jobs need it"),
        Stage(ACT, "Destroy it, so that the server makes a new one; or patch it live"),
        Stage(VERIFY, "Wait until the new one runs, its agent is up and it tells the right version"),
    ),
    targets=_targets,
    standing=_standing,
    act=_act,
    verify=_verify,
)  # fmt: skip

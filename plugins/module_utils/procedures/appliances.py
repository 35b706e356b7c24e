# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Console proxies and secondary storage VMs as targets: replaced one by one, until each serves again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..campaign import DONE, DUE, LEFT, UNDER_WAY, Standing, Target
from ..client import ApiError, InvalidInput
from ..model import Row
from . import consoles, system_templates
from .facts import busy_with, only_named, scope_of

CONSOLE_PROXY, STORAGE_VM = "consoleproxy", "secondarystoragevm"
CUTS = {CONSOLE_PROXY: ("consoles",), STORAGE_VM: ("downloads", "snapshots", "templates")}
IMAGE_JOBS = r"Snapshot|Template|Iso|ExtractVolume|UploadVolume|SecondaryStorage"
"""Jobs that break when the secondary storage VM goes away, by the class name that listAsyncJobs tells."""
CUT_BY_REPLACING = 120.0
GRACE = 60.0
"""Seconds in which the server must show that it did what it reported."""

Reason = Callable[[Row], str]
"""Why a system VM is not at the goal; an empty text where it is."""


def targets(run: Any, kinds: Sequence[str], cut: float = CUT_BY_REPLACING) -> list[Target]:
    """The system VMs of these kinds in scope, and a stand-in wherever a zone has lost its own.

    One after the other of a kind in each zone, so that never all consoles or all image work of a zone are cut at once.
    """
    scope = {key: value for key, value in scope_of(run).items() if key == "zoneid"}
    hosts = run.client.list("listHosts", {"type": "Routing", **scope})
    clusters = {row["id"]: str(row.get("clustername", "")) for row in hosts}
    rows = [
        row
        for kind in kinds
        for row in run.client.list("listSystemVms", {"systemvmtype": kind, **scope})
    ]  # fmt: skip
    run.memory["known"] = {row["id"] for row in rows}
    run.memory["siblings"] = {}
    run.memory["templates"] = {}
    consoles.begin(run)
    missing = [] if run.option("names") else _missing(run, kinds, rows, hosts, scope)
    return [*(_target(row, clusters, cut) for row in only_named(run, rows, "system VM")), *missing]


def _target(row: Row, clusters: dict[str, str], cut: float) -> Target:
    zone, kind = str(row.get("zonename", "")), str(row["systemvmtype"])
    return Target(
        id=row["id"],
        name=row["name"],
        kind=kind,
        place=(zone, kind),
        host=str(row.get("hostname", "")),
        cluster=clusters.get(str(row.get("hostid", "")), ""),
        pair=f"{zone}/{kind}",
        interrupts=tuple(f"{what} of zone {zone}" for what in CUTS.get(kind, ())),
        cut=cut,
        facts={"row": row, "zone": row["zoneid"]},
    )


def _missing(
    run: Any, kinds: Sequence[str], rows: Sequence[Row], hosts: Sequence[Row], scope: dict[str, str]
) -> list[Target]:
    """Zones that could have a system VM of a kind and have none: somebody destroyed it, the next must still come."""
    there = {(row["zoneid"], row["systemvmtype"]) for row in rows}
    usable = {row["zoneid"] for row in hosts if row.get("state") == "Up" and row.get("resourcestate") == "Enabled"}
    zones = run.client.list("listZones", {"id": scope["zoneid"]} if scope else {})
    return [
        Target(
            id=f"{zone['id']}/{kind}", name=f"the next {kind} of zone {zone['name']}", kind=kind,
            place=(zone["name"], kind), pair=f"{zone['name']}/{kind}", facts={"row": None, "zone": zone["id"]},
        )
        for zone in zones
        for kind in kinds
        if zone.get("allocationstate") == "Enabled" and zone["id"] in usable and (zone["id"], kind) not in there
        and zone.get("type") != "Edge"  # its pods have no addresses for system VMs
    ]  # fmt: skip


def check_successors(run: Any, due: Sequence[Target], why: Reason, option: str) -> None:
    """Refuses to have system VMs destroyed in zones that could not make others: no host, or no template."""
    known = [target.facts.get("row") for target in due]
    rows: list[Row] = [row for row in known if row and row.get("state") == "Running" and why(row)]
    if not rows:
        return
    hosts = run.client.list("listHosts", {"type": "Routing"})
    usable = {row["zoneid"] for row in hosts if row.get("state") == "Up" and row.get("resourcestate") == "Enabled"}
    for row in rows:
        if row["zoneid"] not in usable:
            raise InvalidInput(
                f"no host of zone {row.get('zonename')} is up and enabled; {row['name']} would have no successor",
                option=option,
                obj=f"zone {row.get('zonename')}",
                remedy="bring a host back or enable one first",
            )
    system_templates.check_successors(run, rows, option)


def of_kind(run: Any, target: Target) -> list[Row]:
    """All system VMs of the target's kind in its zone, as they are now."""
    rows: list[Row] = run.client.list("listSystemVms", {"zoneid": target.facts["zone"], "systemvmtype": target.kind})
    return rows


def row_of(run: Any, target: Target) -> Row | None:
    """The target as it is now; None when it is gone."""
    if target.facts["row"] is None:
        return None
    rows = run.client.list("listSystemVms", {"id": target.id})
    return rows[0] if rows else None


def judged(row: Row | None, why: Reason) -> Standing:
    """How a system VM stands; one that is gone or starts has to prove itself without another step."""
    if row is None:
        return Standing(UNDER_WAY, "gone; the next one must come and prove itself")
    reason, state = why(row), row.get("state")
    if state in ("Starting", "Migrating", "Stopping"):
        return Standing(UNDER_WAY, f"it is {state}")
    if not reason:
        return Standing(DONE) if state != "Running" or has_agent(row) else Standing(UNDER_WAY, "its agent is not up")
    if state != "Running":
        return Standing(LEFT, f"{reason}, but it is {state}; the next one that starts gets the new one")
    return Standing(DUE, reason)


def replace(run: Any, target: Target, *, whatever_runs: bool = False) -> None:
    """Destroys it, so that the server makes a new one; a secondary storage VM only once no job needs it."""
    if target.kind == STORAGE_VM and not whatever_runs:
        run.wait_for(target, "jobs that need it to end", lambda: _idle(run))
    remember(run, target)
    run.memory["siblings"][target.id] = {row["id"] for row in of_kind(run, target)}
    run.change("destroySystemVm", {"id": target.id}, target.title)


def remember(run: Any, target: Target) -> None:
    """Looks before the step at what the target serves, which has to be served again afterwards."""
    if target.kind == STORAGE_VM:
        run.memory["templates"][target.id] = _ready_templates(run, target)
    else:
        consoles.remember(run, target)


def _idle(run: Any) -> bool | str:
    jobs = busy_with(run, IMAGE_JOBS)
    return f"{', '.join(jobs)} to end" if jobs else True


def prove(run: Any, target: Target, why: Reason) -> None:
    """The job's end is not the goal: a new one of the kind runs, its agent is up, it is as wanted, and it serves."""
    prove_running(run, target, why)
    prove_serving(run, target)


def prove_running(run: Any, target: Target, why: Reason) -> None:
    """Waits until a new one of the kind runs, its agent is up, and it is as wanted."""
    known = run.memory["siblings"].get(target.id, run.memory["known"])
    begun = run.clock.monotonic()

    def look() -> bool | str:
        rows = of_kind(run, target)
        late = run.clock.monotonic() - begun >= GRACE
        fresh = [row for row in rows if row["id"] not in known]
        if fresh:
            return settled(fresh[0], target, why)
        own = next((row for row in rows if row["id"] == target.id), None)
        if own is not None:
            return _unchanged(own, target, why, late=late)
        others = [row for row in rows if row["id"] != target.id and row.get("state") == "Running" and has_agent(row)]
        # With others that serve, the server need not make a new one.
        return True if others and late else "a new one to appear"

    run.wait_for(target, "a new system VM", look)


def prove_serving(run: Any, target: Target) -> None:
    """Waits until what was served before is served again."""
    run.wait_for(target, "what it serves", lambda: _serves(run, target))


def _unchanged(row: Row, target: Target, why: Reason, *, late: bool) -> bool | str:
    """The VM itself is still there: it was not to be replaced, or the server's success was none."""
    reason = why(row)
    if not reason or row.get("state") != "Running":
        return settled(row, target, why)
    if not late:
        return f"{row['name']} to go"
    raise ApiError(
        f"the server reported success, but {row['name']} is still there: {reason}",
        obj=target.title,
        remedy="look at the server's log; run again to continue",
    )


def settled(row: Row, target: Target, why: Reason) -> bool | str:
    """True once a system VM runs with its agent and is as wanted; raises when it never will be."""
    if row.get("state") == "Error":
        raise ApiError(f"{row['name']} is in state Error", obj=target.title, remedy="look at the server's alerts")
    if row.get("state") != "Running":
        return f"{row['name']} to run (is {row.get('state')})"
    if not has_agent(row):
        return f"the agent of {row['name']}"
    reason = why(row)
    if reason:
        raise ApiError(
            f"{row['name']} was made anew and is not as wanted: {reason}",
            obj=target.title,
            remedy="the server took its default silently; check the setting and the server's log before the next step",
        )
    return True


def has_agent(row: Row) -> bool:
    """Console proxies of CloudStack's simulator hypervisor have none [recordings/README.md]."""
    if row.get("hypervisor") == "Simulator" and row.get("systemvmtype") == CONSOLE_PROXY:
        return True
    return row.get("agentstate") == "Up"


def _ready_templates(run: Any, target: Target) -> set[str]:
    rows = run.client.list("listTemplates", {"templatefilter": "all", "zoneid": target.facts["zone"]})
    return {row["id"] for row in rows if row.get("isready")}


def _serves(run: Any, target: Target) -> bool | str:
    """Templates are ready as before, and the console that opened before opens again."""
    if target.kind == STORAGE_VM:
        before = run.memory["templates"].get(target.id)
        lost = before - _ready_templates(run, target) if before else set()
        return f"{len(lost)} templates to be ready again" if lost else True
    return consoles.still_open(run, target)

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another compute offering for instances (M9, M10): live where that is possible, else stopped and started."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DONE, DUE, UNDER_WAY, VERIFY, Procedure, Stage, Standing, Target, when
from ..client import ApiError, InvalidInput, JobFailed, NotAllowed
from ..client.maps import flat_map
from ..model import Option, Row
from . import remarks
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
from .volume_marks import Marks, instance_now, start

EXPECTED_CUT = 60.0
CUSTOM = (("cpu_number", "cpuNumber", "cpunumber"), ("cpu_speed", "cpuSpeed", "cpuspeed"), ("memory",) * 3)
"""Option, name on the wire, field of an instance: what customized offerings leave to users."""


def _targets(run: Any) -> Sequence[Target]:
    run.memory["offering"] = _offering(run, str(run.option("compute_offering")))
    _check_sizes(run)
    asked = None
    if run.option("from_offering"):
        asked = {"serviceofferingid": _offering(run, str(run.option("from_offering")))["id"]}
    elif not run.option("names"):
        raise InvalidInput(
            "which instances shall change is not told", option="names", remedy="give names or from_offering"
        )
    cut = 0.0 if run.option("method") == "live" else EXPECTED_CUT
    rows = selected_instances(run, asked)
    if asked:
        rows += _cut_off(run, {row["id"] for row in rows})
    return [target_of(run, row, cut=cut, interrupts=f"instance {row['name']}") for row in rows]


def _cut_off(run: Any, known: Collection[str]) -> list[Row]:
    """What a run that was cut off had stopped and changed: it does not have the old offering any more."""
    marked = _marks(run).read().keys() - known
    if not marked:
        return []
    changed = selected_instances(run, {"serviceofferingid": run.memory["offering"]["id"]})
    return [row for row in changed if row["id"] in marked]


def _offering(run: Any, name: str) -> Row:
    found = run.view.find("compute_offering", name, {})
    return dict(found)


def _check_sizes(run: Any) -> None:
    given = [option for option, _wire, _field in CUSTOM if run.option(option) is not None]
    offering = run.memory["offering"]
    if given and not offering.get("iscustomized"):
        raise InvalidInput(
            f"compute offering {offering['name']} has a fixed size", option=given[0], remedy=f"leave out {given[0]}"
        )
    if offering.get("state") == "Inactive":
        raise InvalidInput(
            f"compute offering {offering['name']} is inactive", option="compute_offering", remedy="activate it first"
        )


def _reached(run: Any, row: Row) -> bool:
    if row.get("serviceofferingid") != run.memory["offering"]["id"]:
        return False
    return all(
        run.option(option) is None or row.get(field) == int(run.option(option)) for option, _wire, field in CUSTOM
    )


def _marks(run: Any) -> Marks:
    return Marks(run, "after a change of its offering")


def _standing(run: Any, target: Target) -> Standing:
    row = instance_now(run, target.id)
    if row is None:
        return Standing(DONE)
    if _reached(run, row):
        marked = row["id"] in _marks(run).read()
        return Standing(UNDER_WAY, "is changed and has to run again") if marked else Standing(DONE)
    if row.get("state") not in ("Running", "Stopped"):
        return Standing(BLOCKED, f"is {row.get('state')}")
    obstacle = _obstacle(run, row)
    if obstacle:
        return Standing(BLOCKED, obstacle)
    return Standing(DUE, f"has {row.get('serviceofferingname')}")


def _obstacle(run: Any, row: Row) -> str:
    """Why an instance cannot take the offering, as it is and by the method asked for."""
    new, old = run.memory["offering"], _old(run, row)
    if bool(old.get("diskofferingstrictness")) != bool(new.get("diskofferingstrictness")):
        return "one of the two offerings insists on its disk offering (disk_offering_strictness) and the other does not"
    if new.get("diskofferingstrictness") and old.get("diskofferingid") != new.get("diskofferingid"):
        return "the offerings insist on different disk offerings"
    if new.get("isvolatile") and not old.get("isvolatile") and not run.option("force"):
        return "its root disk would be made anew at every restart and start (a volatile offering); set force if meant"
    snapshots = instance_snapshots(run, row["id"])
    if any(snapshot.get("type") == "DiskAndMemory" for snapshot in snapshots) and not run.option("force"):
        return "it would lose snapshots that hold its memory (vm_snapshot); remove them, or set force"
    if row.get("state") == "Running" and run.option("method") == "live":
        return _not_live(run, row, old, new)
    return ""


def _old(run: Any, row: Row) -> Row:
    key = f"offering {row.get('serviceofferingid')}"
    if key not in run.memory:
        rows = run.client.list("listServiceOfferings", {"id": row.get("serviceofferingid"), "state": "all"})
        run.memory[key] = rows[0] if rows else {}
    return dict(run.memory[key])


def _not_live(run: Any, row: Row, old: Row, new: Row) -> str:
    """Why a running instance cannot change as it runs; the server asks for all of it [procedures M10]."""
    if not _zone_allows(run, str(row.get("zoneid"))):
        return "the setting enable.dynamic.scale.vm of its zone is false"
    if not row.get("isdynamicallyscalable"):
        return "it is not dynamically scalable: its template, its offering or itself says so"
    if bool(old.get("dynamicscalingenabled")) != bool(new.get("dynamicscalingenabled")):
        return "only one of the two offerings allows dynamic scaling"
    less = [
        option
        for option, _wire, field in CUSTOM
        if int(run.option(option) or new.get(field) or row.get(field) or 0) < int(row.get(field) or 0)
    ]
    return f"a running instance can only grow, and {', '.join(less)} would shrink" if less else ""


def _zone_allows(run: Any, zone: str) -> bool:
    key = f"scaling {zone}"
    if key not in run.memory:
        try:
            rows = run.client.list("listConfigurations", {"name": "enable.dynamic.scale.vm", "zoneid": zone})
        except NotAllowed:
            # Tenants may not read settings: the server's own refusal has to do.
            return True
        run.memory[key] = any(str(row.get("value")).lower() == "true" for row in rows)
    return bool(run.memory[key])


def _any_restarts(run: Any, due: Sequence[Target]) -> bool:
    """Whether one is stopped and started, or was stopped by a run that was cut off."""
    stops = run.option("method") == "restart" and any(target.facts.get("state") == "Running" for target in due)
    return stops or _marks(run).any_of(due)


def _act(run: Any, target: Target) -> None:
    row = present(run, target)
    remember_answer(run, target)
    params: dict[str, Any] = {"id": target.id, "serviceofferingid": run.memory["offering"]["id"]}
    sizes = {wire: str(run.option(option)) for option, wire, _field in CUSTOM if run.option(option) is not None}
    params.update(flat_map("details", sizes))
    if run.option("auto_migrate"):
        params["automigrate"] = True
    try:
        if row.get("state") == "Running" and run.option("method") == "restart":
            _marks(run).add([row])
            run.change("stopVirtualMachine", {"id": target.id, "forced": run.option("forced_stop")}, target.title)
        run.change("scaleVirtualMachine", params, target.title)
    except (ApiError, JobFailed):
        _run_again(run, target)
        raise


def _run_again(run: Any, target: Target) -> None:
    """Starts what this procedure stopped, whatever became of the change."""
    marked = _marks(run).read().get(target.id)
    row = instance_now(run, target.id)
    if not marked or row is None:
        return
    problem = start(run, row) if row.get("state") == "Stopped" else ""
    if problem:
        raise ApiError(f"it was stopped and does not start: {problem}", obj=target.title,
                       remedy="look for capacity, start it by hand, or run again")  # fmt: skip

    def look() -> bool | str:
        state = present(run, target).get("state")
        return True if state == "Running" else f"it to run (is {state})"

    run.wait_for(target, "the instance to run again", look)
    _marks(run).remove(marked)


def _verify(run: Any, target: Target) -> None:
    def look() -> bool | str:
        row = present(run, target)
        if not _reached(run, row):
            return f"the new size (has {row.get('serviceofferingname')})"
        return True if row.get("state") in ("Running", "Stopped") else f"it to settle (is {row.get('state')})"

    run.wait_for(target, "the new offering", look)
    _run_again(run, target)
    run.wait_for(
        target, f"an answer at port {run.option('probe_port')}",
        lambda: still_answers(run, target) or f"an answer at port {run.option('probe_port')}",
    )  # fmt: skip


INSTANCE_OFFERING_CHANGE = Procedure(
    name="instance_offering_change",
    noun="instance",
    summary="Give instances another compute offering",
    description=(
        "Changes the CPU and memory of instances: live where all of their setting allows it, or by a restart.",
        "Stopped instances change as they are and stay stopped.",
    ),
    notes=(
        "Live change needs V(enable.dynamic.scale.vm) in the zone, and template, offerings and instance that allow it.",
        "A running instance can only grow.",
        "An instance that is stopped for the change gets a remark that only admins read, until it runs again.",
    ),
    options=(
        NAMES, ZONE, DOMAIN, ACCOUNT, PROJECT,
        Option("from_offering", "ref", refers_to="compute_offering", behaviour=True,
               help="All instances that have this offering, where O(names) are not given."),
        Option("compute_offering", "ref", refers_to="compute_offering", required=True, behaviour=True,
               help="Offering that the instances shall have.", aliases=("service_offering",)),
        Option("cpu_number", "int", behaviour=True, help="Number of CPUs, for a customized offering."),
        Option("cpu_speed", "int", behaviour=True, unit="MHz", help="Speed of a CPU, for a customized offering."),
        Option("memory", "int", behaviour=True, unit="MB", help="Memory, for a customized offering."),
        Option(
            "method", default="live", choices=("live", "restart"), behaviour=True,
            help=(
                "V(live): running instances change as they run; those that cannot are left alone, with the reason.",
                "V(restart): running instances are stopped, changed and started.",
            ),
        ),
        Option("auto_migrate", "bool", default=False, behaviour=True,
               help="Move the root disk to other storage where the new offering needs it."),
        Option("forced_stop", "bool", default=False, behaviour=True,
               help="With O(method=restart), stop without waiting for the guest."),
        Option("force", "bool", default=False, behaviour=True,
               help="Change also instances that lose snapshots with memory, or from then on their root disk, by it."),
        *PROBES,
    ),
    sequence=(
        Stage(CHECK, "Find both offerings; refuse a size that the new one does not leave to users", each=False),
        Stage(CHECK, "List the instances that have another offering or size", each=False),
        Stage(CHECK, "Leave alone what cannot change: settings of the zone, strict disk offerings, kept memory"),
        Stage(ACT, "If asked: mark it as running, and stop it"),
        Stage(ACT, "Change the offering"),
        Stage(VERIFY, "Read the new size back"),
        Stage(VERIFY, "Start it again if it ran, and wait until it answers as before"),
    ),
    targets=_targets,
    standing=_standing,
    sends=(
        "scaleVirtualMachine",
        *when(_any_restarts, "stopVirtualMachine", "startVirtualMachine", *remarks.COMMANDS),
    ),
    act=_act,
    verify=_verify,
)  # fmt: skip

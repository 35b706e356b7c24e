# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restore of instances (M12): a new root disk from a template, after a snapshot of the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..campaign import (
    ACT,
    BLOCKED,
    CHECK,
    DONE,
    DUE,
    UNDER_WAY,
    VERIFY,
    Procedure,
    Stage,
    Standing,
    Target,
    given,
    when,
)
from ..client import ApiError, InvalidInput, JobFailed, NotFound
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
from .volume_facts import instance_snapshots, snapshot_under_way, snapshots_of, volumes_of
from .volume_marks import Marks, instance_now, start

EXPECTED_CUT = 120.0


def _targets(run: Any) -> Sequence[Target]:
    run.memory["restored"] = set()
    run.memory["template"] = _template(run)
    if not run.memory["template"] and not run.option("force"):
        raise InvalidInput(
            "nothing tells a restored instance from one that is not",
            option="template",
            remedy="give the template that it shall have, or set force to true to restore it in every run",
        )
    return [
        target_of(run, row, cut=EXPECTED_CUT, interrupts=f"instance {row['name']}") for row in selected_instances(run)
    ]


def _template(run: Any) -> str:
    """Id of the template: of the project if it has one of that name, else one that everybody is told of."""
    name, zone, project = (run.option(option) for option in ("template", "zone", "project"))
    if not name:
        return ""
    if project:
        try:
            return str(run.view.find("template", name, {"zone": zone, "project": project})["id"])
        except NotFound:
            pass
    return str(run.view.find("template", name, {"zone": zone})["id"])


def _standing(run: Any, target: Target) -> Standing:
    row = instance_now(run, target.id)
    if row is None:
        return Standing(DONE)
    wanted = run.memory["template"]
    fulfilled = target.id in run.memory["restored"] if run.option("force") else row.get("templateid") == wanted
    if fulfilled:
        marked = row["id"] in _marks(run).read()
        return Standing(UNDER_WAY, "is restored and has to run again") if marked else Standing(DONE)
    obstacle = _obstacle(run, row)
    if obstacle:
        return Standing(BLOCKED, obstacle)
    asked = "asked for by force" if run.option("force") else f"has template {row.get('templatename')}"
    return Standing(DUE, asked)


def _marks(run: Any) -> Marks:
    return Marks(run, "after its restore")


def _obstacle(run: Any, row: Row) -> str:
    if row.get("state") not in ("Running", "Stopped"):
        return f"is {row.get('state')}"
    if instance_snapshots(run, row["id"]):
        return "has snapshots of the whole instance (vm_snapshot), which forbid it; remove them first"
    for disk in volumes_of(run, row["id"]):
        if under_way := snapshot_under_way(run, disk):
            return under_way
    wanted = run.memory["template"] or row.get("templateid")
    seen = "executable" if run.memory.get("tenant") else "all"
    question = {"templatefilter": seen, "id": wanted, "zoneid": row.get("zoneid")}
    if not any(template.get("isready") for template in run.client.list("listTemplates", question)):
        return "the template is not ready in its zone"
    return ""


def _root(run: Any, target: Target) -> Row:
    disks = [disk for disk in volumes_of(run, target.id) if disk.get("type") == "ROOT"]
    if not disks:
        raise ApiError("it has no root disk", obj=target.title, remedy="look at the server's events")
    return disks[0]


def _any_runs(run: Any, due: Sequence[Target]) -> bool:
    """Whether one runs, or did before a run that was cut off."""
    return any(target.facts.get("state") == "Running" for target in due) or _marks(run).any_of(due)


def _act(run: Any, target: Target) -> None:
    row = present(run, target)
    remember_answer(run, target)
    root = _root(run, target)
    run.memory.setdefault("roots", {})[target.id] = root["id"]
    if run.option("snapshot"):
        _keep(run, target, root)
    if row.get("state") == "Running":
        _marks(run).add([row])
    params = {"virtualmachineid": target.id, "templateid": run.memory["template"] or None,
              "rootdisksize": run.option("root_disk_size")}  # fmt: skip
    if run.option("disk_offering"):
        params["diskofferingid"] = run.view.find("disk_offering", run.option("disk_offering"), {})["id"]
    if run.option("expunge"):
        params["expunge"] = True
    try:
        run.change("restoreVirtualMachine", {k: v for k, v in params.items() if v is not None}, target.title)
    except (ApiError, JobFailed):
        _marks(run).forget_running({target.id})
        raise
    run.memory["restored"].add(target.id)


def _keep(run: Any, target: Target, root: Row) -> None:
    """A snapshot of the root disk; one that a run made that was cut off does, too."""
    name = f"before-restore-{root['id'][:8]}"
    if any(row["name"] == name and row.get("state") == "BackedUp" for row in snapshots_of(run, root)):
        return
    run.change("createSnapshot", {"volumeid": root["id"], "name": name}, target.title)

    def look() -> bool | str:
        rows = [row for row in snapshots_of(run, root) if row["name"] == name]
        state = rows[0].get("state") if rows else "not there"
        if state == "Error":
            raise ApiError(
                f"the snapshot {name} failed, so nothing was restored", obj=target.title,
                remedy="look at secondary storage, or set snapshot to false",
            )  # fmt: skip
        return True if state == "BackedUp" else f"the snapshot of its root disk (is {state})"

    run.wait_for(target, "the snapshot of its root disk", look)


def _verify(run: Any, target: Target) -> None:
    marks = _marks(run)
    marked = marks.read().get(target.id)
    if marked and present(run, target).get("state") == "Stopped":
        problem = start(run, present(run, target))
        if problem:
            raise ApiError(f"it was restored and does not start: {problem}", obj=target.title,
                           remedy="start it by hand, or run again")  # fmt: skip

    def look() -> bool | str:
        row = present(run, target)
        if run.memory["template"] and row.get("templateid") != run.memory["template"]:
            return "its new template"
        before = run.memory.get("roots", {}).get(target.id)
        if before and _root(run, target)["id"] == before:
            return "its new root disk"
        if marked and row.get("state") != "Running":
            return f"it to run (is {row.get('state')})"
        return True if still_answers(run, target) else f"an answer at port {run.option('probe_port')}"

    run.wait_for(target, "the restored instance", look)
    if marked:
        marks.remove(marked)


def _confirm(run: Any, due: Sequence[Target]) -> str:
    """The same text for every run of one task, however much of it is left to do."""
    names = run.option("names")
    if not due:
        return ""
    return str(names[0]) if len(names) == 1 else f"{len(names)} instances"


INSTANCE_RESTORE = Procedure(
    name="instance_restore",
    noun="instance",
    summary="Give instances a new root disk from a template",
    description=(
        "Replaces the root disk of instances by a new one from a template, after a snapshot of the old one.",
        "What was on the root disk is lost; data disks, addresses and names stay.",
    ),
    notes=(
        "An instance that has the template already is left in peace, unless O(force) is set.",
        "O(confirm) is the name as in O(names), or for several their number, V(3 instances) for example.",
        "An instance that ran gets a remark that only admins read, until it runs again.",
    ),
    options=(
        replace(NAMES, required=True), ZONE, DOMAIN, ACCOUNT, PROJECT,
        Option(
            "template", "ref", refers_to="template", behaviour=True,
            help="Template that the instances shall have. Without it their own, with O(force).",
        ),
        Option(
            "snapshot", "bool", default=True, behaviour=True,
            help="Take a snapshot of the old root disk first, and restore only when it is backed up.",
        ),
        Option("root_disk_size", "int", behaviour=True, unit="GB", help="Size of the new root disk."),
        Option(
            "disk_offering", "ref", refers_to="disk_offering", behaviour=True,
            help="Disk offering of the new root disk.",
        ),
        Option(
            "expunge", "bool", default=False, behaviour=True, help="Remove the old root disk at once, for good."
        ),
        Option("force", "bool", default=False, behaviour=True, help="Restore also those that have the template."),
        *PROBES,
    ),
    sequence=(
        Stage(CHECK, "List the instances that do not have the template yet", each=False),
        Stage(CHECK, "Ask for their names to be typed, because what is on their root disks is lost", each=False),
        Stage(CHECK, "Leave alone what has snapshots of the whole instance, or no template ready in its zone"),
        Stage(ACT, "Take a snapshot of the root disk, and wait until it is backed up"),
        Stage(ACT, "Replace the root disk by one from the template"),
        Stage(VERIFY, "See the new template and the new root disk; start it again if it ran before"),
    ),
    targets=_targets,
    standing=_standing,
    sends=(
        "restoreVirtualMachine",
        *when(given("snapshot"), "createSnapshot"),
        *when(_any_runs, "startVirtualMachine", *remarks.COMMANDS),
    ),
    act=_act,
    verify=_verify,
    confirm=_confirm,
)  # fmt: skip

# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of whole instances: all their disks, and the memory if asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..client import ApiError, InvalidInput
from ..model import Commands, Operation, Option, Resource, Row
from .owned import OWNER, PROJECT_PARENT, ZONE, check_owner, project_given, project_of
from .snapshot_begun import must_have_begun

OF_INSTANCE = tuple(
    replace(option, on_create=False, behaviour=True, help=text)
    for option, text in zip(
        (ZONE, *OWNER),
        (
            "Zone of the instance; tells instances of the same name apart.",
            "Domain of the account that owns the instance. A path (V(ROOT/customers\\)) or an id.",
            "Account that owns the instance. Needs O(domain).",
            "Project that owns the instance. Excludes O(account).",
        ),
        strict=True,
    )
)
_VM = Option(
    "vm", "ref", api="virtualmachineid", refers_to="instance", name_field="virtualmachinename", aliases=("instance",),
    help="The instance. Needed to take a snapshot.",
)  # fmt: skip


def _rows(ctx: Any) -> list[Row]:
    filters: dict[str, Any] = project_given(ctx)
    if ctx.id:
        return ctx.view.rows(ctx.resource, {**filters, "vmsnapshotid": ctx.id})
    if ctx.given.get("vm"):
        filters["virtualmachineid"] = ctx.ref_id("vm")
    listed = ctx.view.rows(ctx.resource, filters)
    return [row for row in listed if row.get("state") not in ("Removed", "Expunging")]


def _check_wish(ctx: Any, row: Row | None) -> None:
    if ctx.state == "absent":
        return
    if row is not None and row.get("state") == "Error":
        raise InvalidInput(
            f"{ctx.name} failed", option="name", obj=ctx.name, remedy="remove it with state=absent, then run again"
        )
    if row is None and not ctx.given.get("vm"):
        raise InvalidInput(
            f"{ctx.name} does not exist, and taking it needs vm", option="vm", obj=ctx.name, remedy="give the instance"
        )
    if row is None and ctx.given.get("memory") and not ctx.is_planned(ctx.ref_id("vm")):
        state = ctx.ref("vm").get("state")
        if state != "Running":
            raise InvalidInput(
                f"the instance is {state}, so it has no memory to keep",
                option="memory",
                obj=ctx.name,
                remedy="leave out memory, or start the instance",
            )


def _create(ctx: Any, params: dict[str, Any]) -> str:
    answer = ctx.change("createVMSnapshot", params)
    asked = {"virtualmachineid": params["virtualmachineid"], "listall": True, **project_given(ctx)}

    def look() -> Row | None:
        listed = ctx.client.list("listVMSnapshot", asked)
        return next((row for row in listed if row.get("displayname") == params.get("name")), None)

    must_have_begun(ctx, look, "run again with another name, because the server removes none in this state")
    return str((answer.get("vmsnapshot") or {}).get("id", ""))


def _awaited(ctx: Any, row: Row) -> str:
    state = str(row.get("state"))
    if state == "Error":
        raise ApiError(
            f"{ctx.name} failed", obj=ctx.name, server_text="state Error", remedy="look at the server's events"
        )
    return "" if state == "Ready" else f"state {state} to become Ready"


VM_SNAPSHOT = Resource(
    name="vm_snapshot",
    noun="snapshot of an instance",
    summary="Manage snapshots of instances",
    description=(
        "Takes and removes snapshots of whole instances, and waits until they are ready.",
        "Snapshots of single volumes are managed by M(cloudstack.ops.snapshot).",
    ),
    notes=(
        "While an instance has such a snapshot, no volume is attached to it or detached from it.",
        "A snapshot with memory is lost when the instance gets another offering.",
        "How many an instance may have is told by the setting V(vmsnapshot.max).",
    ),
    exported=False,
    commands=Commands(
        list="listVMSnapshot",
        create="createVMSnapshot",
        delete="deleteVMSnapshot",
        fixed={"list": {"listall": True}},
        filters={},
        parents=PROJECT_PARENT,
        id="vmsnapshotid",
    ),
    scope=("vm",),
    parent="vm",
    # An instance with a snapshot gets no NIC any more.
    after=("instance_nic",),
    options=(
        Option("name", help="Name of the snapshot. Case counts.", required=True, field="displayname"),
        _VM,
        *OF_INSTANCE,
        Option("description", help="Description of the snapshot."),
        Option(
            "memory", "bool", api="snapshotmemory", field="",
            decode=lambda row: row.get("type") == "DiskAndMemory",
            help="Keep the memory too, of a running instance.",
        ),
        Option(
            "quiesce_vm", "bool", field="",
            help="Let the guest write everything to its disks first, where it has the tools for that.",
        ),
    ),
    settle_timeout=3600,
    validate=check_owner,
    rows=_rows,
    check_wish=_check_wish,
    create=_create,
    awaited=_awaited,
)  # fmt: skip


def _revert(task: Any) -> dict[str, Any]:
    around = {name: task.option(name) for name in ("zone", "domain", "account", "project") if task.option(name)}
    vm = task.view.find("instance", task.option("vm"), around)
    owner = project_of(vm)
    listed = task.client.list("listVMSnapshot", {"virtualmachineid": vm["id"], "listall": True, **owner})
    wanted = str(task.option("name"))
    found = [row for row in listed if wanted in (row.get("displayname"), row["id"])]
    if len(found) != 1:
        raise InvalidInput(
            f"the instance {vm['name']} has {len(found)} snapshots {wanted}",
            option="name",
            obj=f"instance {vm['name']}",
            remedy="give the name of one, or its id; it has " + (", ".join(_names(listed)) or "none"),
        )
    snapshot = found[0]
    if snapshot.get("state") != "Ready":
        raise InvalidInput(
            f"the snapshot is {snapshot.get('state')}",
            option="name",
            obj=f"instance {vm['name']}",
            remedy="only a snapshot that is Ready can be reverted to",
        )
    if task.option("confirm") != vm["name"]:
        raise InvalidInput(
            f"reverting loses everything written by the instance {vm['name']} since {snapshot.get('created')}",
            option="confirm",
            obj=f"instance {vm['name']}",
            remedy=f"set confirm to {vm['name']} if that is meant; take another snapshot first",
        )
    if not task.check:
        task.client.run("revertToVMSnapshot", {"vmsnapshotid": snapshot["id"]}, obj=f"instance {vm['name']}")
    return {"changed": True, "vm": vm["name"], "snapshot": snapshot["id"]}


def _names(listed: list[Row]) -> list[str]:
    return sorted(str(row.get("displayname")) for row in listed)


VM_SNAPSHOT_REVERT = Operation(
    name="vm_snapshot_revert",
    summary="Take an instance back to a snapshot",
    description=("Makes the disks of an instance, and its memory if kept, what they were at the snapshot.",),
    notes=("Everything written since is lost.", "It is done in every run."),
    options=(
        Option("name", required=True, behaviour=True, help="Name or id of the snapshot."),
        replace(_VM, required=True, behaviour=True, help="The instance."),
        *OF_INSTANCE,
        Option("confirm", required=True, behaviour=True, help="Name of the instance, as a sign that it is meant."),
    ),
    run=_revert,
    returns={"vm": ("str", "Name of the instance."), "snapshot": ("str", "Id of the snapshot.")},
)

RESOURCES = (VM_SNAPSHOT,)
OPERATIONS = (VM_SNAPSHOT_REVERT,)

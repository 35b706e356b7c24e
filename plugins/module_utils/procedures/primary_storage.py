# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance of primary storage: entered when nothing uses it any more, left when all runs again (B3, B6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, BLOCKED, CHECK, DONE, DUE, UNDER_WAY, VERIFY, Names, Procedure, Stage, Standing, Target
from ..client import ApiError, CloudStackError, InvalidInput, JobFailed, of_all_owners
from ..model import Option
from .facts import CLUSTER, POD, ZONE
from .long_jobs import change, time_for
from .primary_storage_facts import (
    IN_MAINTENANCE,
    POOLS,
    free_bytes,
    is_systems,
    jobs_on,
    marks_of_pool,
    must_be_as_planned,
    named_pools,
    pool_now,
    pool_target,
    running_instances,
    running_system_vms,
    volumes_on,
)
from .primary_storage_rights import SENT_BY_MAINTENANCE
from .volume_marks import instance_now, start


def _entering(run: Any) -> bool:
    return run.option("state") == "maintenance"


def _targets(run: Any) -> Sequence[Target]:
    pools = named_pools(run)
    volumes = run.client.parallel([partial(volumes_on, run, row["id"]) for row in pools])
    run.memory["volumes"] = {row["id"]: held for row, held in zip(pools, volumes, strict=True)}
    return [
        pool_target(row, [f"instance {vm['name']}" for vm in running_instances(held)] if _entering(run) else ())
        for row, held in zip(pools, volumes, strict=True)
    ]


def _standing(run: Any, target: Target) -> Standing:
    state = str(pool_now(run, target).get("state"))
    if state not in ("Up", "Disabled", *IN_MAINTENANCE):
        return Standing(BLOCKED, f"is in state {state}")
    return _standing_to_enter(run, target, state) if _entering(run) else _standing_to_leave(run, target, state)


def _standing_to_enter(run: Any, target: Target, state: str) -> Standing:
    if state == "Maintenance":
        return Standing(DONE)
    if state in ("PrepareForMaintenance", "CancelMaintenance"):
        return Standing(UNDER_WAY if state == "PrepareForMaintenance" else BLOCKED, f"is in state {state}")
    running = running_instances(volumes_on(run, target.id))
    return Standing(DUE, f"is {state}; running instances that are stopped: {len(running)}")


def _standing_to_leave(run: Any, target: Target, state: str) -> Standing:
    marked = marks_of_pool(run, target.id).read()
    again = f"instances to run again: {len(marked)}"
    if state in IN_MAINTENANCE:
        return Standing(DUE, f"is in state {state}; {again}")
    return Standing(DUE, f"is {state}; {again}") if marked else Standing(DONE)


def _preflight(run: Any, due: Sequence[Target]) -> None:
    odd = [entry for entry in run.timeline.entries.values() if entry.state == "skipped"]
    if odd:
        raise InvalidInput(
            "; ".join(f"{entry.target.title} {entry.reason}" for entry in odd),
            option="names",
            remedy="look at the server's events, and wait until the pool is up or in maintenance",
        )
    run.notes["instances"] = sorted(
        {vm["name"] for target in due for vm in running_instances(run.memory["volumes"][target.id])}
    ) if _entering(run) else []  # fmt: skip
    if not due or not _entering(run):
        return
    jobs = jobs_on(run, [row for target in due for row in run.memory["volumes"][target.id]])
    if jobs:
        raise InvalidInput(
            f"these jobs use what lies on the pool: {', '.join(jobs)}",
            option="names",
            remedy="wait until they have ended",
        )
    rows = run.client.list("listStoragePools")
    chosen = {target.id for target in due}
    for target in due:
        area = (target.facts.get("zoneid"), target.facts.get("clusterid"))
        preparing = [row for row in rows if row["id"] not in chosen and row.get("state") == "PrepareForMaintenance"]
        busy = [row["name"] for row in preparing if (row.get("zoneid"), row.get("clusterid")) == area]
        if busy:
            raise InvalidInput(
                f"{busy[0]} is being prepared for maintenance, and the server takes one pool of a cluster at a time",
                option="names",
                obj=target.title,
                remedy="wait until it is in maintenance",
            )
        _check_system_vms(run, target, [row for row in rows if row["id"] not in chosen])


def _check_system_vms(run: Any, target: Target, others: Sequence[dict[str, Any]]) -> None:
    """System VMs and routers are started elsewhere, but only where another pool of the zone is up and has room."""
    volumes = [row for row in run.memory["volumes"][target.id] if is_systems(row)]
    names = running_system_vms(volumes)
    needed = sum(int(row.get("size") or 0) for row in volumes)
    zone = target.facts.get("zoneid")
    if not names or run.option("force"):
        return
    if not any(
        row.get("zoneid") == zone and row.get("state") == "Up" and free_bytes(run, row) >= needed for row in others
    ):
        raise InvalidInput(
            f"no other pool of the zone is up and has room for {', '.join(names)}, which would stay down",
            option="force",
            obj=target.title,
            remedy="add or enable another pool, or set force to have them down during the maintenance",
        )


def _confirm(run: Any, due: Sequence[Target]) -> str:
    if not _entering(run):
        return ""
    return Names(target.name for target in due if running_instances(run.memory["volumes"][target.id]))


def _act(run: Any, target: Target) -> None:
    if _entering(run):
        _enter(run, target)
    else:
        _leave(run, target)


def _enter(run: Any, target: Target) -> None:
    """Marks what runs, so that it is known afterwards, whoever ends the maintenance; then lets the server stop it."""
    state = pool_now(run, target).get("state")
    volumes = volumes_on(run, target.id)
    must_be_as_planned(run, target, volumes, run.memory["volumes"][target.id])
    running = running_instances(volumes)
    marks_of_pool(run, target.id).add(running)
    if state == "Disabled":
        run.change("updateStoragePool", {"id": target.id, "enabled": True}, target.title)
    try:
        change(run, "enableStorageMaintenance", {"id": target.id}, target.title)
    except CloudStackError as error:
        if pool_now(run, target).get("state") in IN_MAINTENANCE:
            run.memory.setdefault("said", {})[target.id] = error.server_text or error.message
            return
        if isinstance(error, (ApiError, JobFailed)):
            marks_of_pool(run, target.id).forget_running({row["id"] for row in running})
        raise


def _leave(run: Any, target: Target) -> None:
    def settled() -> bool | str:
        state = str(pool_now(run, target).get("state"))
        return state not in ("PrepareForMaintenance", "CancelMaintenance") or f"state {state} to end"

    run.wait_for(target, "a state that can be left", settled)
    if pool_now(run, target).get("state") in IN_MAINTENANCE:
        change(run, "cancelStorageMaintenance", {"id": target.id}, target.title)
    run.wait_for(target, "the pool to be up", lambda: pool_now(run, target).get("state") in ("Up", "Disabled"))
    if run.option("start_instances"):
        _start_marked(run, target)
    else:
        for mark in marks_of_pool(run, target.id).read().values():
            marks_of_pool(run, target.id).remove(mark)


def _start_marked(run: Any, target: Target) -> None:
    """The server starts what it stopped itself; what is still missing is started here."""
    marked = marks_of_pool(run, target.id).read()
    problems = run.client.parallel([partial(_run_again, run, target, *item) for item in marked.items()])
    failed = [text for text in problems if text]
    if failed:
        raise ApiError(
            f"{len(failed)} instances that ran before do not run: {'; '.join(sorted(failed)[:5])}",
            obj=target.title,
            remedy="look why, then run again: they are still known",
        )


def _run_again(run: Any, target: Target, instance_id: str, mark: str) -> str:
    """Brings one instance up and takes its mark away; else says why it does not run."""
    row = instance_now(run, instance_id)
    elsewhere = _other_pool_in_maintenance(run, instance_id, target.id) if row else ""
    if row is not None and elsewhere:
        marks_of_pool(run, elsewhere).add([row])
    elif row is not None:
        state = str(row.get("state"))
        if state == "Stopped":
            problem = start(run, row)
            if problem:
                return f"{row['name']} ({problem})"
        elif state != "Running":
            return f"{row['name']} (is {state})"
    marks_of_pool(run, target.id).remove(mark)
    return ""


def _other_pool_in_maintenance(run: Any, instance_id: str, pool_id: str) -> str:
    """The pool in maintenance that an instance also has a volume on: it can only run when that one is left."""
    volumes = of_all_owners(run.client, "listVolumes", {"virtualmachineid": instance_id})
    others = {str(row["storageid"]) for row in volumes if row.get("storageid")} - {pool_id}
    for other in sorted(others):
        rows = run.client.list("listStoragePools", {"id": other})
        if rows and rows[0].get("state") in IN_MAINTENANCE:
            return other
    return ""


def _verify(run: Any, target: Target) -> None:
    wanted = _in_maintenance if _entering(run) else _out_of_maintenance
    run.wait_for(target, f"state {run.option('state')}", partial(wanted, run, target))


def _in_maintenance(run: Any, target: Target) -> bool | str:
    """In maintenance, and nothing runs from the pool any more: the state alone is not believed."""
    state = pool_now(run, target).get("state")
    volumes = volumes_on(run, target.id)
    left = [vm["name"] for vm in running_instances(volumes)] + running_system_vms(volumes)
    if state == "ErrorInMaintenance":
        raise ApiError(
            f"the maintenance ended in an error, and these still run: {', '.join(left[:10]) or 'none'}",
            obj=target.title,
            server_text=run.memory.get("said", {}).get(target.id),
            remedy="stop them and run again, or leave the maintenance with state up",
        )
    if state != "Maintenance":
        return f"the pool to be in maintenance (is {state})"
    return f"{', '.join(left[:5])} to stop" if left else True


def _out_of_maintenance(run: Any, target: Target) -> bool | str:
    state = pool_now(run, target).get("state")
    return state in ("Up", "Disabled") or f"the pool to be up (is {state})"


STORAGE_POOL_MAINTENANCE = Procedure(
    name="storage_pool_maintenance",
    noun="storage pool",
    summary="Put primary storage into maintenance and take it out again",
    description=(
        "Brings storage pools into maintenance, one of a cluster after the other, and out of it again.",
        "What ran before is remembered in the cloud and runs again afterwards, not only what the server starts itself.",
    ),
    notes=(
        "Every running instance with a volume on a pool is stopped.",
        "Move the volumes away first to spare them that; see M(cloudstack.ops.storage_pool_evacuation).",
        "Entering needs O(confirm) where instances run: the names of their pools, separated by a comma and a blank.",
        "Each instance that is stopped gets a remark that only admins read, until it runs again.",
        "A pool in maintenance serves nothing new; system VMs go on from another pool.",
    ),
    options=(
        ZONE, POD, CLUSTER, POOLS,
        Option("state", default="maintenance", choices=("maintenance", "up"), behaviour=True,
               help=("V(maintenance): nothing uses the pool.", "V(up): it serves, and what ran before runs.")),
        Option("start_instances", "bool", default=True, behaviour=True,
               help="With O(state=up): start what ran before. Otherwise it is forgotten."),
        Option("force", "bool", default=False, behaviour=True,
               help="Go on though system VMs and routers find no other pool and stay down."),
        time_for(hours=1),
    ),
    sequence=(
        Stage(CHECK, "List instances, system VMs and routers on the pool; refuse while jobs use it", each=False),
        Stage(CHECK, "Refuse if system VMs find no other pool, or one of the cluster is being prepared", each=False),
        Stage(ACT, "Mark the running instances in the cloud"),
        Stage(ACT, "Let the server stop them and bring the pool into maintenance"),
        Stage(VERIFY, "Wait for the state, and until nothing runs from the pool; an error names who is left"),
        Stage(ACT, "To leave: cancel the maintenance, and start what is marked and does not run"),
        Stage(VERIFY, "Wait until the pool is up and no mark is left"),
    ),
    returns={"instances": ("list", "Names of the instances that are stopped.")},
    targets=_targets,
    standing=_standing,
    preflight=_preflight,
    sends=SENT_BY_MAINTENANCE,
    act=_act,
    verify=_verify,
    confirm=_confirm,
)  # fmt: skip

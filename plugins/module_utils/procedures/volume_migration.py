# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes moved to another storage pool, and pools emptied for maintenance or for good (B3, C5, C6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from ..campaign import ACT, CHECK, VERIFY, Procedure, Stage, Target, when
from ..client import InvalidInput
from ..model import Option, Row
from .facts import CLUSTER, POD, ZONE
from .long_jobs import time_for
from .primary_storage_facts import POOLS, is_systems, named_pools, running_system_vms, volumes_on
from .volume_facts import INSTANCES, KIND, VOLUMES, Goal, by_instance, selected_volumes, volumes_of
from .volume_moves import PARTIAL, RUNNING, act, marks_of, standing, verify
from .volume_plans import check_secondary_storage, refuse_blocked, standings
from .volume_rights import SENT_BY_MOVES

NOTES = (
    "A running instance of KVM moves to another host together with its volumes; other hypervisors move them in place.",
    "Volumes at rest are copied through secondary storage, so the module looks that it has room.",
    "An instance that is stopped for its volumes gets a remark that only admins read, until it runs again.",
    "A volume left in state Migrating by a job that timed out is reported and never touched.",
)
MOVING = (
    Stage(CHECK, "Refuse what cannot be moved: snapshots under way, no suitable pool, no room for all", each=False),
    Stage(CHECK, "Look that secondary storage is not full, for volumes at rest", each=False),
    Stage(ACT, "Move a running KVM instance with its volumes to another host; others volume by volume"),
    Stage(VERIFY, "Wait until every volume is Ready on the other pool, and the instance is in peace"),
)


def _targets(run: Any) -> Sequence[Target]:
    pool = run.view.find("storage_pool", run.option("storage_pool"), {"zone": run.option("zone")})
    offering = run.option("disk_offering")
    found = run.view.find("disk_offering", offering, {}) if offering else None

    def reached(row: Mapping[str, Any]) -> bool:
        return row.get("storageid") == pool["id"] and (found is None or row.get("diskofferingid") == found["id"])

    run.memory["goal"] = Goal(reached, frozenset((str(pool["id"]),)), found)
    return by_instance(run, selected_volumes(run))


def _preflight(run: Any, due: Sequence[Target]) -> None:
    refuse_blocked(run)
    if due:
        check_secondary_storage(run, sorted({str(target.facts["zoneid"]) for target in due}))


VOLUME_MIGRATION = Procedure(
    name="volume_migration",
    noun="target",
    summary="Move volumes to another storage pool",
    description=(
        "Moves volumes, by name or by instance, to a storage pool, live where that is possible.",
        "A volume is done when it is Ready on the pool; the end of the server's job is not enough.",
    ),
    notes=NOTES,
    options=(
        ZONE, VOLUMES, INSTANCES, KIND,
        Option("storage_pool", "ref", help="The pool that the volumes shall lie on.", refers_to="storage_pool",
               required=True, behaviour=True),
        Option("disk_offering", "ref", refers_to="disk_offering", behaviour=True,
               help=("Offering that the volumes get with it, where the tags of theirs do not fit the pool.",
                     "Not while the instance runs.")),
        RUNNING, PARTIAL, time_for(hours=4),
    ),
    sequence=(
        Stage(CHECK, "List the volumes, and the pools that the server calls suitable for each", each=False),
        *MOVING,
    ),
    constraints={"required_one_of": [["names", "instances"]]},
    returns={"refused": ("list", "What cannot be moved, and why.")},
    targets=_targets,
    standing=standing,
    standings=standings,
    preflight=_preflight,
    sends=SENT_BY_MOVES,
    act=act,
    verify=verify,
)  # fmt: skip


def _evacuated(run: Any) -> Sequence[Target]:
    pools = named_pools(run)
    sources = {str(row["id"]) for row in pools}
    wanted = [run.view.find("storage_pool", name, {"zone": run.option("zone")}) for name in
              run.option("destinations") or ()]  # fmt: skip
    double = [row["name"] for row in wanted if row["id"] in sources]
    if double:
        raise InvalidInput(
            f"{', '.join(double)} is to be emptied and to take volumes",
            option="destinations",
            remedy="name other pools",
        )
    held = [row for rows in run.client.parallel([partial(volumes_on, run, key) for key in sources]) for row in rows]
    run.memory.update(pools=pools, goal=Goal(
        lambda row: row.get("storageid") not in sources, frozenset(str(row["id"]) for row in wanted)
    ))  # fmt: skip
    run.notes["system_vms"] = running_system_vms(held)
    here = [row for row in held if not is_systems(row) and row.get("storageid")]
    return by_instance(run, [*here, *_of_stopped_instances(run, {str(row.get("virtualmachineid")) for row in here})])


def _of_stopped_instances(run: Any, known: Collection[str]) -> list[Row]:
    """Volumes of what a run that was cut off had stopped, and which have left the pools already."""
    machines = [key for key in marks_of(run).read() if key not in known]
    return [row for key in machines for row in volumes_of(run, key)]


def _enabled(run: Any) -> list[Mapping[str, Any]]:
    return [row for row in run.memory["pools"] if row.get("state") == "Up"]


def _evacuation_plan(run: Any, _due: Sequence[Target]) -> Sequence[str]:
    return [f"disable storage pool {row['name']} for new volumes" for row in _enabled(run)]


def _disable(run: Any, _due: Sequence[Target]) -> Mapping[str, Any]:
    for row in _enabled(run):
        run.change("updateStoragePool", {"id": row["id"], "enabled": False}, f"storage pool {row['name']}")
    return {}


STORAGE_POOL_EVACUATION = Procedure(
    name="storage_pool_evacuation",
    noun="target",
    summary="Move every volume away from storage pools",
    description=(
        "Disables storage pools for new volumes and moves every volume of users to other pools, live where possible.",
        "The pools stay disabled, so that a maintenance stops nobody and the pools can be removed.",
    ),
    notes=(
        *NOTES,
        "Volumes of system VMs and routers are not moved: they go on from another pool when the maintenance begins.",
    ),
    options=(
        ZONE, POD, CLUSTER, POOLS,
        Option("destinations", "refs", help="Pools that may take the volumes. Every suitable one, unless told.",
               refers_to="storage_pool", behaviour=True),
        RUNNING, PARTIAL, time_for(hours=4),
    ),
    sequence=(
        Stage(CHECK, "List every volume on the pools, and the suitable pools for each", each=False),
        *MOVING[:2],
        Stage(ACT, "Disable the pools for new volumes", each=False),
        *MOVING[2:],
    ),
    returns={
        "refused": ("list", "What cannot be moved, and why."),
        "system_vms": ("list", "System VMs and routers that run from the pools."),
    },
    targets=_evacuated,
    standing=standing,
    standings=standings,
    preflight=_preflight,
    prepare_plan=_evacuation_plan,
    prepare=_disable,
    sends=(*when(lambda run, _due: bool(_enabled(run)), "updateStoragePool"), *SENT_BY_MOVES),
    act=act,
    verify=verify,
)  # fmt: skip
